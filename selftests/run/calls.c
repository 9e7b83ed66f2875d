// SPDX-License-Identifier: GPL-2.0
/*
 * calls HOW ADDRESS PORT: what Python cannot do with a socket. Knows nothing of
 * odmm.
 *
 *   mmsg           two datagrams by one sendmmsg()
 *   vfork          connect() in a child that has the memory of its parent
 *   handler        connect() in a signal handler
 *   cancel         connect() in a thread that is cancelled on SIGUSR1
 *   cancel-nonblock	the same on a socket that does not block
 *   cancel-bind    bind() to :: and PORT in such a thread
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
static int fd;
static bool bound;		/* by the thread */

static void print_source(void)
{
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in6 name;
	socklen_t len = sizeof(name);

	getsockname(fd, (struct sockaddr *)&name, &len);
	puts(inet_ntop(AF_INET6, &name.sin6_addr, text, sizeof(text)));
}

static int connect_it(void)
{
	return connect(fd, (struct sockaddr *)&to, sizeof(to));
}

static void do_mmsg(void)
{
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1,
	};
	struct mmsghdr msgs[] = { { .msg_hdr = msg }, { .msg_hdr = msg } };

	printf("%d\n", sendmmsg(fd, msgs, 2, 0));
	print_source();
}

static void do_vfork(void)
{
	int status;
	pid_t pid = vfork();

	if (!pid)
		_exit(connect_it() ? 1 : 0);
	waitpid(pid, &status, 0);
	printf("%d\n", status);
	print_source();
}

static void on_signal(int number)
{
	(void)number;
	connect_it();
}

static void do_handler(void)
{
	signal(SIGUSR2, on_signal);
	raise(SIGUSR2);
	print_source();
}

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void *connect_thread(void *unused)
{
	connect_it();
	return unused;
}

static void *bind_thread(void *unused)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = to.sin6_port };

	bound = !bind(fd, (struct sockaddr *)&any, sizeof(any));
	pthread_testcancel();
	return unused;
}

static void cancel(void *(*run)(void *unused))
{
	int number, before = descriptors();
	pthread_t thread;
	sigset_t set;
	void *result;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&thread, NULL, run, NULL);
	sigwait(&set, &number);
	pthread_cancel(thread);
	puts("cancelling");
	fflush(stdout);
	pthread_join(thread, &result);
	printf("%scancelled %d\n", result == PTHREAD_CANCELED ? "" : "not ",
	       descriptors() - before);
	if (bound)
		print_source();
}

static void do_cancel(void)
{
	cancel(connect_thread);
}

static void do_cancel_nonblock(void)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	cancel(connect_thread);
}

static void do_cancel_bind(void)
{
	cancel(bind_thread);
}

static const struct {
	const char *name;
	void (*run)(void);
} ways[] = {
	{ "mmsg", do_mmsg },
	{ "vfork", do_vfork },
	{ "handler", do_handler },
	{ "cancel", do_cancel },
	{ "cancel-nonblock", do_cancel_nonblock },
	{ "cancel-bind", do_cancel_bind },
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc != 4 || inet_pton(AF_INET6, argv[2], &to.sin6_addr) != 1)
		return 2;
	to.sin6_port = htons((uint16_t)atoi(argv[3]));
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(argv[1], ways[i].name))
			continue;
		ways[i].run();
		return 0;
	}
	return 2;
}
