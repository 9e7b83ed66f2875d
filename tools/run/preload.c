// SPDX-License-Identifier: GPL-2.0
/*
 * libodmm-preload.so: the calls in which the source address of a socket is
 * chosen, for programs that are run by odmm-run. What a call does then is in
 * Documentation/odmm-run.md.
 *
 * Nothing here remembers a socket or holds a lock while it waits, so fork(),
 * vfork(), execve() and threads need no care, and the calls may be made from
 * where connect(2) may: signal handlers too (but for MPTCP sockets).
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "ask.h"
#include "private.h"
#include "scope.h"
#include "wish.h"

static struct {
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*listen)(int fd, int backlog);
	ssize_t (*sendto)(int fd, const void *data, size_t size, int flags,
			  const struct sockaddr *addr, socklen_t len);
	ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
	int (*sendmmsg)(int fd, struct mmsghdr *msgs, unsigned int n, int flags);
} real;

static struct wish wish;
static bool active;		/* there is a wish */
static struct stat stderr_stat;	/* of what was standard error in the beginning */

/* With the write(2) that a signal handler may call, too. */
static void say(const char *what, const char *which, const char *why)
{
	const char *const words[] = { "odmm-run: ", program_invocation_short_name, ": ",
				      what, " ", which, ": ", why, "\n" };
	struct iovec iov[ARRAY_SIZE(words)];
	struct stat now;
	size_t i;

	/* It may be somebody's file or connection by now. */
	if (fstat(STDERR_FILENO, &now) || now.st_dev != stderr_stat.st_dev ||
	    now.st_ino != stderr_stat.st_ino)
		return;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		iov[i] = (struct iovec){ (void *)words[i], strlen(words[i]) };
	if (writev(STDERR_FILENO, iov, ARRAY_SIZE(words)) < 0)
		return;
}

/* A program that tries again and again is not to fill its log. */
static void complain(int error)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;
	const char *type = sc_type_name(wish.type);

	if (!atomic_flag_test_and_set(&told))
		say("no address of type", type, error == ENOPROTOOPT ?
		    "the kernel module is not loaded" : strerrordesc_np(error));
}

/* One that is not understood stays a wish, for no type: the kernel refuses it. */
static void read_wish(void)
{
	const char *text = getenv(WISH_VARIABLE);

	active = text;
	if (text && !wish_parse(text, &wish))
		say(WISH_VARIABLE, text, "not understood");
}

static void start(void)
{
	int error = errno;

	real.bind = dlsym(RTLD_NEXT, "bind");
	real.connect = dlsym(RTLD_NEXT, "connect");
	real.listen = dlsym(RTLD_NEXT, "listen");
	real.sendto = dlsym(RTLD_NEXT, "sendto");
	real.sendmsg = dlsym(RTLD_NEXT, "sendmsg");
	real.sendmmsg = dlsym(RTLD_NEXT, "sendmmsg");
	fstat(STDERR_FILENO, &stderr_stat);
	read_wish();
	errno = error;
}

/* Before the program begins; other libraries may have begun before that. */
__attribute__((constructor)) static void init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start);
}

/* Whether to go on without, after a failure. */
static bool fall_back(int fd)
{
	int error = errno;

	if (wish.fallback)
		ask_forget(fd);
	else
		complain(error);
	errno = error;
	return wish.fallback;
}

/* -1 if the call is to fail. */
static int choose_source(int fd)
{
	int error = errno;

	if (!active || !is_open(fd, wish.type)) {
		errno = error;
		return 0;
	}
	if (ask_bind(fd, &wish) && !fall_back(fd))
		return -1;
	errno = error;
	return 0;
}

/* -1, and EADDRNOTAVAIL also if the address was lost as soon as it came. */
static int bind_typed(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in6 typed = { 0 };

	memcpy(&typed, addr, len < sizeof(typed) ? len : sizeof(typed));
	if (!ask(fd, &wish, &typed.sin6_addr)) {
		if (!real.bind(fd, (struct sockaddr *)&typed, sizeof(typed)))
			return 0;
		/* The port, or who may have it, has nothing to do with the address. */
		if (errno != EADDRNOTAVAIL)
			return -1;
	}
	return fall_back(fd) ? real.bind(fd, addr, len) : -1;
}

API int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int ret, state, error = errno;

	init();
	if (!active || !is_any(addr, len) || !is_open(fd, wish.type)) {
		errno = error;
		return real.bind(fd, addr, len);
	}
	/* No place to be cancelled at */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	ret = bind_typed(fd, addr, len);
	pthread_setcancelstate(state, &state);
	if (!ret)
		errno = error;
	return ret;
}

API int listen(int fd, int backlog)
{
	int ret, state;

	init();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	ret = choose_source(fd);
	pthread_setcancelstate(state, &state);
	return ret ? ret : real.listen(fd, backlog);
}

API int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	init();
	if (is_network(addr, len) && choose_source(fd))
		return -1;
	return real.connect(fd, addr, len);
}

API ssize_t sendto(int fd, const void *data, size_t size, int flags,
		   const struct sockaddr *addr, socklen_t len)
{
	init();
	if (is_network(addr, len) && choose_source(fd))
		return -1;
	return real.sendto(fd, data, size, flags, addr, len);
}

/* -1 if the message is not to be sent. */
static int prepare_message(int fd, const struct msghdr *msg)
{
	if (!is_network(msg->msg_name, msg->msg_namelen) || has_source(msg))
		return 0;
	return choose_source(fd);
}

API ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	init();
	if (msg && prepare_message(fd, msg))
		return -1;
	return real.sendmsg(fd, msg, flags);
}

/* The first one decides, as it would if they were sent one by one. */
API int sendmmsg(int fd, struct mmsghdr *msgs, unsigned int n, int flags)
{
	init();
	if (msgs && n && prepare_message(fd, &msgs->msg_hdr))
		return -1;
	return real.sendmmsg(fd, msgs, n, flags);
}
