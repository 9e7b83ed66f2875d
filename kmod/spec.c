// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a prefix can be as somebody wants it, and where it would be. Called
 * with the net lock held: an interface that is found here is removed, if it
 * is, after the lock is let go, and odmm_prefix_link_gone() then finds its
 * prefixes.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>

#include "lifetime.h"
#include "odmm.h"

/*
 * Linux takes no address from a router advertisement once an interface has 16
 * of any kind; half of them are left to it.
 */
#define ODMM_ONLINK_MAX		8

/* Says what is wrong and with which attribute, if with one; the error. */
#define ODMM_REFUSE(spec, err, attr, msg) ({		\
	struct odmm_prefix_spec *__spec = (spec);	\
							\
	__spec->culprit = (attr);			\
	NL_SET_ERR_MSG_MOD(__spec->extack, msg);	\
	-(err);						\
})

static int odmm_spec_addr(struct odmm_prefix_spec *spec)
{
	int type = ipv6_addr_type(&spec->prefix);
	struct in6_addr masked;

	ipv6_addr_prefix(&masked, &spec->prefix, spec->len);
	if (!ipv6_addr_equal(&masked, &spec->prefix))
		return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_PREFIX,
				   "bits are set behind the prefix length");
	/* Up to /64, loopback and IPv4-mapped prefixes are :: */
	if (type & (IPV6_ADDR_MULTICAST | IPV6_ADDR_LINKLOCAL) ||
	    type == IPV6_ADDR_ANY)
		return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_PREFIX,
				   "not a prefix of global unicast addresses");
	return 0;
}

static int odmm_spec_table(struct odmm_net *odn, struct odmm_prefix_spec *spec)
{
	const struct odmm_prefix *p;

	if (odn->n_prefixes >= odn->policy.prefixes_max)
		return ODMM_REFUSE(spec, ENOSPC, 0,
				   "policy allows no more prefixes, see prefixes-max");
	if (odmm_prefix_find(odn, &spec->prefix, spec->len))
		return ODMM_REFUSE(spec, EEXIST, ODMM_A_PREFIX_PREFIX,
				   "prefix exists");
	p = odmm_prefix_overlapping(odn, &spec->prefix, spec->len);
	if (!p)
		return 0;
	if (p->address.type == spec->type)
		return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_PREFIX,
				   "overlaps with another prefix");
	return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_PREFIX,
			   "overlaps with a prefix of another type");
}

static u32 odmm_spec_onlinks(struct odmm_net *odn, int ifindex)
{
	struct odmm_prefix *p = NULL;
	u32 n = 0;

	while ((p = odmm_prefix_next(odn, p)))
		n += p->address.onlink && p->address.target == ifindex;
	return n;
}

static int odmm_spec_room(struct odmm_net *odn, struct odmm_prefix_spec *spec)
{
	if (odmm_spec_onlinks(odn, spec->ifindex) < ODMM_ONLINK_MAX)
		return 0;
	return ODMM_REFUSE(spec, ENOSPC, ODMM_A_PREFIX_IFINDEX,
			   "interface has 8 typed on-link addresses; more would keep it from router advertisements");
}

static int odmm_spec_onlink(struct odmm_net *odn, struct odmm_prefix_spec *spec)
{
	/* What is on the link already takes no room from anybody. */
	if (!(spec->flags & ODMM_PREFIX_F_ONLINK) || spec->tagged)
		return 0;
	if (spec->home)
		return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_HOME,
				   "an on-link prefix lives on its link, not on a home interface");
	return odmm_spec_room(odn, spec);
}

int odmm_spec_check_lft(struct odmm_prefix_spec *spec)
{
	if (ktime_after(spec->preferred_until, spec->valid_until))
		return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_PREFERRED_LFT,
				   "preferred lifetime is longer than the valid one");
	return 0;
}

/* All but the interfaces. */
int odmm_spec_check(struct odmm_net *odn, struct odmm_prefix_spec *spec)
{
	if (odmm_lifetime_is_over(spec->preferred_until))
		return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_PREFERRED_LFT,
				   "a prefix with preferred lifetime 0 would serve nobody");
	return odmm_spec_addr(spec) ?:
	       odmm_spec_check_lft(spec) ?:
	       odmm_spec_table(odn, spec) ?:
	       odmm_spec_onlink(odn, spec);
}

