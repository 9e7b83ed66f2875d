// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "private.h"
#include "scope.h"

/* Of RFC 2133, which had no sin6_scope_id; the kernel takes it still. */
#define SIN6_LEN_MIN	24

/* NULL if it is no IPv6 address. */
static const struct in6_addr *in6_of(const struct sockaddr *addr, socklen_t len)
{
	if (!addr || len < SIN6_LEN_MIN || addr->sa_family != AF_INET6)
		return NULL;
	return &((const struct sockaddr_in6 *)addr)->sin6_addr;
}

/* The kernel takes :: as a destination for the loopback address. */
bool is_network(const struct sockaddr *addr, socklen_t len)
{
	const struct in6_addr *in6 = in6_of(addr, len);

	return in6 && !IN6_IS_ADDR_UNSPECIFIED(in6) && !IN6_IS_ADDR_LOOPBACK(in6) &&
	       !IN6_IS_ADDR_LINKLOCAL(in6) && !IN6_IS_ADDR_MULTICAST(in6) &&
	       !IN6_IS_ADDR_V4MAPPED(in6);
}

bool is_any(const struct sockaddr *addr, socklen_t len)
{
	const struct in6_addr *in6 = in6_of(addr, len);

	return in6 && IN6_IS_ADDR_UNSPECIFIED(in6);
}

bool has_source(const struct msghdr *msg)
{
	struct msghdr m = *msg;
	struct in6_pktinfo info;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(&m); cmsg; cmsg = CMSG_NXTHDR(&m, cmsg)) {
		if (cmsg->cmsg_level != IPPROTO_IPV6 || cmsg->cmsg_type != IPV6_PKTINFO ||
		    cmsg->cmsg_len < CMSG_LEN(sizeof(info)))
			continue;
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		return !IN6_IS_ADDR_UNSPECIFIED(&info.ipi6_addr);
	}
	return false;
}

/* Raw sockets have their protocol for a port. */
static bool is_unbound(int fd)
{
	struct sockaddr_in6 name;
	socklen_t len = sizeof(name);

	return !getsockname(fd, (struct sockaddr *)&name, &len) &&
	       is_any((struct sockaddr *)&name, len) && !name.sin6_port;
}

/* By a program that knows odmm. */
static bool wants_other(int fd, sc_type type)
{
	socklen_t len = sizeof(int);
	int own;

	return !getsockopt(fd, IPPROTO_IPV6, IPV6_SC_TYPE, &own, &len) && own &&
	       own != (int)type;
}

bool is_open(int fd, sc_type type)
{
	if (!is_unbound(fd) || wants_other(fd, type))
		return false;
	switch (socket_option(fd, SO_PROTOCOL)) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_MPTCP:
		return true;
	default:
		return false;
	}
}
