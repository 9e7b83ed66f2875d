// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inet6_is_srcaddr() of RFC 5014: what kind of address is it.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "private.h"

#define ANSWER_SIZE 4096

/* Of each at most one flag may be given. */
static const uint32_t contrary[] = {
	IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBLIC | IPV6_PREFER_SRC_PUBTMP_DEFAULT,
	IPV6_PREFER_SRC_COA | IPV6_PREFER_SRC_HOME,
	IPV6_PREFER_SRC_CGA | IPV6_PREFER_SRC_NONCGA,
};

static int fail(int error)
{
	errno = error;
	return -1;
}

static int check_flags(uint32_t flags)
{
	uint32_t given;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(contrary); i++) {
		given = flags & contrary[i];
		if (given & (given - 1))
			return fail(EINVAL);
		flags &= ~contrary[i];
	}
	return flags ? fail(EINVAL) : 0;
}

static int send_question(int fd, const struct sockaddr_in6 *srcaddr)
{
	struct {
		struct nlmsghdr nlh;
		struct ifaddrmsg ifa;
		struct rtattr rta;
		struct in6_addr addr;
	} ask = {
		.nlh = {
			.nlmsg_len = sizeof(ask),
			.nlmsg_type = RTM_GETADDR,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.ifa.ifa_family = AF_INET6,
		.rta = { .rta_len = RTA_LENGTH(sizeof(ask.addr)), .rta_type = IFA_ADDRESS },
		.addr = srcaddr->sin6_addr,
	};

	if (IN6_IS_ADDR_LINKLOCAL(&srcaddr->sin6_addr))
		ask.ifa.ifa_index = srcaddr->sin6_scope_id;
	return send(fd, &ask, sizeof(ask), 0) < 0 ? -1 : 0;
}

/* The long form of the flags, where the kernel gives it */
static uint32_t flags_of(const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(nlh);
	int left = (int)IFA_PAYLOAD(nlh);
	const struct rtattr *rta;

	for (rta = IFA_RTA(ifa); RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == IFA_FLAGS && RTA_PAYLOAD(rta) >= sizeof(uint32_t))
			return *(const uint32_t *)RTA_DATA(rta);
	return ifa->ifa_flags;
}

static int read_answer(int fd, uint32_t *flags)
{
	char buf[ANSWER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *nlh = (const void *)buf;
	ssize_t len = recv(fd, buf, sizeof(buf), 0);

	if (len < 0)
		return -1;
	if (!NLMSG_OK(nlh, len))
		return fail(EPROTO);
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return fail(-((const struct nlmsgerr *)NLMSG_DATA(nlh))->error);
	*flags = flags_of(nlh);
	return 0;
}

/* IFA_F_ flags of a local address */
static int ask_flags(const struct sockaddr_in6 *srcaddr, uint32_t *flags)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int ret, error;

	if (fd < 0)
		return -1;
	ret = send_question(fd, srcaddr);
	if (!ret)
		ret = read_answer(fd, flags);
	error = errno;
	close(fd);
	errno = error;
	return ret;
}

/* Nobody can use it yet, or ever. */
static bool is_unusable(uint32_t ifa)
{
	return ifa & IFA_F_DADFAILED ||
	       (ifa & IFA_F_TENTATIVE && !(ifa & IFA_F_OPTIMISTIC));
}

/* The kernel chooses by the same bits (rules 4 and 7 of RFC 6724). */
static bool satisfies(uint32_t ifa, uint32_t flags)
{
	uint32_t is = IPV6_PREFER_SRC_NONCGA | IPV6_PREFER_SRC_PUBTMP_DEFAULT;

	is |= ifa & IFA_F_TEMPORARY ? IPV6_PREFER_SRC_TMP : IPV6_PREFER_SRC_PUBLIC;
	is |= ifa & IFA_F_HOMEADDRESS ? IPV6_PREFER_SRC_HOME : IPV6_PREFER_SRC_COA;
	return !(flags & ~is);
}

API short inet6_is_srcaddr(struct sockaddr_in6 *srcaddr, uint32_t flags)
{
	uint32_t ifa;

	if (!srcaddr)
		return (short)fail(EFAULT);
	if (srcaddr->sin6_family != AF_INET6)
		return (short)fail(EAFNOSUPPORT);
	if (check_flags(flags) || ask_flags(srcaddr, &ifa))
		return -1;
	if (is_unusable(ifa))
		return (short)fail(EADDRNOTAVAIL);
	return satisfies(ifa, flags);
}
