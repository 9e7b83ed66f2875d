// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * setsc() on an MPTCP socket: a plain socket asks and holds, this one uses.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include "private.h"

static bool is_bound_to(int fd, const struct in6_addr *addr)
{
	struct sockaddr_in6 name;
	socklen_t len = sizeof(name);

	return !getsockname(fd, (struct sockaddr *)&name, &len) &&
	       !memcmp(&name.sin6_addr, addr, sizeof(*addr));
}

static bool is_connected(int fd)
{
	struct sockaddr_in6 name;
	socklen_t len = sizeof(name);

	return !getpeername(fd, (struct sockaddr *)&name, &len);
}

/* As the kernel does: EBUSY to one who changes the type under a bound socket. */
static int check_change(const struct holder *h, sc_type type)
{
	struct odmm_status status;
	socklen_t len = sizeof(status);

	if (h->type == type)
		return 0;
	if (getsockopt(h->fd, IPPROTO_IPV6, IPV6_SC_STATUS, &status, &len))
		return 0;
	if (IN6_IS_ADDR_UNSPECIFIED(&status.addr) || !is_bound_to(h->owner, &status.addr))
		return 0;
	errno = EBUSY;
	return -1;
}

/* Whether to wait may change between two calls, so it is asked each time. */
static int copy_nonblock(const struct holder *h)
{
	int theirs = fcntl(h->owner, F_GETFL);
	int ours = fcntl(h->fd, F_GETFL);

	if (theirs < 0 || ours < 0)
		return -1;
	if (!((theirs ^ ours) & O_NONBLOCK))
		return 0;
	return fcntl(h->fd, F_SETFL, ours ^ O_NONBLOCK);
}

static int holder_ask(struct holder *h, struct in6_addr *addr, sc_type type)
{
	if (check_change(h, type) || copy_nonblock(h))
		return -1;
	h->type = type;
	return socket_ask(h->fd, addr, type);
}

/*
 * Old kernels do not take IP_BIND_ADDRESS_NO_PORT on these sockets. Then
 * bind() chooses a port: a scarcer one, but one that works.
 */
static int bind_address(int fd, const struct in6_addr *addr)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_addr = *addr };
	int on = 1;

	if (is_bound_to(fd, addr))
		return 0;
	if (is_connected(fd)) {
		errno = EISCONN;
		return -1;
	}
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&name, sizeof(name));
}

/* Whether nobody waits, or holds what was held before. */
static bool is_over(int error)
{
	/* Another thread may wait on after a signal. */
	return !is_pending(error) && error != EINTR && error != EBUSY;
}

/* A holder that neither holds nor waits would only cost a descriptor. */
int mptcp_ask(int fd, struct in6_addr *addr, sc_type type)
{
	struct holder *h = holder_find_or_make(fd);
	int ret, error;

	if (!h)
		return -1;
	ret = holder_ask(h, addr, type);
	error = errno;
	if (ret && is_over(error))
		holder_drop(h);
	else
		holder_put(h);
	errno = error;
	return ret;
}

int mptcp_ask_bind(int fd, struct in6_addr *addr, sc_type type)
{
	if (mptcp_ask(fd, addr, type))
		return -1;
	return bind_address(fd, addr);
}

/* Ends the wait of another thread too, as on a plain socket. */
int mptcp_release(int fd)
{
	struct holder *h = holder_find(fd);

	if (!h)
		return 0;
	socket_release(h->fd);
	holder_drop(h);
	return 0;
}
