// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>
#include <sys/epoll.h>
#include "link-local.h"
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

/* Asks for all addresses: the answer comes as news does. */
static int ask(struct link_local *l)
{
	char buf[64] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *msg;

	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));
	msg->ifa_family = AF_INET6;
	return mnl_socket_sendto(l->nl, nlh, nlh->nlmsg_len) < 0 ? -1 : 0;
}

/* The address that a message is about, if it is a link-local one of this link. */
static const struct in6_addr *address_of(const struct link_local *l, const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg) || msg->ifa_family != AF_INET6 ||
	    msg->ifa_index != l->ifindex)
		return NULL;
	mnl_attr_for_each(attr, nlh, sizeof(*msg))
		if (mnl_attr_get_type(attr) == IFA_ADDRESS &&
		    mnl_attr_get_payload_len(attr) == sizeof(l->addr) &&
		    IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)mnl_attr_get_payload(attr)))
			return mnl_attr_get_payload(attr);
	return NULL;
}

static bool is_usable(const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *msg = mnl_nlmsg_get_payload(nlh);

	return nlh->nlmsg_type == RTM_NEWADDR &&
	       !(msg->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	struct link_local *l = data;
	const struct in6_addr *addr;

	if (nlh->nlmsg_type != RTM_NEWADDR && nlh->nlmsg_type != RTM_DELADDR)
		return MNL_CB_OK;
	addr = address_of(l, nlh);
	if (!addr)
		return MNL_CB_OK;
	if (is_usable(nlh) && IN6_IS_ADDR_UNSPECIFIED(&l->addr)) {
		l->addr = *addr;
		l->changed(l->data, addr);
	} else if (!is_usable(nlh) && IN6_ARE_ADDR_EQUAL(addr, &l->addr)) {
		l->addr = in6addr_any;
		l->changed(l->data, NULL);
		/* There may be another one. */
		ask(l);
	}
	return MNL_CB_OK;
}

/* Only the kernel's own word counts. */
static int on_news(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct link_local *l = data;
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t len;

	(void)source;
	(void)revents;
	do {
		from_len = sizeof(from);
		len = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len);
		if (len > 0 && !from.nl_pid)
			mnl_cb_run(buf, (size_t)len, 0, 0, on_message, l);
		else if (len < 0 && errno == ENOBUFS)
			ask(l);
	} while (len >= 0 || errno == ENOBUFS || errno == EINTR);
	return 0;
}

int link_local_start(struct link_local *l, sd_event *event)
{
	int group = RTNLGRP_IPV6_IFADDR;

	l->addr = in6addr_any;
	l->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (l->nl && !mnl_socket_bind(l->nl, 0, MNL_SOCKET_AUTOPID) &&
	    mnl_socket_setsockopt(l->nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) >= 0 &&
	    sd_event_add_io(event, &l->news, mnl_socket_get_fd(l->nl), EPOLLIN, on_news, l) >= 0 &&
	    !ask(l))
		return 0;
	say(LOG_ERR, "link-local addresses cannot be watched: %s", strerror(errno));
	link_local_stop(l);
	return -1;
}

void link_local_stop(struct link_local *l)
{
	l->news = sd_event_source_unref(l->news);
	if (l->nl)
		mnl_socket_close(l->nl);
	l->nl = NULL;
}
