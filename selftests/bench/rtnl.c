// SPDX-License-Identifier: GPL-2.0
/* Addresses in the kernel's own table, and when it routes to them. */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "measure.h"
#include "netlink.h"

#define MESSAGE	256

static struct nlmsghdr *addr_request(void *buffer, uint16_t type,
				     uint16_t flags,
				     const struct in6_addr *addr)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *ifa;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_INET6;
	ifa->ifa_prefixlen = 128;
	ifa->ifa_index = NL_LO;
	mnl_attr_put(nlh, IFA_LOCAL, sizeof(*addr), addr);
	return nlh;
}

/* As the module does it. */
void nl_addr_add(struct mnl_socket *nl, const struct in6_addr *addr)
{
	const struct ifa_cacheinfo lifetime = { .ifa_valid = UINT32_MAX };
	char buffer[MESSAGE];
	struct nlmsghdr *nlh;

	nlh = addr_request(buffer, RTM_NEWADDR, NLM_F_CREATE, addr);
	mnl_attr_put(nlh, IFA_CACHEINFO, sizeof(lifetime), &lifetime);
	mnl_attr_put_u32(nlh, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
	must(nl_talk(nl, nlh, NULL, NULL) >= 0, "RTM_NEWADDR");
}

void nl_addr_del(struct mnl_socket *nl, const struct in6_addr *addr)
{
	char buffer[MESSAGE];
	struct nlmsghdr *nlh = addr_request(buffer, RTM_DELADDR, 0, addr);

	must(nl_talk(nl, nlh, NULL, NULL) >= 0, "RTM_DELADDR");
}

static int count_message(const struct nlmsghdr *nlh, void *arg)
{
	unsigned int *n = arg;

	(void)nlh;
	++*n;
	return MNL_CB_OK;
}

/* All IPv6 addresses, as a program would ask for them. How many there are. */
unsigned int nl_addr_dump(struct mnl_socket *nl)
{
	char buffer[MNL_NLMSG_HDRLEN + sizeof(struct ifaddrmsg)];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *ifa;
	unsigned int n = 0;

	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_INET6;
	must(nl_talk(nl, nlh, count_message, &n) >= 0, "RTM_GETADDR");
	return n;
}

struct mnl_socket *nl_listen_routes(void)
{
	struct mnl_socket *nl = nl_open(NETLINK_ROUTE);
	int group = RTNLGRP_IPV6_ROUTE;

	must(!mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, &group,
				    sizeof(group)), "routes");
	return nl;
}

static int is_local_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE || rtm->rtm_type != RTN_LOCAL)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm))
		if (mnl_attr_get_type(attr) == RTA_DST &&
		    !memcmp(mnl_attr_get_payload(attr), arg,
			    sizeof(struct in6_addr)))
			return MNL_CB_STOP;
	return MNL_CB_OK;
}

void nl_wait_routed(struct mnl_socket *routes, const struct in6_addr *addr)
{
	nl_hear(routes, is_local_route, (void *)addr);
}
