// SPDX-License-Identifier: GPL-2.0
/*
 * hold N TYPE: N sockets, each of which gets an address of that type. Prints
 * the address and how many got it, which ends the program unless it is all;
 * holds them until its input ends.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <linux/odmm.h>

/* Files that are not sockets. */
#define OTHERS	16

static void ask(unsigned int type, struct odmm_setsc *arg)
{
	socklen_t len = sizeof(*arg);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	*arg = (struct odmm_setsc){ .type = type };
	if (fd < 0 || getsockopt(fd, IPPROTO_IPV6, IPV6_SETSC, arg, &len)) {
		perror("hold");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	unsigned int n = argc == 3 ? (unsigned int)atoi(argv[1]) : 0, i, same;
	const struct rlimit files = { n + OTHERS, n + OTHERS };
	struct odmm_setsc first, arg;
	char text[INET6_ADDRSTRLEN];

	if (!n || setrlimit(RLIMIT_NOFILE, &files)) {
		fprintf(stderr, "usage: hold N TYPE\n");
		return 2;
	}
	ask((unsigned int)atoi(argv[2]), &first);
	for (i = same = 1; i < n; i++) {
		ask((unsigned int)atoi(argv[2]), &arg);
		same += !memcmp(&arg.addr, &first.addr, sizeof(arg.addr));
	}
	printf("%s %u\n", inet_ntop(AF_INET6, &first.addr, text, sizeof(text)),
	       same);
	fflush(stdout);
	if (same == n)
		while (getchar() != EOF)
			;
	return same != n;
}
