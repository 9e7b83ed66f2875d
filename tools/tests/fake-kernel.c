// SPDX-License-Identifier: GPL-2.0
/*
 * The socket options of the module, as far as libodmm needs them, for tests
 * without it: linked before libc by "ld --wrap". The address is always ::1,
 * which every host can bind to. A type given in FAKE_PENDING is asked for and
 * never comes, one in FAKE_REFUSED is refused. A notice of the event given in
 * FAKE_NOTICE waits on the error queue, behind a message of somebody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/errqueue.h>
#include <odmm.h>

#define MAX_FD 64

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
ssize_t __real_recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);

static struct fake {
	int type, flags;
	int asked;
} fakes[MAX_FD];

static int fail(int error)
{
	errno = error;
	return -1;
}

static int is_ours(int fd, int level, int name)
{
	return fd >= 0 && fd < MAX_FD && level == IPPROTO_IPV6 && name >= IPV6_SC_TYPE &&
	       name <= IPV6_SETSC;
}

static int socket_int(int fd, int name)
{
	socklen_t len = sizeof(int);
	int value = 0;

	__real_getsockopt(fd, SOL_SOCKET, name, &value, &len);
	return value;
}

/* What a stock kernel does not let the module see */
static int is_refused(int fd)
{
	return socket_int(fd, SO_DOMAIN) != AF_INET6 ||
	       socket_int(fd, SO_PROTOCOL) == IPPROTO_MPTCP;
}

static int is_type(const char *variable, int type)
{
	const char *value = getenv(variable);

	return value && atoi(value) == type;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct fake *f;
	int v;

	if (!is_ours(fd, level, name))
		return __real_setsockopt(fd, level, name, value, len);
	if (is_refused(fd))
		return fail(ENOPROTOOPT);
	f = &fakes[fd];
	memcpy(&v, value, sizeof(v));
	if (name == IPV6_SC_FLAGS)
		f->flags = v;
	else if (f->type != v)
		*f = (struct fake){ .type = v, .flags = f->flags };
	return 0;
}

static int get_addr(int fd, struct fake *f, struct in6_addr *addr)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	if (is_type("FAKE_REFUSED", f->type))
		return fail(EADDRNOTAVAIL);
	if (is_type("FAKE_PENDING", f->type)) {
		if (!(fcntl(fd, F_GETFL) & O_NONBLOCK))
			return fail(ETIMEDOUT);
		return fail(f->asked++ ? EALREADY : EINPROGRESS);
	}
	if (f->flags & IPV6_SC_BIND)
		bind(fd, (struct sockaddr *)&name, sizeof(name));
	*addr = name.sin6_addr;
	f->asked = 1;
	return 0;
}

static int get_status(const struct fake *f, struct odmm_status *status)
{
	memset(status, 0, sizeof(*status));
	if (f->asked)
		status->addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
	return 0;
}

static int get_setsc(int fd, struct fake *f, struct odmm_setsc *setsc)
{
	int type = (int)setsc->type;

	if (!type || !sc_type_name(setsc->type))
		return fail(EINVAL);
	if (f->type != type)
		*f = (struct fake){ .type = type };
	f->flags = (int)setsc->flags;
	return get_addr(fd, f, &setsc->addr);
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	if (!is_ours(fd, level, name))
		return __real_getsockopt(fd, level, name, value, len);
	if (is_refused(fd))
		return fail(EOPNOTSUPP);
	switch (name) {
	case IPV6_SC_TYPE:
		*(int *)value = fakes[fd].type;
		return 0;
	case IPV6_SC_FLAGS:
		*(int *)value = fakes[fd].flags;
		return 0;
	case IPV6_SC_ADDR:
		return get_addr(fd, &fakes[fd], value);
	case IPV6_SC_STATUS:
		return get_status(&fakes[fd], value);
	case IPV6_SETSC:
		return get_setsc(fd, &fakes[fd], value);
	default:
		return fail(ENOPROTOOPT);
	}
}

static void put_error(struct msghdr *msg, uint8_t origin)
{
	struct sock_extended_err err = { .ee_origin = origin };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);

	if (!cmsg)
		return;
	cmsg->cmsg_level = IPPROTO_IPV6;
	cmsg->cmsg_type = IPV6_RECVERR;
	cmsg->cmsg_len = CMSG_LEN(sizeof(err));
	memcpy(CMSG_DATA(cmsg), &err, sizeof(err));
	msg->msg_controllen = CMSG_SPACE(sizeof(err));
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	const char *event = getenv("FAKE_NOTICE");
	struct odmm_notice notice = { .size = sizeof(notice) };
	static int calls;

	if (!event || !(flags & MSG_ERRQUEUE))
		return __real_recvmsg(fd, msg, flags);
	if (calls == 2)
		return fail(EAGAIN);
	put_error(msg, calls++ ? SO_EE_ORIGIN_ODMM : SO_EE_ORIGIN_ZEROCOPY);
	notice.event = (uint32_t)atoi(event);
	memcpy(msg->msg_iov->iov_base, &notice, sizeof(notice));
	return sizeof(notice);
}
