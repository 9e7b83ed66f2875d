// SPDX-License-Identifier: GPL-2.0
/*
 * Speaking rtnetlink to our own kernel: the one address interface that does
 * everything (add, delete, lifetimes, flags, IFA_PROTO) and is ABI.
 *
 * For the worker of address.c alone: from a kworker these calls have the
 * rights, and no lock is held. They sleep, and take RTNL in between.
 */
#include <linux/delay.h>
#include <linux/net.h>
#include <net/addrconf.h>
#include <net/l3mdev.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "compat.h"
#include "odmm.h"

/* Above any pid, so that autobind gives none of ours to a process. */
#define ODMM_PORTID_BASE	0xf0000000U
#define ODMM_PORTID_TRIES	64

/*
 * Room for what any of our messages has after the netlink header. A page would
 * do as well, but many kernels clear all that they allocate.
 */
#define ODMM_RTNL_SIZE		128

/* How often, and how many ms apart, to try again what found no memory. */
#define ODMM_RTNL_TRIES		100
#define ODMM_RTNL_PAUSE		10

/* A packet of a dump is no longer than what we receive it into. */
#define ODMM_DUMP_SIZE		8192

/* Just before the kernel gives up on a destination by itself. */
#define ODMM_UNREACHABLE_METRIC	0xfffffffe

static int odmm_rtnl_bind(struct socket *sock, u32 groups)
{
	static atomic_t counter;
	struct sockaddr_nl sa = {
		.nl_family = AF_NETLINK,
		.nl_groups = groups,
	};
	int err, i;

	for (i = 0; i < ODMM_PORTID_TRIES; i++) {
		sa.nl_pid = ODMM_PORTID_BASE |
			    (atomic_inc_return(&counter) & 0x0fffffff);
		err = odmm_compat_bind(sock, &sa, sizeof(sa));
		if (err != -EADDRINUSE)
			break;
	}
	return err;
}

/* kern = 1: the socket does not keep the namespace alive. */
static int odmm_rtnl_socket(struct odmm_net *odn, u32 groups,
			    void (*ready)(struct sock *sk), struct socket **res)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct socket *sock;
	int err;

	err = sock_create_kern(odn->net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE,
			       &sock);
	if (err)
		return err;

	if (ready) {
		sock->sk->sk_user_data = odn;
		sock->sk->sk_data_ready = ready;
		/* News that were lost. */
		sock->sk->sk_error_report = ready;
	}
	err = odmm_rtnl_bind(sock, groups) ?:
	      odmm_compat_connect(sock, &kernel, sizeof(kernel));
	if (err)
		sock_release(sock);
	else
		*res = sock;
	return err;
}

int odmm_rtnl_open(struct odmm_net *odn, void (*ready)(struct sock *sk))
{
	int err;

	err = odmm_rtnl_socket(odn, 0, NULL, &odn->rtnl);
	if (err)
		return err;
	err = odmm_rtnl_socket(odn, 1 << (RTNLGRP_IPV6_IFADDR - 1), ready, &odn->news);
	if (err)
		sock_release(odn->rtnl);
	return err;
}

/*
 * When this returns no news can come any more: a broadcast under way is waited
 * for, and nobody but the kernel can send to a connected socket.
 */
void odmm_rtnl_close_news(struct odmm_net *odn)
{
	sock_release(odn->news);
}

void odmm_rtnl_close(struct odmm_net *odn)
{
	sock_release(odn->rtnl);
}

static int odmm_rtnl_receive(struct socket *sock, void *buf, size_t size)
{
	struct msghdr msg = {};
	struct kvec vec = { .iov_base = buf, .iov_len = size };

	return kernel_recvmsg(sock, &msg, &vec, 1, size, MSG_DONTWAIT);
}

/*
 * rtnetlink has done what it was asked for before the call that asks returns.
 * It speaks only if it has not, as we ask for no acknowledgment: that would be
 * a message more to make and to read each time.
 */
static int odmm_rtnl_refused(struct socket *sock, u32 seq)
{
	struct {
		struct nlmsghdr	nlh;
		struct nlmsgerr	err;
	} answer;
	int len;

	for (;;) {
		len = odmm_rtnl_receive(sock, &answer, sizeof(answer));
		if (len == -EAGAIN)
			return 0;
		if (len < 0)
			return len;
		if (len >= (int)sizeof(answer) &&
		    answer.nlh.nlmsg_type == NLMSG_ERROR &&
		    answer.nlh.nlmsg_seq == seq)
			return answer.err.error;
	}
}

/*
 * A name is given although it is the kernel's own: it makes rtnetlink look at
 * our rights instead of those of the file that the socket does not have.
 */
static int odmm_rtnl_post(struct socket *sock, const struct sk_buff *skb)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr msg = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
	};
	struct kvec vec = { .iov_base = skb->data, .iov_len = skb->len };

	return kernel_sendmsg(sock, &msg, &vec, 1, skb->len);
}

