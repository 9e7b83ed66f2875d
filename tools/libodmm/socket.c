// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The socket options of <linux/odmm.h> on one socket.
 */
#include <errno.h>
#include <sys/socket.h>
#include "private.h"

/* One int option of level SOL_SOCKET, or -1. */
int socket_option(int fd, int name)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) ? -1 : value;
}

/* Not an end: the network is being asked. */
bool is_pending(int error)
{
	return error == EINPROGRESS || error == EALREADY;
}

static int set(int fd, int name, int value)
{
	return setsockopt(fd, IPPROTO_IPV6, name, &value, sizeof(value));
}

/*
 * Two options instead of the one IPV6_SETSC, which would overwrite the flags
 * and the time limit that the application has set on the socket.
 */
int socket_ask(int fd, struct in6_addr *addr, sc_type type)
{
	socklen_t len = sizeof(*addr);

	if (set(fd, IPV6_SC_TYPE, (int)type))
		return -1;
	return getsockopt(fd, IPPROTO_IPV6, IPV6_SC_ADDR, addr, &len);
}

/*
 * The flag stays while the answer is out, as the kernel binds in the call
 * that fetches it; left behind by a failure it would make a later setsc()
 * bind.
 */
int socket_ask_bind(int fd, struct in6_addr *addr, sc_type type)
{
	socklen_t len = sizeof(int);
	int flags, error;

	if (getsockopt(fd, IPPROTO_IPV6, IPV6_SC_FLAGS, &flags, &len) ||
	    set(fd, IPV6_SC_FLAGS, flags | IPV6_SC_BIND))
		return -1;
	if (!socket_ask(fd, addr, type))
		return 0;
	error = errno;
	if (!is_pending(error))
		set(fd, IPV6_SC_FLAGS, flags);
	errno = error;
	return -1;
}

int socket_release(int fd)
{
	return set(fd, IPV6_SC_TYPE, ODMM_TYPE_NONE);
}
