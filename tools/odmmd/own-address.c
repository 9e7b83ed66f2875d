// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>
#include <sys/epoll.h>
#include "own-address.h"
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#define PREFIX_LEN	64
#define FOR_EVER	0xffffffffU

/* Nobody waits for the kernel's answer: what becomes of it is told to all. */
static int tell(struct own_address *a, uint16_t type, uint16_t flags)
{
	char buf[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct ifa_cacheinfo life = { .ifa_prefered = 0, .ifa_valid = FOR_EVER };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *msg;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));
	msg->ifa_family = AF_INET6;
	msg->ifa_prefixlen = PREFIX_LEN;
	msg->ifa_index = a->ifindex;
	mnl_attr_put(nlh, IFA_LOCAL, sizeof(a->addr), &a->addr);
	mnl_attr_put(nlh, IFA_ADDRESS, sizeof(a->addr), &a->addr);
	mnl_attr_put(nlh, IFA_CACHEINFO, sizeof(life), &life);
	return mnl_socket_sendto(a->nl, nlh, nlh->nlmsg_len) < 0 ? -1 : 0;
}

/* The kernel may have it from before: then it tells, too. */
static int add(struct own_address *a)
{
	return tell(a, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
}

static bool is_it(const struct own_address *a, const struct nlmsghdr *nlh,
		  const struct ifaddrmsg *msg)
{
	const struct nlattr *attr;

	if (msg->ifa_family != AF_INET6 || msg->ifa_index != a->ifindex)
		return false;
	mnl_attr_for_each(attr, nlh, sizeof(*msg))
		if (mnl_attr_get_type(attr) == IFA_ADDRESS)
			return mnl_attr_get_payload_len(attr) == sizeof(a->addr) &&
			       !memcmp(mnl_attr_get_payload(attr), &a->addr, sizeof(a->addr));
	return false;
}

static void set_usable(struct own_address *a, bool usable)
{
	if (a->usable == usable)
		return;
	a->usable = usable;
	a->changed(a->data, usable);
}

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	struct own_address *a = data;
	const struct ifaddrmsg *msg = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != RTM_NEWADDR && nlh->nlmsg_type != RTM_DELADDR)
		return MNL_CB_OK;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg) || !is_it(a, nlh, msg))
		return MNL_CB_OK;
	if (nlh->nlmsg_type == RTM_NEWADDR && msg->ifa_flags & IFA_F_DADFAILED)
		say(LOG_ERR, "our own link-local address is somebody else's as well");
	if (nlh->nlmsg_type == RTM_NEWADDR) {
		set_usable(a, !(msg->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)));
		return MNL_CB_OK;
	}
	set_usable(a, false);
	add(a);
	return MNL_CB_OK;
}

/* Only the kernel's own word counts. What was lost is told again, if it is there. */
static int on_news(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct own_address *a = data;
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t len;

	(void)source;
	(void)revents;
	do {
		from_len = sizeof(from);
		len = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len);
		if (len > 0 && !from.nl_pid)
			mnl_cb_run(buf, (size_t)len, 0, 0, on_message, a);
		else if (len < 0 && errno == ENOBUFS)
			add(a);
	} while (len >= 0 || errno == ENOBUFS || errno == EINTR);
	return 0;
}

int own_address_start(struct own_address *a, sd_event *event)
{
	int group = RTNLGRP_IPV6_IFADDR;

	a->usable = false;
	a->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (a->nl && !mnl_socket_bind(a->nl, 0, MNL_SOCKET_AUTOPID) &&
	    mnl_socket_setsockopt(a->nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) >= 0 &&
	    sd_event_add_io(event, &a->news, mnl_socket_get_fd(a->nl), EPOLLIN, on_news, a) >= 0 &&
	    !add(a))
		return 0;
	say(LOG_ERR, "no link-local address of our own: %s", strerror(errno));
	own_address_stop(a);
	return -1;
}

void own_address_stop(struct own_address *a)
{
	if (!a->nl)
		return;
	tell(a, RTM_DELADDR, 0);
	a->news = sd_event_source_unref(a->news);
	mnl_socket_close(a->nl);
	a->nl = NULL;
	a->usable = false;
}
