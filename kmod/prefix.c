// SPDX-License-Identifier: GPL-2.0
/*
 * The table of typed prefixes: tentative -> active -> deprecated -> gone.
 *
 * All here is called with the net lock held, but for init and exit.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>

#include "odmm.h"

/*
 * Linux takes no address from a router advertisement once an interface has 16
 * of any kind; half of them are left to it.
 */
#define ODMM_ONLINK_MAX		8

/* Whoever is root in a namespace of his own must not eat the memory of all. */
#define ODMM_PREFIXES_MAX	16384

/* Says what is wrong and with which attribute, if with one. */
#define ODMM_PREFIX_SAY(spec, extack, attr, msg) do {	\
	(spec)->culprit = (attr);			\
	NL_SET_ERR_MSG_MOD(extack, msg);		\
} while (0)

static struct odmm_prefix *odmm_prefix_of(struct odmm_address *a)
{
	return container_of(a, struct odmm_prefix, address);
}

static struct odmm_prefix *odmm_prefix_entry(const struct rb_node *node)
{
	return node ? rb_entry(node, struct odmm_prefix, node) : NULL;
}

/* 0 if they overlap; known prefixes do not, so any order serves to find one. */
static int odmm_prefix_cmp(const struct in6_addr *prefix, u32 len,
			   const struct odmm_prefix *p)
{
	if (ipv6_prefix_equal(prefix, &p->address.prefix,
			      min_t(u32, len, p->address.prefix_len)))
		return 0;
	return memcmp(prefix, &p->address.prefix, sizeof(*prefix));
}

/* Where @prefix is, or would have to be linked. */
static struct rb_node **odmm_prefix_place(struct odmm_net *odn,
					  const struct in6_addr *prefix,
					  u32 len, struct rb_node **parent)
{
	struct rb_node **link = &odn->prefixes.rb_node;
	int cmp;

	lockdep_assert_held(&odn->lock);
	*parent = NULL;
	while (*link) {
		cmp = odmm_prefix_cmp(prefix, len, odmm_prefix_entry(*link));
		if (!cmp)
			break;
		*parent = *link;
		link = cmp < 0 ? &(*link)->rb_left : &(*link)->rb_right;
	}
	return link;
}

struct odmm_prefix *odmm_prefix_find(struct odmm_net *odn,
				     const struct in6_addr *prefix, u32 len)
{
	struct rb_node *parent;
	struct odmm_prefix *p;

	p = odmm_prefix_entry(*odmm_prefix_place(odn, prefix, len, &parent));
	if (!p || p->address.prefix_len != len ||
	    !ipv6_addr_equal(&p->address.prefix, prefix))
		return NULL;
	return p;
}