static int odmm_rtnl_talk(struct odmm_net *odn, const struct sk_buff *skb)
{
	int err;

	err = odmm_rtnl_post(odn->rtnl, skb);
	if (err >= 0)
		err = odmm_rtnl_refused(odn->rtnl, nlmsg_hdr(skb)->nlmsg_seq);
	return err;
}

/*
 * A shortage of memory passes, while an address that was not added is lost and
 * one that was not deleted stays for good. All that we say may be said twice.
 */
static int odmm_rtnl_insist(struct odmm_net *odn, const struct sk_buff *skb)
{
	int err, i;

	for (i = 0; i < ODMM_RTNL_TRIES; i++) {
		err = odmm_rtnl_talk(odn, skb);
		if ((err != -ENOMEM && err != -ENOBUFS) ||
		    READ_ONCE(odn->closing))
			break;
		msleep(ODMM_RTNL_PAUSE);
	}
	return err;
}

/* It is small, and nobody hurries. */
static struct sk_buff *odmm_rtnl_message(u16 type, u16 flags, const void *hdr,
					 size_t len)
{
	static atomic_t seq;
	struct nlmsghdr *nlh;
	struct sk_buff *skb;

	skb = nlmsg_new(ODMM_RTNL_SIZE, GFP_KERNEL | __GFP_NOFAIL);
	nlh = nlmsg_put(skb, 0, atomic_inc_return(&seq), type, len,
			NLM_F_REQUEST | flags);
	memcpy(nlmsg_data(nlh), hdr, len);
	return skb;
}

/* ODMM_RTNL_SIZE has room for any of our messages. */
static int odmm_rtnl_send(struct odmm_net *odn, struct sk_buff *skb, int err)
{
	if (!WARN_ON_ONCE(err)) {
		nlmsg_end(skb, nlmsg_hdr(skb));
		err = odmm_rtnl_insist(odn, skb);
	}
	nlmsg_free(skb);
	return err;
}

static struct sk_buff *odmm_rtnl_ifa(const struct odmm_address *a, u16 type,
				     u16 flags, int ifindex)
{
	const struct ifaddrmsg ifa = {
		.ifa_family = AF_INET6,
		.ifa_prefixlen = a->plen,
		.ifa_index = ifindex,
	};

	return odmm_rtnl_message(type, flags, &ifa, sizeof(ifa));
}

/*
 * Adds it or renews its lifetimes. Preferred lifetime 0 keeps it away from
 * sockets that never asked (RFC 6724 rule 3). Everything is told each time:
 * a replace forgets the protocol and the flags that it does not name.
 */
int odmm_rtnl_add_address(const struct odmm_address *a, u32 valid_lft,
			  u32 preferred_lft)
{
	const struct ifa_cacheinfo lifetime = {
		.ifa_valid = valid_lft,
		.ifa_prefered = preferred_lft,
	};
	u32 flags = a->flags | (a->onlink ? 0 : IFA_F_NODAD);
	struct sk_buff *skb;
	int err;

	skb = odmm_rtnl_ifa(a, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
			    a->ifindex);
	err = nla_put_in6_addr(skb, IFA_LOCAL, &a->addr) ?:
	      nla_put(skb, IFA_CACHEINFO, sizeof(lifetime), &lifetime) ?:
	      nla_put_u32(skb, IFA_FLAGS, flags) ?:
	      nla_put_u8(skb, IFA_PROTO, ODMM_IFAPROT(a->type));
	return odmm_rtnl_send(a->odn, skb, err);
}

int odmm_rtnl_del_address(const struct odmm_address *a, int ifindex)
{
	struct sk_buff *skb;
	int err;

	skb = odmm_rtnl_ifa(a, RTM_DELADDR, 0, ifindex);
	err = nla_put_in6_addr(skb, IFA_LOCAL, &a->addr);
	return odmm_rtnl_send(a->odn, skb, err);
}

/*
 * In the table of the interface that carries the address: a VRF has its own.
 * Without @oif the kernel takes the loopback device for granted, which in a
 * namespace that goes is not there any more.
 */
static int odmm_rtnl_unreachable(const struct odmm_address *a, u16 type,
				 u16 flags, int oif)
{
	const struct rtmsg rtm = {
		.rtm_family = AF_INET6,
		.rtm_dst_len = a->prefix_len,
		.rtm_protocol = ODMM_RTPROT,
		.rtm_type = RTN_UNREACHABLE,
	};
	u32 table = l3mdev_fib_table_by_index(a->odn->net, a->ifindex);
	struct sk_buff *skb;
	int err;

	skb = odmm_rtnl_message(type, flags, &rtm, sizeof(rtm));
	err = nla_put_in6_addr(skb, RTA_DST, &a->prefix) ?:
	      nla_put_u32(skb, RTA_TABLE, table ?: RT_TABLE_MAIN) ?:
	      nla_put_u32(skb, RTA_OIF, oif) ?:
	      nla_put_u32(skb, RTA_PRIORITY, ODMM_UNREACHABLE_METRIC);
	return odmm_rtnl_send(a->odn, skb, err);
}

