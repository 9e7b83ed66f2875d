// SPDX-License-Identifier: GPL-2.0
/*
 * A program takes connect() for a call that ends with a connection, or one under
 * way, or an error. So there is no way to tell it that an address is under way:
 * whoever is told EINPROGRESS or EINTR goes on to poll the socket, which says at
 * once that it can be written to, and takes it for connected.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "ask.h"
#include "private.h"

struct question {
	int fd;
	uint32_t flags;			/* of IPV6_SC_FLAGS */
	const struct wish *wish;
	int64_t end;			/* of a limited wait, ms */
	struct in6_addr *addr;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* The default of policy begins anew after a signal, as it is not known here. */
static int time_left(const struct question *q)
{
	int64_t left = q->end - now_ms();

	if (q->wish->timeout <= 0)
		return q->wish->timeout;
	return left > 1 ? (int)left : 1;
}

/* Can be cancelled while it sleeps, as the calls that it is part of can. */
static int ask_once(const struct question *q)
{
	struct odmm_setsc arg = {
		.type = q->wish->type,
		.flags = q->flags,
		.timeout = time_left(q),
	};
	socklen_t len = sizeof(arg);
	int ret, type;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	ret = getsockopt(q->fd, IPPROTO_IPV6, IPV6_SETSC, &arg, &len);
	pthread_setcanceltype(type, &type);
	if (!ret)
		*q->addr = arg.addr;
	return ret;
}

static void close_fd(void *fd)
{
	int error = errno;

	close(*(int *)fd);
	errno = error;
}

/*
 * Edges, not levels: a TCP socket that is not connected is always hung up. The
 * kernel ends what takes too long.
 */
static int wait_for_answer(const struct question *q, int epoll)
{
	struct epoll_event event = { .events = EPOLLET };
	int ret;

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, q->fd, &event))
		return -1;
	while ((ret = ask_once(q)) && is_pending(errno))
		epoll_wait(epoll, &event, 1, -1);
	return ret;
}

/* The program never asked for notices and is to find none. */
static void drop_notices(const struct question *q)
{
	int error = errno, flags = (int)q->flags;
	struct odmm_notice notice;

	setsockopt(q->fd, IPPROTO_IPV6, IPV6_SC_FLAGS, &flags, sizeof(flags));
	while (setsc_notice(q->fd, &notice) > 0)
		;
	errno = error;
}

/* O_NONBLOCK is left alone: it is of all who share the socket. */
static int ask_without_blocking(const struct question *q)
{
	struct question noticed = *q;
	int ret, epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		return -1;
	pthread_cleanup_push(close_fd, &epoll);
	noticed.flags |= IPV6_SC_EVENTS;
	ret = wait_for_answer(&noticed, epoll);
	drop_notices(q);
	pthread_cleanup_pop(1);
	return ret;
}

static int ask_plain(int fd, const struct wish *wish, uint32_t flags, struct in6_addr *addr)
{
	const struct question q = {
		.fd = fd,
		.flags = flags,
		.wish = wish,
		.end = now_ms() + wish->timeout,
		.addr = addr,
	};
	int ret;

	do {
		ret = ask_once(&q);
	} while (ret && errno == EINTR);
	return ret && is_pending(errno) ? ask_without_blocking(&q) : ret;
}

/* Until it is there for the socket that libodmm will have hold it. */
static int ask_mptcp_once(int fd, const struct wish *wish, struct in6_addr *addr,
			  int (*call)(int fd, struct in6_addr *addr, sc_type type))
{
	int ret, waiter = holder_socket(fd);

	if (waiter < 0)
		return -1;
	pthread_cleanup_push(close_fd, &waiter);
	ret = ask_plain(waiter, wish, 0, addr) || call(fd, addr, wish->type) ? -1 : 0;
	pthread_cleanup_pop(1);
	return ret;
}

static int ask_mptcp(int fd, const struct wish *wish, struct in6_addr *addr,
		     int (*call)(int fd, struct in6_addr *addr, sc_type type))
{
	int ret;

	/* What is got for the one socket would not be for the other. */
	if (wish->flags & IPV6_REQUIRE_SRC_ON_NET) {
		errno = EOPNOTSUPP;
		return -1;
	}
	do {
		ret = ask_mptcp_once(fd, wish, addr, call);
	} while (ret && is_pending(errno));
	return ret;
}

static bool is_mptcp(int fd)
{
	return socket_option(fd, SO_PROTOCOL) == IPPROTO_MPTCP;
}

int ask(int fd, const struct wish *wish, struct in6_addr *addr)
{
	if (is_mptcp(fd))
		return ask_mptcp(fd, wish, addr, setsc);
	return ask_plain(fd, wish, wish->flags, addr);
}

int ask_bind(int fd, const struct wish *wish)
{
	struct in6_addr addr;

	if (is_mptcp(fd))
		return ask_mptcp(fd, wish, &addr, setsc_bind);
	return ask_plain(fd, wish, wish->flags | IPV6_SC_BIND, &addr);
}

void ask_forget(int fd)
{
	if (is_mptcp(fd))
		setsc_release(fd);
	else
		socket_release(fd);
}