/* The first one behind @prefix, or of all if that is NULL. */
struct odmm_prefix *odmm_prefix_after(struct odmm_net *odn,
				      const struct in6_addr *prefix)
{
	struct rb_node *node = odn->prefixes.rb_node;
	struct odmm_prefix *p, *found = NULL;

	lockdep_assert_held(&odn->lock);
	while (node) {
		p = odmm_prefix_entry(node);
		if (!prefix || memcmp(prefix, &p->address.prefix,
				      sizeof(*prefix)) < 0) {
			found = p;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

/*
 * A socket that is bound to no interface does not reach into a VRF, one that
 * is bound to the VRF is served by each of its interfaces.
 */
bool odmm_prefix_matches(const struct odmm_prefix *p,
			 const struct odmm_request_key *key)
{
	if (p->address.type != key->type)
		return false;
	if (!key->ifindex)
		return !p->vrf;
	return key->ifindex == p->ifindex || key->ifindex == p->vrf;
}

static struct odmm_prefix *odmm_prefix_first(struct list_head *list,
					     const struct odmm_request_key *key)
{
	struct odmm_prefix *p;

	list_for_each_entry(p, list, serving)
		if (odmm_prefix_matches(p, key))
			return p;
	return NULL;
}

/* The newest that serves such a request at once, or NULL. */
struct odmm_prefix *odmm_prefix_best(struct odmm_net *odn,
				     const struct odmm_request_key *key)
{
	lockdep_assert_held(&odn->lock);
	return odmm_prefix_first(&odn->active[key->type], key);
}

/* Whether one that would serve it only waits for its address. */
bool odmm_prefix_coming(struct odmm_net *odn,
			const struct odmm_request_key *key)
{
	lockdep_assert_held(&odn->lock);
	return odmm_prefix_first(&odn->coming[key->type], key);
}

/* Counts a session that uses it from now on. */
void odmm_prefix_hold(struct odmm_prefix *p)
{
	lockdep_assert_held(&p->address.odn->lock);
	odmm_prefix_get(p);
	p->sessions++;
}

void odmm_prefix_unhold(struct odmm_prefix *p)
{
	lockdep_assert_held(&p->address.odn->lock);
	p->sessions--;
	odmm_prefix_put(p);
}

void odmm_prefix_put(struct odmm_prefix *p)
{
	odmm_address_put(&p->address);
}

static void odmm_prefix_release(struct odmm_address *a)
{
	kfree_rcu(odmm_prefix_of(a), rcu);
}

static ktime_t odmm_prefix_until(u32 lft)
{
	if (lft == ODMM_LFT_INFINITY)
		return KTIME_MAX;
	return ktime_add(ktime_get_boottime(), ktime_set(lft, 0));
}

/* Seconds left, rounded up: 0 is over. */
u32 odmm_prefix_lft(ktime_t until)
{
	s64 left;

	if (until == KTIME_MAX)
		return ODMM_LFT_INFINITY;
	left = ktime_to_ns(ktime_sub(until, ktime_get_boottime()));
	return left > 0 ? DIV_ROUND_UP_ULL(left, NSEC_PER_SEC) : 0;
}

static bool odmm_prefix_is_over(ktime_t until)
{
	return until != KTIME_MAX &&
	       !ktime_after(until, ktime_get_boottime());
}

static void odmm_prefix_state(struct odmm_prefix *p,
			      enum odmm_prefix_state state)
{
	struct odmm_net *odn = p->address.odn;

	p->state = state;
	list_del_init(&p->serving);
	if (state == ODMM_PREFIX_ACTIVE && !(p->flags & ODMM_PREFIX_F_EXCLUSIVE))
		list_add(&p->serving, &odn->active[p->address.type]);
	if (state == ODMM_PREFIX_TENTATIVE)
		list_add(&p->serving, &odn->coming[p->address.type]);
	odmm_event_prefix(p);
}

static void odmm_prefix_arm(struct odmm_prefix *p)
{
	ktime_t next = p->preferred_until;

	if (odmm_prefix_is_over(next))
		next = p->valid_until;
	odmm_deadline_clear(p->address.odn, &p->expiry);
	if (next != KTIME_MAX)
		odmm_deadline_set(p->address.odn, &p->expiry, next);
}

/* Takes it out of the table; those who hold it see that it is gone. */
static void odmm_prefix_unlink(struct odmm_prefix *p)
{
	rb_erase(&p->node, &p->address.odn->prefixes);
	p->address.odn->n_prefixes--;
	odmm_deadline_clear(p->address.odn, &p->expiry);
}

void odmm_prefix_remove(struct odmm_prefix *p)
{
	bool awaited = p->state == ODMM_PREFIX_TENTATIVE;

	lockdep_assert_held(&p->address.odn->lock);
	odmm_prefix_unlink(p);
	odmm_address_unmake(&p->address);
	odmm_prefix_state(p, ODMM_PREFIX_GONE);
	if (awaited)
		p->address.odn->on_prefix(p);
	odmm_prefix_put(p);
}

static void odmm_prefix_expire(struct odmm_net *odn, struct odmm_deadline *d)
{
	struct odmm_prefix *p = container_of(d, struct odmm_prefix, expiry);

	if (odmm_prefix_is_over(p->valid_until)) {
		odmm_prefix_remove(p);
		return;
	}
	if (p->state == ODMM_PREFIX_ACTIVE)
		odmm_prefix_state(p, ODMM_PREFIX_DEPRECATED);
	odmm_prefix_arm(p);
}

static void odmm_prefix_usable(struct odmm_prefix *p)
{
	bool over = odmm_prefix_is_over(p->preferred_until);

	odmm_prefix_state(p, over ? ODMM_PREFIX_DEPRECATED :
				    ODMM_PREFIX_ACTIVE);
	p->address.odn->on_prefix(p);
}

static void odmm_prefix_settled(struct odmm_address *a,
				enum odmm_address_news news)
{
	struct odmm_prefix *p = odmm_prefix_of(a);

	switch (news) {
	case ODMM_ADDRESS_USABLE:
		odmm_prefix_usable(p);
		break;
	case ODMM_ADDRESS_LOST:
		odmm_count(a->odn, ODMM_STAT_PREFIXES_LOST);
		fallthrough;
	case ODMM_ADDRESS_FAILED:
		odmm_prefix_remove(p);
		break;
	}
}

static const struct odmm_address_ops odmm_prefix_address_ops = {
	.settled = odmm_prefix_settled,
	.release = odmm_prefix_release,
};

static int odmm_prefix_check_addr(struct odmm_prefix_spec *spec,
				  struct netlink_ext_ack *extack)
{
	int type = ipv6_addr_type(&spec->prefix);
	struct in6_addr masked;

	ipv6_addr_prefix(&masked, &spec->prefix, spec->len);
	if (!ipv6_addr_equal(&masked, &spec->prefix)) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_PREFIX,
				"bits are set behind the prefix length");
		return -EINVAL;
	}
	/* Up to /64, loopback and IPv4-mapped prefixes are :: */
	if (type & (IPV6_ADDR_MULTICAST | IPV6_ADDR_LINKLOCAL) ||
	    type == IPV6_ADDR_ANY) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_PREFIX,
				"not a prefix of global unicast addresses");
		return -EINVAL;
	}
	return 0;
}

