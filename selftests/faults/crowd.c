// SPDX-License-Identifier: GPL-2.0
/*
 * crowd SOCKETS BLOCKING TYPE: so many sockets ask for an address of a type
 * without waiting, one after the other, and so many threads ask on sockets of
 * their own and wait up to a tenth of a second. Whoever gets an address gives
 * it up and asks again. At SIGTERM all give up; then prints each answer and
 * how many got it, and ends with its sockets closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/odmm.h>

#define ANSWERS_MAX	256	/* any errno; 0 for an address */
#define WAIT_MS		100
#define PAUSE_US	50000
#define BREATH_US	10000

static atomic_ulong answers[ANSWERS_MAX];
static atomic_bool stopped;
static __u32 wanted;

static void stop(int number)
{
	(void)number;
	stopped = true;
}

static void give_up(int fd)
{
	const int none = 0;

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_SC_TYPE, &none, sizeof(none)))
		answers[errno]++;
}

static void ask(int fd)
{
	struct odmm_setsc arg = { .type = wanted, .timeout = WAIT_MS };
	socklen_t len = sizeof(arg);
	int err;

	err = getsockopt(fd, IPPROTO_IPV6, IPV6_SETSC, &arg, &len) ? errno : 0;
	answers[err]++;
	if (!err)
		give_up(fd);
}

static int open_socket(int flags)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | flags, 0);

	if (fd < 0) {
		perror("crowd: socket");
		exit(2);
	}
	return fd;
}

static void *wait_and_ask(void *unused)
{
	int fd = open_socket(0);

	(void)unused;
	while (!stopped) {
		ask(fd);
		/* Who is served at once would leave the processor to nobody. */
		usleep(BREATH_US);
	}
	close(fd);
	return NULL;
}

static pthread_t start(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN);
	errno = pthread_create(&thread, &attr, wait_and_ask, NULL);
	if (errno) {
		perror("crowd: pthread_create");
		exit(2);
	}
	pthread_attr_destroy(&attr);
	return thread;
}

static void ask_in_turn(const int *fds, unsigned int n)
{
	unsigned int i;

	while (!stopped) {
		for (i = 0; i < n && !stopped; i++)
			ask(fds[i]);
		/* Others need the processor as well. */
		usleep(PAUSE_US);
	}
	for (i = 0; i < n; i++)
		give_up(fds[i]);
}

static void report(void)
{
	unsigned int err;

	for (err = 0; err < ANSWERS_MAX; err++)
		if (answers[err])
			printf("%s %lu\n", err ? strerrorname_np((int)err) :
						 "address", answers[err]);
}

int main(int argc, char **argv)
{
	unsigned int sockets = argc == 4 ? (unsigned int)atoi(argv[1]) : 0, i;
	unsigned int blocking = argc == 4 ? (unsigned int)atoi(argv[2]) : 0;
	pthread_t *threads = calloc(blocking + 1, sizeof(*threads));
	int *fds = calloc(sockets + 1, sizeof(*fds));

	if (!sockets || !threads || !fds) {
		fprintf(stderr, "usage: crowd SOCKETS BLOCKING TYPE\n");
		return 2;
	}
	wanted = (__u32)atoi(argv[3]);
	signal(SIGTERM, stop);
	for (i = 0; i < sockets; i++)
		fds[i] = open_socket(SOCK_NONBLOCK);
	for (i = 0; i < blocking; i++)
		threads[i] = start();
	ask_in_turn(fds, sockets);
	for (i = 0; i < blocking; i++)
		pthread_join(threads[i], NULL);
	report();
	free(threads);
	free(fds);
	return 0;
}