/* Keeps packets to unused addresses of a routed prefix from looping. */
int odmm_rtnl_add_unreachable(const struct odmm_address *a)
{
	return odmm_rtnl_unreachable(a, RTM_NEWROUTE,
				     NLM_F_CREATE | NLM_F_REPLACE, a->ifindex);
}

int odmm_rtnl_del_unreachable(const struct odmm_address *a)
{
	return odmm_rtnl_unreachable(a, RTM_DELROUTE, 0, 0);
}

/* What a message says of an address; false if it is about something else. */
static bool odmm_rtnl_parse(const struct nlmsghdr *nlh,
			    struct odmm_rtnl_news *news)
{
	const struct ifaddrmsg *ifa = nlmsg_data(nlh);
	const struct ifa_cacheinfo *lifetime;
	struct nlattr *tb[IFA_MAX + 1];

	if ((nlh->nlmsg_type != RTM_NEWADDR && nlh->nlmsg_type != RTM_DELADDR) ||
	    nlmsg_parse_deprecated(nlh, sizeof(*ifa), tb, IFA_MAX, NULL, NULL) ||
	    !tb[IFA_ADDRESS] || nla_len(tb[IFA_ADDRESS]) != sizeof(news->addr))
		return false;
	/* With a peer, the address of our end is the local one. */
	news->addr = nla_get_in6_addr(tb[IFA_LOCAL] ?: tb[IFA_ADDRESS]);
	news->ifindex = ifa->ifa_index;
	news->plen = ifa->ifa_prefixlen;
	news->proto = tb[IFA_PROTO] ? nla_get_u8(tb[IFA_PROTO]) : 0;
	news->flags = tb[IFA_FLAGS] ? nla_get_u32(tb[IFA_FLAGS]) :
				      ifa->ifa_flags;
	lifetime = tb[IFA_CACHEINFO] ? nla_data(tb[IFA_CACHEINFO]) : NULL;
	news->valid_lft = lifetime ? lifetime->ifa_valid : ODMM_LFT_INFINITY;
	news->there = nlh->nlmsg_type == RTM_NEWADDR;
	return true;
}

/*
 * The next news of the kernel about an address: 1, and @news is set. 0: it was
 * about something else. -EAGAIN: no more. Anything else: some were lost.
 */
int odmm_rtnl_news(struct odmm_net *odn, struct odmm_rtnl_news *news)
{
	struct {
		struct nlmsghdr		nlh;
		struct ifaddrmsg	ifa;
		u8			attrs[256];
	} msg;
	int len;

	len = odmm_rtnl_receive(odn->news, &msg, sizeof(msg));
	if (len < 0)
		return len;
	return nlmsg_ok(&msg.nlh, len) && odmm_rtnl_parse(&msg.nlh, news);
}

/* One packet of the answer to a dump: whether more will come. */
static bool odmm_rtnl_dumped(struct odmm_net *odn, const struct nlmsghdr *nlh,
			     int len,
			     void (*fn)(struct odmm_net *odn,
					const struct odmm_rtnl_news *news))
{
	struct odmm_rtnl_news news;

	for (; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type == NLMSG_DONE ||
		    nlh->nlmsg_type == NLMSG_ERROR)
			return false;
		if (odmm_rtnl_parse(nlh, &news))
			fn(odn, &news);
	}
	return true;
}

/*
 * Calls @fn for each IPv6 address of the namespace. By a socket of its own:
 * @fn may speak to rtnetlink as well.
 */
int odmm_rtnl_each_address(struct odmm_net *odn,
			   void (*fn)(struct odmm_net *odn,
				      const struct odmm_rtnl_news *news))
{
	const struct ifaddrmsg ifa = { .ifa_family = AF_INET6 };
	struct socket *sock = NULL;
	struct sk_buff *skb;
	int err, len = 0;
	void *buf;

	buf = kmalloc(ODMM_DUMP_SIZE, GFP_KERNEL);
	skb = odmm_rtnl_message(RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof(ifa));
	err = buf ? odmm_rtnl_socket(odn, 0, NULL, &sock) : -ENOMEM;
	if (!err)
		err = odmm_rtnl_post(sock, skb);
	while (err >= 0) {
		len = odmm_rtnl_receive(sock, buf, ODMM_DUMP_SIZE);
		if (len < 0 || !odmm_rtnl_dumped(odn, buf, len, fn))
			break;
	}
	nlmsg_free(skb);
	if (sock)
		sock_release(sock);
	kfree(buf);
	return err < 0 ? err : min(len, 0);
}