static int odmm_prefix_check_lft(struct odmm_prefix_spec *spec,
				 struct netlink_ext_ack *extack)
{
	if (spec->preferred_lft <= spec->valid_lft)
		return 0;
	ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_PREFERRED_LFT,
			"preferred lifetime is longer than the valid one");
	return -EINVAL;
}

static int odmm_prefix_check_table(struct odmm_net *odn,
				   struct odmm_prefix_spec *spec,
				   struct netlink_ext_ack *extack)
{
	struct odmm_prefix *p;
	struct rb_node *parent;

	if (odn->n_prefixes >= ODMM_PREFIXES_MAX) {
		ODMM_PREFIX_SAY(spec, extack, 0,
				"too many prefixes");
		return -ENOSPC;
	}
	if (odmm_prefix_find(odn, &spec->prefix, spec->len)) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_PREFIX,
				"prefix exists");
		return -EEXIST;
	}
	p = odmm_prefix_entry(*odmm_prefix_place(odn, &spec->prefix, spec->len,
						 &parent));
	if (!p)
		return 0;
	if (p->address.type == spec->type)
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_PREFIX,
				"overlaps with another prefix");
	else
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_PREFIX,
				"overlaps with a prefix of another type");
	return -EINVAL;
}

static u32 odmm_prefix_onlinks(struct odmm_net *odn, int ifindex)
{
	struct rb_node *node;
	u32 n = 0;

	for (node = rb_first(&odn->prefixes); node; node = rb_next(node)) {
		struct odmm_prefix *p = odmm_prefix_entry(node);

		n += p->address.onlink && p->address.ifindex == ifindex;
	}
	return n;
}

static int odmm_prefix_check_onlink(struct odmm_net *odn,
				    struct odmm_prefix_spec *spec,
				    struct netlink_ext_ack *extack)
{
	if (!(spec->flags & ODMM_PREFIX_F_ONLINK))
		return 0;
	if (spec->home) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_HOME,
				"an on-link prefix lives on its link, not on a home interface");
		return -EINVAL;
	}
	if (odmm_prefix_onlinks(odn, spec->ifindex) >= ODMM_ONLINK_MAX) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_IFINDEX,
				"interface has 8 typed on-link addresses; more would keep it from router advertisements");
		return -ENOSPC;
	}
	return 0;
}

