// SPDX-License-Identifier: GPL-2.0
/*
 * Typed prefixes of addresses that others have tagged: with a stock "ip -6
 * addr add ... proto 0xd2", or this module before it was unloaded.
 */
#include <linux/netlink.h>
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>

#include "lifetime.h"
#include "odmm.h"

/* Length of a prefix whose address alone is known. */
#define ODMM_ADOPT_LEN		64

/* Shorter ones are no prefixes of a host. */
#define ODMM_ADOPT_MIN		16

/*
 * The unreachable route that the module leaves behind tells how long the
 * prefix was. It is what another address of the prefix leads to.
 */
static u8 odmm_adopt_route_len(struct odmm_net *odn,
			       const struct odmm_rtnl_news *news)
{
	struct flowi6 fl6 = {
		.daddr = news->addr,
		.flowi6_oif = l3mdev_master_ifindex_by_index(odn->net,
							     news->ifindex),
	};
	const struct fib6_info *from;
	struct dst_entry *dst;
	u8 len = 0;

	fl6.daddr.s6_addr[15] ^= 1;
	dst = ip6_route_output(odn->net, NULL, &fl6);
	rcu_read_lock();
	from = rcu_dereference(container_of(dst, struct rt6_info, dst)->from);
	if (from && from->fib6_protocol == ODMM_RTPROT &&
	    from->fib6_dst.plen >= ODMM_ADOPT_MIN &&
	    from->fib6_dst.plen <= ODMM_ADOPT_LEN)
		len = from->fib6_dst.plen;
	rcu_read_unlock();
	dst_release(dst);
	return len;
}

static u8 odmm_adopt_len(struct odmm_net *odn,
			 const struct odmm_rtnl_news *news)
{
	if (news->plen >= ODMM_ADOPT_MIN && news->plen <= ODMM_ADOPT_LEN)
		return news->plen;
	return odmm_adopt_route_len(odn, news) ?: ODMM_ADOPT_LEN;
}

static void odmm_adopt_spec(struct odmm_net *odn,
			    const struct odmm_rtnl_news *news,
			    struct odmm_prefix_spec *spec)
{
	spec->len = odmm_adopt_len(odn, news);
	ipv6_addr_prefix(&spec->prefix, &news->addr, spec->len);
	spec->type = news->proto - ODMM_IFAPROT(ODMM_TYPE_NONE);
	spec->ifindex = news->ifindex;
	/* Duplicates are looked for on links only. */
	if (news->flags & IFA_F_NODAD)
		spec->home = news->ifindex;
	else
		spec->flags = ODMM_PREFIX_F_ONLINK;
	spec->valid_until = odmm_lifetime_end(odmm_now(), news->valid_lft);
	/* Its address is deprecated in any case, so that does not tell. */
	spec->preferred_until = spec->valid_until;
	spec->origin = "address";
	spec->tagged = news;
}

/* The address may have gone since it was heard of. */
static bool odmm_adopt_is_there(struct odmm_net *odn,
				const struct odmm_rtnl_news *news)
{
	const struct net_device *dev;
	bool there;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(odn->net, news->ifindex);
	there = dev && ipv6_chk_addr_and_flags(odn->net, &news->addr, dev,
					       false, 1, 0);
	rcu_read_unlock();
	return there;
}

/* For the worker of the addresses; may sleep. */
void odmm_adopt(struct odmm_net *odn, const struct odmm_rtnl_news *news)
{
	struct netlink_ext_ack extack = {};
	struct odmm_prefix_spec spec = { .extack = &extack };
	int err;

	if (!odmm_adopt_is_there(odn, news))
		return;
	odmm_adopt_spec(odn, news, &spec);
	spin_lock(&odn->lock);
	err = odmm_prefix_add(odn, &spec, NULL);
	odmm_count(odn, err ? ODMM_STAT_ADOPT_REFUSED : ODMM_STAT_ADOPTED);
	spin_unlock(&odn->lock);
	if (err && extack._msg)
		net_info_ratelimited("%s: tagged address %pI6c is left alone\n",
				     extack._msg, &news->addr);
}
