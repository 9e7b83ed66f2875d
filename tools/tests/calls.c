// SPDX-License-Identifier: GPL-2.0
/*
 * Calls libodmm as it is told, and prints what came back.
 *
 *   calls SOCKET STEP...
 *
 * SOCKET := tcp6 | tcp4 | mptcp6 | mptcp4 | unix | closed
 * STEP   := setsc TYPE | setsc_bind TYPE | setsc_release	(TYPE is a number)
 *	   | nonblock | block | listen | reopen SOCKET | steal | name | descriptors
 *	   | connect PORT | notice | srcaddr ADDRESS FLAGS (in hex) | forks N
 *
 * "steal" closes the next descriptor, which is the library's, and uses the
 * number for a file of its own. "forks" has N children call the library, while
 * another thread does so all the time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <odmm.h>

#define SKIP 77
#define ANY_TIME 60	/* s, after which a child is stuck */

static const struct kind {
	const char *name;
	int domain, protocol;
} kinds[] = {
	{ "tcp6", AF_INET6, IPPROTO_TCP },
	{ "tcp4", AF_INET, IPPROTO_TCP },
	{ "mptcp6", AF_INET6, IPPROTO_MPTCP },
	{ "mptcp4", AF_INET, IPPROTO_MPTCP },
	{ "unix", AF_UNIX, 0 },
};

static int open_kind(const char *name)
{
	size_t i;
	int fd;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(name, kinds[i].name))
			continue;
		fd = socket(kinds[i].domain, SOCK_STREAM, kinds[i].protocol);
		if (fd < 0 && errno == EPROTONOSUPPORT)
			exit(SKIP);
		return fd;
	}
	return -1;
}

static void print_result(const char *call, int result, const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN] = "";
	int error = errno;

	if (addr && !result)
		inet_ntop(AF_INET6, addr, text, sizeof(text));
	if (!result)
		printf("%s 0%s%s\n", call, *text ? " " : "", text);
	else
		printf("%s %s %s\n", call,
		       result == EAI_REQUIREDIPNOTSUPPORTED ? "EAI_REQUIREDIPNOTSUPPORTED" :
		       result == EAI_REQUIREDIPFAILED ? "EAI_REQUIREDIPFAILED" : "?",
		       strerrorname_np(error));
}

static void print_name(int fd)
{
	struct sockaddr_in6 name = { 0 };
	socklen_t len = sizeof(name);
	char text[INET6_ADDRSTRLEN];

	getsockname(fd, (struct sockaddr *)&name, &len);
	printf("name %s\n", inet_ntop(AF_INET6, &name.sin6_addr, text, sizeof(text)));
}

static void print_descriptors(void)
{
	int fd, n = 0;

	for (fd = 3; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	printf("descriptors %d\n", n);
}

static void do_connect(int fd, const char *port)
{
	struct sockaddr_in6 peer = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
		.sin6_port = htons((unsigned short)atoi(port)),
	};

	printf("connect %d\n", connect(fd, (struct sockaddr *)&peer, sizeof(peer)));
}

static void print_notice(int fd)
{
	struct odmm_notice notice;
	int ret = setsc_notice(fd, &notice);

	if (ret < 0)
		printf("notice -1 %s\n", strerrorname_np(errno));
	else if (ret)
		printf("notice 1 event %u size %u\n", notice.event, notice.size);
	else
		puts("notice 0");
}

static void print_srcaddr(const char *address, const char *flags)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6 };
	short ret;

	if (!inet_pton(AF_INET6, address, &addr.sin6_addr))
		addr.sin6_family = AF_INET;
	ret = inet6_is_srcaddr(strcmp(address, "NULL") ? &addr : NULL,
			       (uint32_t)strtoul(flags, NULL, 16));
	printf("srcaddr %d%s%s\n", ret, ret < 0 ? " " : "", ret < 0 ? strerrorname_np(errno) : "");
}

static void *call_always(void *over)
{
	while (!*(atomic_bool *)over)
		setsc_release(-1);
	return NULL;
}

static void do_forks(int n)
{
	atomic_bool over = false;
	int status, ended = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, call_always, &over);
	while (n--) {
		if (!fork()) {
			alarm(ANY_TIME);
			setsc_release(-1);
			_exit(0);
		}
		wait(&status);
		ended += !status;
		if (status)
			break;
	}
	over = true;
	pthread_join(thread, NULL);
	printf("forks %d\n", ended);
}

/* Steps of one word; whether it is one. */
static bool step_alone(int fd, const char *word)
{
	if (!strcmp(word, "notice"))
		print_notice(fd);
	else if (!strcmp(word, "setsc_release"))
		print_result("setsc_release", setsc_release(fd), NULL);
	else if (!strcmp(word, "nonblock"))
		fcntl(fd, F_SETFL, O_NONBLOCK);
	else if (!strcmp(word, "block"))
		fcntl(fd, F_SETFL, 0);
	else if (!strcmp(word, "listen"))
		listen(fd, 1);
	else if (!strcmp(word, "steal"))
		dup2(STDIN_FILENO, fd + 1);
	else if (!strcmp(word, "name"))
		print_name(fd);
	else if (!strcmp(word, "descriptors"))
		print_descriptors();
	else
		return false;
	return true;
}

/* Those with an argument. */
static bool step_with(int *fd, const char *word, const char *arg)
{
	struct in6_addr addr;

	if (!strcmp(word, "setsc")) {
		print_result("setsc", setsc(*fd, &addr, (sc_type)atoi(arg)), &addr);
	} else if (!strcmp(word, "setsc_bind")) {
		print_result("setsc_bind", setsc_bind(*fd, &addr, (sc_type)atoi(arg)), &addr);
	} else if (!strcmp(word, "connect")) {
		do_connect(*fd, arg);
	} else if (!strcmp(word, "forks")) {
		do_forks(atoi(arg));
	} else if (!strcmp(word, "reopen")) {
		close(*fd);
		*fd = open_kind(arg);
	} else {
		return false;
	}
	return true;
}

/* Does one step; returns how many words it took. */
static int step(int *fd, char **word)
{
	errno = 0;
	if (step_alone(*fd, word[0]))
		return 1;
	if (word[1] && step_with(fd, word[0], word[1]))
		return 2;
	if (strcmp(word[0], "srcaddr") || !word[1] || !word[2])
		exit(1);
	print_srcaddr(word[1], word[2]);
	return 3;
}

int main(int argc, char **argv)
{
	int i, fd;

	if (argc < 2)
		return 1;
	/* What the caller left open would be counted. */
	close_range(3, ~0U, 0);
	fd = open_kind(argv[1]);
	for (i = 2; i < argc;)
		i += step(&fd, argv + i);
	return 0;
}
