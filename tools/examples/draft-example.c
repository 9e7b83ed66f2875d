// SPDX-License-Identifier: GPL-2.0
/*
 * The example of the drafts of RFC 8653 (draft-ietf-dmm-ondemand-mobility-12
 * and -15, section 4), with its typing errors mended and a conversation added:
 * asks for a Session-Lasting address, goes on with it, or without it if there
 * is none.
 *
 *   draft-example ADDRESS PORT
 *
 * Mended: socket() fails with -1, not with something else than 0; the type is
 * handed over as a value; the constant is the one of the table of values;
 * bind() takes a socket address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <odmm.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void explain(int result)
{
	const char *what = result == EAI_REQUIREDIPNOTSUPPORTED ?
			   "no Session-Lasting addresses here" :
			   "the network gave no Session-Lasting address";

	fprintf(stderr, "%s (%s); going on without\n", what, strerror(errno));
}

/* The drafts' code: ask, and bind to what was received. */
static int open_session_lasting(void)
{
	struct sockaddr_in6 source_info = { .sin6_family = AF_INET6, .sin6_port = 0 };
	struct in6_addr source_address;
	sc_type address_type = SESSION_LASTING_IPV6_ADDRESS;
	int s, result;

	s = socket(AF_INET6, SOCK_STREAM, 0);
	if (s == -1)
		die("socket");

	result = setsc(s, &source_address, address_type);
	if (result != 0) {
		/* No Session-Lasting address: continue with legacy calls. */
		explain(result);
		return s;
	}

	source_info.sin6_addr = source_address;
	if (bind(s, (struct sockaddr *)&source_info, sizeof(source_info)) != 0)
		die("bind");
	return s;
}

static void print_source(int s)
{
	struct sockaddr_in6 name;
	socklen_t len = sizeof(name);
	char text[INET6_ADDRSTRLEN];

	if (getsockname(s, (struct sockaddr *)&name, &len))
		die("getsockname");
	fprintf(stderr, "source address %s\n",
		inet_ntop(AF_INET6, &name.sin6_addr, text, sizeof(text)));
}

static void converse(int s)
{
	static const char line[] = "hello from RFC 8653\n";
	char reply[512];
	ssize_t len;

	if (write(s, line, strlen(line)) != (ssize_t)strlen(line))
		die("write");
	len = read(s, reply, sizeof(reply));
	if (len < 0)
		die("read");
	fwrite(reply, 1, (size_t)len, stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 server_info = { .sin6_family = AF_INET6 };
	int s;

	if (argc != 3 || inet_pton(AF_INET6, argv[1], &server_info.sin6_addr) != 1) {
		fprintf(stderr, "usage: draft-example IPV6-ADDRESS PORT\n");
		return 1;
	}
	server_info.sin6_port = htons((unsigned short)atoi(argv[2]));

	s = open_session_lasting();
	if (connect(s, (struct sockaddr *)&server_info, sizeof(server_info)) != 0)
		die("connect");
	print_source(s);
	converse(s);
	close(s);
	return 0;
}
