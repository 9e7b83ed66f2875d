// SPDX-License-Identifier: GPL-2.0
/*
 * Thousands of sockets with addresses on demand in a thread that blocks nowhere
 * but in epoll_wait(): asks for each, is told when the address is here, binds,
 * and moves to another address when it is told that this one goes.
 *
 *   epoll-client [SOCKETS] [tcp] [TYPE] [replace] [seconds SECONDS]
 *
 * Says "ready" when all sockets have an address. Ends then or, with "replace",
 * when all have moved to another one; status 0 if that was within the time.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <odmm.h>

#define BATCH 256
#define CLOCK_MS 100	/* how often to look whether the time is over */

struct client {
	int fd, next;		/* the socket in use; the one to replace it, or -1 */
	struct in6_addr addr;	/* of fd */
	bool granted, moved;
};

static struct {
	unsigned int granted, deprecated, replaced, lost, failed, moved;
	long longest_us;	/* of the calls that might have blocked */
} counts;

static struct client *clients;
static unsigned int n_clients = 5000;
static sc_type type = ODMM_TYPE_GRACEFUL_REPLACEMENT;
static int socket_type = SOCK_DGRAM, seconds = 60, epoll;
static bool replace;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000L + ts.tv_nsec / 1000;
}

static void note_time(long since)
{
	long took = now_us() - since;

	counts.longest_us = took > counts.longest_us ? took : counts.longest_us;
}

/*
 * Edges, not levels: a TCP socket that is not connected is always hung up, and
 * would never let epoll_wait() sleep.
 */
static int open_socket(struct client *c)
{
	int fd = socket(AF_INET6, socket_type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct epoll_event event = { .events = EPOLLET, .data.ptr = c };
	int flags = IPV6_SC_EVENTS;

	if (fd < 0)
		die("socket");
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_SC_FLAGS, &flags, sizeof(flags)))
		die("IPV6_SC_EVENTS");
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
	return fd;
}

/* 1 with the address, 0 if a notice will tell, -1 if there will be none. */
static int ask(int fd, struct in6_addr *addr)
{
	long since = now_us();
	int result = setsc_bind(fd, addr, type);

	note_time(since);
	if (!result)
		return 1;
	return errno == EINPROGRESS || errno == EALREADY ? 0 : -1;
}

static bool next_notice(int fd, struct odmm_notice *notice)
{
	long since = now_us();
	int result = setsc_notice(fd, notice);

	note_time(since);
	if (result < 0)
		die("setsc_notice");
	return result;
}

static void get_first(struct client *c)
{
	int got = ask(c->fd, &c->addr);

	counts.failed += got < 0;
	if (got <= 0)
		return;
	c->granted = true;
	if (++counts.granted == n_clients) {
		puts("ready");
		fflush(stdout);
	}
}

/*
 * The address of the replacement. Where there is none the old socket goes on: a
 * notice tells when there is something to move to.
 */
static void get_next(struct client *c)
{
	struct in6_addr addr;
	int got = ask(c->next, &addr), old = c->fd;

	if (!got)
		return;
	counts.failed += got < 0 && errno != EOPNOTSUPP;
	if (got > 0 && memcmp(&addr, &c->addr, sizeof(addr))) {
		/* A real client would hand its conversation over here. */
		c->fd = c->next;
		c->next = old;
		c->addr = addr;
		counts.moved += !c->moved;
		c->moved = true;
	}
	close(c->next);
	c->next = -1;
}

static void on_notice(struct client *c, const struct odmm_notice *notice)
{
	counts.failed += notice->event == ODMM_EVENT_FAILED;
	counts.deprecated += notice->event == ODMM_EVENT_DEPRECATED;
	counts.replaced += notice->event == ODMM_EVENT_REPLACED;
	counts.lost += notice->event == ODMM_EVENT_LOST;
	if (notice->event == ODMM_EVENT_GRANTED && !c->granted) {
		get_first(c);
	} else if (notice->event >= ODMM_EVENT_DEPRECATED && c->granted && c->next < 0) {
		c->next = open_socket(c);
		get_next(c);
	}
}

/* Both sockets: which of them woke us costs less to try than to know. */
static void on_event(struct client *c)
{
	struct odmm_notice notice;

	while (next_notice(c->fd, &notice))
		on_notice(c, &notice);
	while (c->next >= 0 && next_notice(c->next, &notice))
		get_next(c);
}

/* For old and new sockets at once; beyond the hard limit only if one may. */
static void raise_limit(void)
{
	rlim_t n = 2UL * n_clients + BATCH;
	struct rlimit wanted = { n, n }, limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= n)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max >= n || setrlimit(RLIMIT_NOFILE, &wanted))
		setrlimit(RLIMIT_NOFILE, &limit);
}

static void start(void)
{
	unsigned int i;

	raise_limit();
	epoll = epoll_create1(EPOLL_CLOEXEC);
	clients = calloc(n_clients, sizeof(*clients));
	if (epoll < 0 || !clients)
		die("start");
	for (i = 0; i < n_clients; i++) {
		clients[i].next = -1;
		clients[i].fd = open_socket(&clients[i]);
		get_first(&clients[i]);
	}
}

static bool is_good(void)
{
	return counts.granted == n_clients && (!replace || counts.moved == n_clients);
}

static void loop(void)
{
	long end = now_us() + seconds * 1000000L;
	struct epoll_event events[BATCH];
	int i, n;

	while (!is_good() && now_us() < end) {
		n = epoll_wait(epoll, events, BATCH, CLOCK_MS);
		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (i = 0; i < n; i++)
			on_event(events[i].data.ptr);
	}
}

static void take_words(char **word)
{
	for (; *word; word++) {
		if (!strcmp(*word, "tcp"))
			socket_type = SOCK_STREAM;
		else if (!strcmp(*word, "replace"))
			replace = true;
		else if (!strcmp(*word, "seconds") && word[1])
			seconds = atoi(*++word);
		else if (strspn(*word, "0123456789"))
			n_clients = (unsigned int)atoi(*word);
		else
			type = sc_type_from_name(*word);
	}
}

int main(int argc, char **argv)
{
	take_words(argv + (argc > 0));
	if (type == ODMM_TYPE_NONE || !n_clients) {
		puts("epoll-client [SOCKETS] [tcp] [TYPE] [replace] [seconds SECONDS]");
		return 2;
	}
	start();
	loop();
	printf("asked %u granted %u deprecated %u replaced %u lost %u failed %u moved %u longest_us %ld\n",
	       n_clients, counts.granted, counts.deprecated,
	       counts.replaced, counts.lost, counts.failed, counts.moved, counts.longest_us);
	return !is_good();
}
