// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <libmnl/libmnl.h>
#include "link-news.h"
#include "../common/base.h"
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#define LLADDR_LEN	6
#define LLADDR_VALID	(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)
/* The kernel's words for: up, and whoever authenticates there has done so. */
#define USABLE		(IFF_UP | IFF_RUNNING | IFF_LOWER_UP)

static struct mnl_socket *nl;

static const void *payload(const struct nlmsghdr *nlh, size_t header, uint16_t type, size_t len)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, header)
		if (mnl_attr_get_type(attr) == type)
			return mnl_attr_get_payload_len(attr) == len ? mnl_attr_get_payload(attr) :
								       NULL;
	return NULL;
}

static const char *name_of(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(attr) == IFLA_IFNAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return mnl_attr_get_str(attr);
	return "";
}

static void read_link(const struct nlmsghdr *nlh, const struct link_news *news)
{
	const struct ifinfomsg *msg = mnl_nlmsg_get_payload(nlh);
	struct link_state state;
	const uint32_t *losses;

	/* A bridge tells of its ports with such messages, too. */
	if (msg->ifi_family != AF_UNSPEC)
		return;
	if (nlh->nlmsg_type == RTM_DELLINK) {
		news->removed((uint32_t)msg->ifi_index);
		return;
	}
	losses = payload(nlh, sizeof(*msg), IFLA_CARRIER_DOWN_COUNT, sizeof(*losses));
	state.name = name_of(nlh);
	state.up = (msg->ifi_flags & USABLE) == USABLE;
	state.losses = losses ? *losses : 0;
	state.lladdr = payload(nlh, sizeof(*msg), IFLA_ADDRESS, LLADDR_LEN);
	news->link((uint32_t)msg->ifi_index, &state);
}

static void read_neighbour(const struct nlmsghdr *nlh, const struct link_news *news)
{
	const struct ndmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct in6_addr *addr = payload(nlh, sizeof(*msg), NDA_DST, sizeof(*addr));
	const uint8_t *lladdr = payload(nlh, sizeof(*msg), NDA_LLADDR, LLADDR_LEN);

	if (msg->ndm_family == AF_INET6 && msg->ndm_state & LLADDR_VALID && addr && lladdr)
		news->neighbour((uint32_t)msg->ndm_ifindex, addr, lladdr);
}

static void read_route(const struct nlmsghdr *nlh, const struct link_news *news)
{
	const struct rtmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct in6_addr *gateway = payload(nlh, sizeof(*msg), RTA_GATEWAY, sizeof(*gateway));
	const uint32_t *oif = payload(nlh, sizeof(*msg), RTA_OIF, sizeof(*oif));

	if (msg->rtm_family == AF_INET6 && !msg->rtm_dst_len && gateway && oif)
		news->gateway(*oif, gateway);
}

static void read_address(const struct nlmsghdr *nlh, const struct link_news *news)
{
	const struct ifaddrmsg *msg = mnl_nlmsg_get_payload(nlh);

	if (msg->ifa_family == AF_INET6 && !(msg->ifa_flags & IFA_F_TENTATIVE))
		news->address(msg->ifa_index);
}

static const struct kind {
	uint16_t type;
	size_t header;
	void (*read)(const struct nlmsghdr *nlh, const struct link_news *news);
} kinds[] = {
	{ RTM_NEWLINK, sizeof(struct ifinfomsg), read_link },
	{ RTM_DELLINK, sizeof(struct ifinfomsg), read_link },
	{ RTM_NEWNEIGH, sizeof(struct ndmsg), read_neighbour },
	{ RTM_NEWROUTE, sizeof(struct rtmsg), read_route },
	{ RTM_NEWADDR, sizeof(struct ifaddrmsg), read_address },
};

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	const struct kind *k;

	for (k = kinds; k < kinds + ARRAY_SIZE(kinds); k++)
		if (k->type == nlh->nlmsg_type && mnl_nlmsg_get_payload_len(nlh) >= k->header)
			k->read(nlh, data);
	return MNL_CB_OK;
}

static int join(void)
{
	static const int groups[] = {
		RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_IFADDR,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, (void *)&groups[i],
					  sizeof(groups[i])) < 0)
			return -1;
	return 0;
}

int link_news_open(void)
{
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!nl)
		return -1;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 || join()) {
		link_news_close();
		return -1;
	}
	return mnl_socket_get_fd(nl);
}

void link_news_close(void)
{
	int error = errno;

	mnl_socket_close(nl);
	nl = NULL;
	errno = error;
}

/* Only the kernel's own word counts; others can send to this socket as well. */
void link_news_read(const struct link_news *news)
{
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t len;

	do {
		from_len = sizeof(from);
		len = recvfrom(mnl_socket_get_fd(nl), buf, sizeof(buf), 0,
			       (struct sockaddr *)&from, &from_len);
		if (len > 0 && !from.nl_pid)
			mnl_cb_run(buf, (size_t)len, 0, 0, on_message, (void *)news);
		else if (len < 0 && errno == ENOBUFS)
			news->lost();
	} while (len >= 0 || errno == ENOBUFS || errno == EINTR);
}

int link_news_ask(uint32_t ifindex)
{
	char buf[64] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *msg;

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));
	msg->ifi_index = (int)ifindex;
	return mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0 ? -1 : 0;
}