/* Under RCU. The device that will carry the address, or NULL. */
static struct net_device *odmm_prefix_home(struct odmm_net *odn,
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

static int odmm_prefix_check_home(const struct net_device *home, int vrf,
				  struct odmm_prefix_spec *spec,
				  struct netlink_ext_ack *extack)
{
	struct inet6_dev *idev;

	if (!home) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_HOME,
				"no such home interface");
		return -ENODEV;
	}
	if (l3mdev_master_ifindex_rcu(home) != vrf) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_HOME,
				"home interface is in another VRF");
		return -EINVAL;
	}
	if (!(home->flags & IFF_UP)) {
		ODMM_PREFIX_SAY(spec, extack, 0,
				"interface that is to carry the address is down");
		return -ENETDOWN;
	}
	idev = __in6_dev_get(home);
	if (!idev || idev->cnf.disable_ipv6) {
		ODMM_PREFIX_SAY(spec, extack, 0,
				"IPv6 is disabled on the interface that is to carry the address");
		return -EADDRNOTAVAIL;
	}
	return 0;
}

/* Under RCU. Sets where the prefix comes by and where its address will live. */
static int odmm_prefix_locate(struct odmm_net *odn, struct odmm_prefix *p,
			      struct odmm_prefix_spec *spec,
			      struct netlink_ext_ack *extack)
{
	struct net_device *dev, *home;
	int err;

	dev = dev_get_by_index_rcu(odn->net, spec->ifindex);
	if (!dev) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_IFINDEX,
				"no such interface");
		return -ENODEV;
	}
	p->vrf = l3mdev_master_ifindex_rcu(dev);
	home = odmm_prefix_home(odn, spec, p->vrf);
	err = odmm_prefix_check_home(home, p->vrf, spec, extack);
	if (err)
		return err;

	p->ifindex = dev->ifindex;
	p->address.ifindex = home->ifindex;
	return 0;
}

static void odmm_prefix_fill(struct odmm_net *odn, struct odmm_prefix *p,
			     const struct odmm_prefix_spec *spec)
{
	struct odmm_address *a = &p->address;

	a->odn = odn;
	a->ops = &odmm_prefix_address_ops;
	refcount_set(&a->ref, 1);
	a->prefix = spec->prefix;
	a->prefix_len = spec->len;
	a->type = spec->type;
	a->onlink = spec->flags & ODMM_PREFIX_F_ONLINK;
	a->valid_lft = spec->valid_lft;

	INIT_LIST_HEAD(&p->serving);
	odmm_deadline_init(&p->expiry, odmm_prefix_expire);
	p->preferred_until = odmm_prefix_until(spec->preferred_lft);
	p->valid_until = odmm_prefix_until(spec->valid_lft);
	p->cookie = spec->cookie;
	p->flags = spec->flags;
	strscpy(p->origin, spec->origin, sizeof(p->origin));
}

static void odmm_prefix_link(struct odmm_net *odn, struct odmm_prefix *p)
{
	struct rb_node *parent, **link;

	link = odmm_prefix_place(odn, &p->address.prefix,
				 p->address.prefix_len, &parent);
	rb_link_node(&p->node, parent, link);
	rb_insert_color(&p->node, &odn->prefixes);
	odn->n_prefixes++;
}

static int odmm_prefix_check(struct odmm_net *odn,
			     struct odmm_prefix_spec *spec,
			     struct netlink_ext_ack *extack)
{
	if (!spec->preferred_lft) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_PREFERRED_LFT,
				"a prefix with preferred lifetime 0 would serve nobody");
		return -EINVAL;
	}
	return odmm_prefix_check_addr(spec, extack) ?:
	       odmm_prefix_check_lft(spec, extack) ?:
	       odmm_prefix_check_table(odn, spec, extack) ?:
	       odmm_prefix_check_onlink(odn, spec, extack);
}

/*
 * Adds a prefix, whose address the worker then makes. An interface that is
 * found here is removed, if it is, after the lock is let go: its prefixes are
 * then found by odmm_prefix_link_gone().
 */
struct odmm_prefix *odmm_prefix_add(struct odmm_net *odn,
				    struct odmm_prefix_spec *spec,
				    struct netlink_ext_ack *extack)
{
	struct odmm_prefix *p;
	int err;

	lockdep_assert_held(&odn->lock);
	err = odmm_prefix_check(odn, spec, extack);
	if (err)
		return ERR_PTR(err);

