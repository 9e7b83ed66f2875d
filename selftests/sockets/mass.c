// SPDX-License-Identifier: GPL-2.0
/*
 * mass N TYPE [TIMEOUT]: N threads, each with a socket of its own, call
 * IPV6_SETSC and so wait for the network. When all have come back, prints each answer (an
 * address or the name of an errno), how many got it, and the milliseconds
 * between the first and the last return.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/odmm.h>

#define ANSWERS_MAX	16	/* different ones */

struct answer {
	char text[INET6_ADDRSTRLEN];
	unsigned int n;
};

static struct answer answers[ANSWERS_MAX];
static double first, last;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct odmm_setsc wish = { .timeout = -1 };

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void count(const char *text)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	last = now_ms();
	if (!first)
		first = last;
	for (i = 0; i < ANSWERS_MAX - 1; i++)
		if (!answers[i].n || !strcmp(answers[i].text, text))
			break;
	snprintf(answers[i].text, sizeof(answers[i].text), "%s", text);
	answers[i].n++;
	pthread_mutex_unlock(&lock);
}

static void *ask(void *unused)
{
	struct odmm_setsc arg = wish;
	socklen_t len = sizeof(arg);
	char text[INET6_ADDRSTRLEN];
	int fd;

	(void)unused;
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0 || getsockopt(fd, IPPROTO_IPV6, IPV6_SETSC, &arg, &len)) {
		count(strerrorname_np(errno));
		return NULL;
	}
	count(inet_ntop(AF_INET6, &arg.addr, text, sizeof(text)));
	return NULL;
}

static pthread_t start(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN);
	errno = pthread_create(&thread, &attr, ask, NULL);
	if (errno) {
		perror("mass: pthread_create");
		exit(2);
	}
	pthread_attr_destroy(&attr);
	return thread;
}

int main(int argc, char **argv)
{
	unsigned int n = argc >= 3 ? (unsigned int)atoi(argv[1]) : 0, i;
	pthread_t *threads = calloc(n + 1, sizeof(*threads));

	if (!n || !threads) {
		fprintf(stderr, "usage: mass N TYPE [TIMEOUT]\n");
		return 2;
	}
	wish.type = (__u32)atoi(argv[2]);
	if (argc > 3)
		wish.timeout = atoi(argv[3]);
	for (i = 0; i < n; i++)
		threads[i] = start();
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < ANSWERS_MAX && answers[i].n; i++)
		printf("%s %u\n", answers[i].text, answers[i].n);
	printf("milliseconds %.0f\n", last - first);
	free(threads);
	return 0;
}
