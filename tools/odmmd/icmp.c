// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "icmp.h"

#define HOP_LIMIT	255

static int set(int fd, int option, int value)
{
	return setsockopt(fd, IPPROTO_IPV6, option, &value, sizeof(value));
}

static int set_all(int fd)
{
	struct icmp6_filter filter;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ND_ROUTER_ADVERT, &filter);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)))
		return -1;
	return set(fd, IPV6_RECVPKTINFO, 1) || set(fd, IPV6_RECVHOPLIMIT, 1) ||
	       set(fd, IPV6_MULTICAST_HOPS, HOP_LIMIT) || set(fd, IPV6_MULTICAST_LOOP, 0) ? -1 : 0;
}

int icmp_open(void)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
	int error;

	if (fd >= 0 && set_all(fd)) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static void read_control(struct msghdr *msg, struct icmp_message *m)
{
	struct in6_pktinfo info;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&m->hop_limit, CMSG_DATA(c), sizeof(m->hop_limit));
		if (c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			m->ifindex = info.ipi6_ifindex;
		}
	}
}

int icmp_read(int fd, struct icmp_message *m)
{
	char control[256] __attribute__((aligned(__alignof__(struct cmsghdr))));
	struct iovec iov = { m->data, sizeof(m->data) };
	struct sockaddr_in6 from = { 0 };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(fd, &msg, 0);

	if (len < 0)
		return 0;
	m->len = (size_t)len;
	m->source = from.sin6_addr;
	m->ifindex = 0;
	m->hop_limit = -1;
	read_control(&msg, m);
	return 1;
}

int icmp_solicit(int fd, uint32_t ifindex, const uint8_t *lladdr)
{
	struct sockaddr_in6 routers = { .sin6_family = AF_INET6, .sin6_scope_id = ifindex };
	struct {
		struct nd_router_solicit head;
		struct nd_opt_hdr option;
		uint8_t lladdr[6];
	} m = { .head.nd_rs_type = ND_ROUTER_SOLICIT };
	size_t len = sizeof(m.head);

	routers.sin6_addr.s6_addr[0] = 0xff;
	routers.sin6_addr.s6_addr[1] = 2;
	routers.sin6_addr.s6_addr[15] = 2;
	if (lladdr) {
		m.option = (struct nd_opt_hdr) { ND_OPT_SOURCE_LINKADDR, 1 };
		memcpy(m.lladdr, lladdr, sizeof(m.lladdr));
		len = sizeof(m);
	}
	return sendto(fd, &m, len, 0, (struct sockaddr *)&routers, sizeof(routers)) < 0 ? -1 : 0;
}