	p = kzalloc(sizeof(*p), GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN);
	if (!p)
		return ERR_PTR(-ENOMEM);
	odmm_prefix_fill(odn, p, spec);

	rcu_read_lock();
	err = odmm_prefix_locate(odn, p, spec, extack);
	rcu_read_unlock();
	if (err) {
		kfree(p);
		return ERR_PTR(err);
	}

	odmm_prefix_link(odn, p);
	odmm_prefix_state(p, ODMM_PREFIX_TENTATIVE);
	odmm_prefix_arm(p);
	odmm_address_make(&p->address);
	return p;
}

static int odmm_prefix_rehome(struct odmm_net *odn, struct odmm_prefix *p,
			      struct odmm_prefix_spec *spec,
			      struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	int err = 0;

	if (p->address.onlink) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_IFINDEX,
				"an on-link prefix stays on its link");
		return -EOPNOTSUPP;
	}
	rcu_read_lock();
	dev = dev_get_by_index_rcu(odn->net, spec->ifindex);
	if (!dev) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_IFINDEX,
				"no such interface");
		err = -ENODEV;
	} else if (l3mdev_master_ifindex_rcu(dev) != p->vrf) {
		ODMM_PREFIX_SAY(spec, extack, ODMM_A_PREFIX_IFINDEX,
				"interface is in another VRF");
		err = -EINVAL;
	} else {
		p->ifindex = spec->ifindex;
	}
	rcu_read_unlock();
	return err;
}

/* A deprecated prefix may become preferred again (RFC 4862 section 5.5.3). */
static void odmm_prefix_prefer(struct odmm_prefix *p)
{
	bool over = odmm_prefix_is_over(p->preferred_until);

	if (over && p->state == ODMM_PREFIX_ACTIVE)
		odmm_prefix_state(p, ODMM_PREFIX_DEPRECATED);
	else if (!over && p->state == ODMM_PREFIX_DEPRECATED)
		odmm_prefix_usable(p);
	else
		odmm_event_prefix(p);
}

/* Sets the lifetimes, and the access interface if @spec has one. */
int odmm_prefix_change(struct odmm_net *odn, struct odmm_prefix *p,
		       struct odmm_prefix_spec *spec,
		       struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&odn->lock);
	err = odmm_prefix_check_lft(spec, extack);
	if (!err && spec->ifindex)
		err = odmm_prefix_rehome(odn, p, spec, extack);
	if (err)
		return err;

	p->preferred_until = odmm_prefix_until(spec->preferred_lft);
	p->valid_until = odmm_prefix_until(spec->valid_lft);
	odmm_prefix_arm(p);
	odmm_address_refresh(&p->address, spec->valid_lft);
	odmm_prefix_prefer(p);
	return 0;
}

/*
 * On-link prefixes go with their link. Of a routed one the link may come and
 * go, unless it is its home.
 */
void odmm_prefix_link_gone(struct odmm_net *odn, int ifindex)
{
	struct rb_node *node, *next;
	struct odmm_prefix *p;

	lockdep_assert_held(&odn->lock);
	for (node = rb_first(&odn->prefixes); node; node = next) {
		next = rb_next(node);
		p = odmm_prefix_entry(node);
		if (p->address.ifindex == ifindex) {
			odmm_prefix_remove(p);
		} else if (p->ifindex == ifindex) {
			p->ifindex = 0;
			odmm_event_prefix(p);
		}
	}
}

void odmm_prefix_init(struct odmm_net *odn)
{
	int type;

	odn->prefixes = RB_ROOT;
	for (type = 0; type <= ODMM_TYPE_MAX; type++) {
		INIT_LIST_HEAD(&odn->coming[type]);
		INIT_LIST_HEAD(&odn->active[type]);
	}
}

/* Nobody waits or holds any more. The addresses are left as they are. */
void odmm_prefix_exit(struct odmm_net *odn)
{
	struct odmm_prefix *p;

	spin_lock(&odn->lock);
	while ((p = odmm_prefix_after(odn, NULL))) {
		odmm_prefix_unlink(p);
		odmm_deadline_clear(odn, &p->address.retry);
		p->address.wanted = false;
		list_del_init(&p->serving);
		odmm_prefix_put(p);
	}
	spin_unlock(&odn->lock);
}
