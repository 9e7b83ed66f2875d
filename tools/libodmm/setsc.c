// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The calls of the drafts: which socket is it, and what do they return.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "private.h"

static int result(int failed)
{
	if (!failed)
		return 0;
	switch (errno) {
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
		return EAI_REQUIREDIPNOTSUPPORTED;
	default:
		return EAI_REQUIREDIPFAILED;
	}
}

/*
 * The kernel does not know the option on IPv4 and on MPTCP sockets, with the
 * module as without it. So look at the socket before "no module" is said.
 */
static bool needs_detour(int fd)
{
	int error = errno;

	if (error != ENOPROTOOPT && error != EOPNOTSUPP)
		return false;
	if (socket_option(fd, SO_DOMAIN) == AF_INET) {
		errno = EAFNOSUPPORT;
		return false;
	}
	if (socket_option(fd, SO_PROTOCOL) == IPPROTO_MPTCP)
		return true;
	errno = error;
	return false;
}

/*
 * The type is looked at here, as the kernel takes type 0 for "release", which
 * setsc() must not do.
 */
static int ask(int fd, struct in6_addr *addr, sc_type type,
	       int (*plain)(int fd, struct in6_addr *addr, sc_type type),
	       int (*detour)(int fd, struct in6_addr *addr, sc_type type))
{
	int ret;

	holders_sweep();
	if (type == ODMM_TYPE_NONE || !sc_type_name(type)) {
		errno = EINVAL;
		return result(-1);
	}
	ret = plain(fd, addr, type);
	if (ret && needs_detour(fd))
		ret = detour(fd, addr, type);
	return result(ret);
}

API int setsc(int sockfd, struct in6_addr *sourceAddress, sc_type addressType)
{
	return ask(sockfd, sourceAddress, addressType, socket_ask, mptcp_ask);
}

API int setsc_bind(int sockfd, struct in6_addr *sourceAddress, sc_type addressType)
{
	return ask(sockfd, sourceAddress, addressType, socket_ask_bind, mptcp_ask_bind);
}

API int setsc_release(int sockfd)
{
	int ret;

	holders_sweep();
	ret = socket_release(sockfd);
	if (ret && needs_detour(sockfd))
		ret = mptcp_release(sockfd);
	return result(ret);
}