/* Under RCU. The device that will carry the address, or NULL. */
static struct net_device *odmm_spec_home(struct odmm_net *odn,
					 const struct odmm_prefix_spec *spec,
					 int vrf)
{
	if (spec->flags & ODMM_PREFIX_F_ONLINK)
		return dev_get_by_index_rcu(odn->net, spec->ifindex);
	if (spec->home)
		return dev_get_by_index_rcu(odn->net, spec->home);
	if (vrf)
		return dev_get_by_index_rcu(odn->net, vrf);
	return odn->net->loopback_dev;
}

static int odmm_spec_check_home(struct odmm_prefix_spec *spec,
				const struct net_device *home, int vrf)
{
	const struct inet6_dev *idev;

	if (!home)
		return ODMM_REFUSE(spec, ENODEV, ODMM_A_PREFIX_HOME,
				   "no such home interface");
	if (l3mdev_master_ifindex_rcu(home) != vrf)
		return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_HOME,
				   "home interface is in another VRF");
	if (spec->tagged)
		return 0;
	if (!(home->flags & IFF_UP))
		return ODMM_REFUSE(spec, ENETDOWN, 0,
				   "interface that is to carry the address is down");
	idev = __in6_dev_get(home);
	if (!idev || idev->cnf.disable_ipv6)
		return ODMM_REFUSE(spec, EADDRNOTAVAIL, 0,
				   "IPv6 is disabled on the interface that is to carry the address");
	return 0;
}

static int odmm_spec_locate_rcu(struct odmm_net *odn,
				struct odmm_prefix_spec *spec,
				struct odmm_prefix *p)
{
	const struct net_device *dev, *home;
	int err;

	dev = dev_get_by_index_rcu(odn->net, spec->ifindex);
	if (!dev)
		return ODMM_REFUSE(spec, ENODEV, ODMM_A_PREFIX_IFINDEX,
				   "no such interface");
	p->vrf = l3mdev_master_ifindex_rcu(dev);
	home = odmm_spec_home(odn, spec, p->vrf);
	err = odmm_spec_check_home(spec, home, p->vrf);
	if (err)
		return err;

	/* By which interface an address on another one came is not to be seen. */
	p->ifindex = spec->tagged && !p->address.onlink ? 0 : dev->ifindex;
	p->address.target = home->ifindex;
	return 0;
}

/* Tells @p where it comes by and where its address will live. */
int odmm_spec_locate(struct odmm_net *odn, struct odmm_prefix_spec *spec,
		     struct odmm_prefix *p)
{
	int err;

	rcu_read_lock();
	err = odmm_spec_locate_rcu(odn, spec, p);
	rcu_read_unlock();
	return err;
}

static int odmm_spec_move_rcu(struct odmm_net *odn,
			      struct odmm_prefix_spec *spec,
			      struct odmm_prefix *p)
{
	const struct net_device *dev;
	int err = 0;
	bool moves;

	dev = dev_get_by_index_rcu(odn->net, spec->ifindex);
	if (!dev)
		return ODMM_REFUSE(spec, ENODEV, ODMM_A_PREFIX_IFINDEX,
				   "no such interface");
	if (l3mdev_master_ifindex_rcu(dev) != p->vrf)
		return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_IFINDEX,
				   "interface is in another VRF");
	moves = p->address.onlink && dev->ifindex != p->address.target;
	if (moves)
		err = odmm_spec_room(odn, spec) ?:
		      odmm_spec_check_home(spec, dev, p->vrf);
	if (!err)
		err = odmm_shelf_move(p, dev->ifindex);
	if (!err && moves)
		odmm_address_move(&p->address, dev->ifindex);
	return err;
}

/*
 * Tells @p that it comes by another interface from now on; the address of an
 * on-link prefix moves there.
 */
int odmm_spec_move(struct odmm_net *odn, struct odmm_prefix_spec *spec,
		   struct odmm_prefix *p)
{
	int err;

	rcu_read_lock();
	err = odmm_spec_move_rcu(odn, spec, p);
	rcu_read_unlock();
	return err;
}

/* Whether @p is an answer to a request. */
int odmm_spec_check_key(struct odmm_prefix_spec *spec,
			const struct odmm_prefix *p,
			const struct odmm_request_key *key)
{
	if (odmm_prefix_matches(p, key))
		return 0;
	if (spec->type != key->type)
		return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_TYPE,
				   "request is for another type");
	return ODMM_REFUSE(spec, EINVAL, ODMM_A_PREFIX_IFINDEX,
			   "request is for another interface");
}
