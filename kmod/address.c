// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of typed prefixes in the kernel's own IPv6 address table.
 *
 * Only the worker of the namespace touches that table, one address after the
 * other and with no lock held. Everybody else says what is wanted and marks
 * the address dirty; the worker then looks what is, does what is missing, and
 * tells the owner. The kernel's news (end of duplicate address detection,
 * somebody else's hand) only make it look: what they say is not relied on.
 */
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/sock.h>

#include "odmm.h"

/* IDGEN_RETRIES of RFC 7217 section 6, TEMP_IDGEN_RETRIES of RFC 8981. */
#define ODMM_CONFLICTS_MAX	3

/*
 * The kernel routes to a new address some time after it has acknowledged it,
 * and says nothing when it does.
 */
#define ODMM_ROUTE_POLL		NSEC_PER_MSEC

/* The end of duplicate address detection is news; this is if it gets lost. */
#define ODMM_DAD_POLL		NSEC_PER_SEC

/*
 * The kernel deletes an address half a second before its valid lifetime ends.
 * That is for us to do, and for the kernel only if we are not there any more.
 */
#define ODMM_VALID_MARGIN	2	/* seconds */

enum odmm_address_look {
	ODMM_LOOK_ABSENT,
	ODMM_LOOK_TENTATIVE,
	ODMM_LOOK_DUPLICATE,
	ODMM_LOOK_UNROUTED,
	ODMM_LOOK_USABLE,
};

static void odmm_address_mark(struct odmm_address *a)
{
	lockdep_assert_held(&a->odn->lock);
	if (!list_empty(&a->dirty))
		return;
	refcount_inc(&a->ref);
	list_add_tail(&a->dirty, &a->odn->dirty);
	queue_work(system_unbound_wq, &a->odn->address_work);
}

static void odmm_address_retry(struct odmm_net *odn, struct odmm_deadline *d)
{
	odmm_address_mark(container_of(d, struct odmm_address, retry));
}

static int odmm_address_cmp(const void *key, const struct rb_node *node)
{
	const struct odmm_address *a;

	a = rb_entry(node, struct odmm_address, node);
	return memcmp(key, &a->addr, sizeof(a->addr));
}

static bool odmm_address_less(struct rb_node *node,
			      const struct rb_node *parent)
{
	return odmm_address_cmp(&rb_entry(node, struct odmm_address, node)->addr,
				parent) < 0;
}

static bool odmm_address_has(const struct odmm_address *a,
			     const struct net_device *dev, u32 banned)
{
	return ipv6_chk_addr_and_flags(a->odn->net, &a->addr, dev, false, 1,
				       banned);
}

static bool odmm_address_routed(const struct odmm_address *a)
{
	struct net *net = a->odn->net;
	struct flowi6 fl6 = {
		.daddr = a->addr,
		.flowi6_oif = l3mdev_master_ifindex_by_index(net, a->ifindex),
	};
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);
	bool local;

	local = !dst->error &&
		container_of(dst, struct rt6_info, dst)->rt6i_flags & RTF_LOCAL;
	dst_release(dst);
	return local;
}

static enum odmm_address_look odmm_address_look(const struct odmm_address *a)
{
	enum odmm_address_look look = ODMM_LOOK_USABLE;
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(a->odn->net, a->ifindex);
	if (!dev || !odmm_address_has(a, dev, 0))
		look = ODMM_LOOK_ABSENT;
	else if (!odmm_address_has(a, dev, IFA_F_DADFAILED))
		look = ODMM_LOOK_DUPLICATE;
	else if (!odmm_address_has(a, dev, IFA_F_TENTATIVE | IFA_F_OPTIMISTIC))
		look = ODMM_LOOK_TENTATIVE;
	rcu_read_unlock();

	if (look == ODMM_LOOK_USABLE && !odmm_address_routed(a))
		look = ODMM_LOOK_UNROUTED;
	return look;
}

static void odmm_address_tell(struct odmm_address *a,
			      enum odmm_address_news news)
{
	spin_lock(&a->odn->lock);
	/* The owner may have lost interest while the worker was at work. */
	if (a->wanted) {
		a->usable = news == ODMM_ADDRESS_USABLE;
		a->ops->settled(a, news);
	}
	spin_unlock(&a->odn->lock);
}

static void odmm_address_look_again(struct odmm_address *a, u64 ns)
{
	spin_lock(&a->odn->lock);
	if (a->wanted)
		odmm_deadline_set(a->odn, &a->retry,
				  ktime_add_ns(ktime_get_boottime(), ns));
	spin_unlock(&a->odn->lock);
}

static void odmm_address_insert(struct odmm_address *a, bool insert)
{
	spin_lock(&a->odn->lock);
	if (insert)
		rb_add(&a->node, &a->odn->addresses, odmm_address_less);
	else
		rb_erase(&a->node, &a->odn->addresses);
	a->made = insert;
	spin_unlock(&a->odn->lock);
}

/* Puts it into the kernel's table, or renews it there. */
static int odmm_address_write(const struct odmm_address *a, u32 valid_lft)
{
	if (valid_lft < ODMM_LFT_INFINITY - ODMM_VALID_MARGIN)
		valid_lft += ODMM_VALID_MARGIN;
	return odmm_rtnl_add_address(a, valid_lft);
}

static int odmm_address_create(struct odmm_address *a, u32 valid_lft)
{
	int err;

	odmm_iid_make(a, &a->addr);
	err = odmm_address_write(a, valid_lft);
	if (!err && !a->onlink)
		err = odmm_rtnl_add_unreachable(a);
	return err;
}

/* It may be gone already, and so may the interface. */
static void odmm_address_destroy(struct odmm_address *a)
{
	odmm_address_insert(a, false);
	odmm_rtnl_del_address(a);
	if (!a->onlink)
		odmm_rtnl_del_unreachable(a);
}

static void odmm_address_conflict(struct odmm_address *a)
{
	odmm_address_destroy(a);

	spin_lock(&a->odn->lock);
	odmm_count(a->odn, ODMM_STAT_DAD_FAILED);
	if (++a->conflicts <= ODMM_CONFLICTS_MAX)
		odmm_address_mark(a);
	spin_unlock(&a->odn->lock);

	if (a->conflicts > ODMM_CONFLICTS_MAX)
		odmm_address_tell(a, ODMM_ADDRESS_FAILED);
}

/* What is, for an address that should be. */
static void odmm_address_check(struct odmm_address *a)
{
	switch (odmm_address_look(a)) {
	case ODMM_LOOK_USABLE:
		if (!a->usable)
			odmm_address_tell(a, ODMM_ADDRESS_USABLE);
		break;
	case ODMM_LOOK_UNROUTED:
		if (!a->usable)
			odmm_address_look_again(a, ODMM_ROUTE_POLL);
		break;
	case ODMM_LOOK_TENTATIVE:
		odmm_address_look_again(a, ODMM_DAD_POLL);
		break;
	case ODMM_LOOK_DUPLICATE:
		odmm_address_conflict(a);
		break;
	case ODMM_LOOK_ABSENT:
		/* The kernel itself deletes a duplicate of finite lifetime. */
		if (!a->usable && a->onlink)
			odmm_address_conflict(a);
		else
			odmm_address_tell(a, ODMM_ADDRESS_LOST);
		break;
	}
}

static void odmm_address_settle(struct odmm_address *a)
{
	bool wanted, stale;
	u32 valid_lft;
	int err = 0;

	spin_lock(&a->odn->lock);
	wanted = a->wanted;
	stale = a->stale;
	a->stale = false;
	valid_lft = a->valid_lft;
	spin_unlock(&a->odn->lock);

	if (!wanted) {
		if (a->made)
			odmm_address_destroy(a);
		return;
	}

	if (!a->made) {
		err = odmm_address_create(a, valid_lft);
		odmm_address_insert(a, true);
	} else if (stale && odmm_address_look(a) != ODMM_LOOK_ABSENT) {
		err = odmm_address_write(a, valid_lft);
	}

	if (err)
		odmm_address_tell(a, ODMM_ADDRESS_FAILED);
	else
		odmm_address_check(a);
}

static struct odmm_address *odmm_address_next(struct odmm_net *odn)
{
	struct odmm_address *a;

	spin_lock(&odn->lock);
	a = list_first_entry_or_null(&odn->dirty, struct odmm_address, dirty);
	if (a)
		list_del_init(&a->dirty);
	spin_unlock(&odn->lock);
	return a;
}

static void odmm_address_mark_all(struct odmm_net *odn)
{
	struct rb_node *node;

	spin_lock(&odn->lock);
	for (node = rb_first(&odn->addresses); node; node = rb_next(node))
		odmm_address_mark(rb_entry(node, struct odmm_address, node));
	spin_unlock(&odn->lock);
}

static void odmm_address_mark_one(struct odmm_net *odn,
				  const struct in6_addr *addr)
{
	struct rb_node *node;

	spin_lock(&odn->lock);
	node = rb_find(addr, &odn->addresses, odmm_address_cmp);
	if (node)
		odmm_address_mark(rb_entry(node, struct odmm_address, node));
	spin_unlock(&odn->lock);
}

static void odmm_address_hear(struct odmm_net *odn)
{
	struct in6_addr addr;
	int news;

	while ((news = odmm_rtnl_news(odn, &addr)) != -EAGAIN) {
		if (news == 1)
			odmm_address_mark_one(odn, &addr);
		else if (news < 0)
			odmm_address_mark_all(odn);
	}
}

static void odmm_address_run(struct work_struct *work)
{
	struct odmm_net *odn = container_of(work, struct odmm_net,
					    address_work);
	struct odmm_address *a;

	odmm_address_hear(odn);
	while ((a = odmm_address_next(odn))) {
		odmm_address_settle(a);
		odmm_address_put(a);
		cond_resched();
	}
}

/* Any context. */
static void odmm_address_ready(struct sock *sk)
{
	struct odmm_net *odn = sk->sk_user_data;

	queue_work(system_unbound_wq, &odn->address_work);
}

/*
 * Has the worker make @a; odn, ops, ref, prefix, prefix_len, type, onlink,
 * ifindex and valid_lft are set.
 */
void odmm_address_make(struct odmm_address *a)
{
	INIT_LIST_HEAD(&a->dirty);
	odmm_deadline_init(&a->retry, odmm_address_retry);
	a->wanted = true;
	odmm_address_mark(a);
}

/* Has the worker tell the kernel a new lifetime, in seconds. */
void odmm_address_refresh(struct odmm_address *a, u32 valid_lft)
{
	a->valid_lft = valid_lft;
	a->stale = true;
	odmm_address_mark(a);
}

/* Has the worker take it away again. The owner hears no more of it. */
void odmm_address_unmake(struct odmm_address *a)
{
	a->wanted = false;
	odmm_deadline_clear(a->odn, &a->retry);
	odmm_address_mark(a);
}

void odmm_address_put(struct odmm_address *a)
{
	if (refcount_dec_and_test(&a->ref))
		a->ops->release(a);
}

int odmm_address_init(struct odmm_net *odn)
{
	odn->addresses = RB_ROOT;
	INIT_LIST_HEAD(&odn->dirty);
	INIT_WORK(&odn->address_work, odmm_address_run);
	return odmm_rtnl_open(odn, odmm_address_ready);
}

/*
 * The owners are gone. The addresses stay in the kernel's table: connections
 * that use them go on without us.
 */
void odmm_address_exit(struct odmm_net *odn)
{
	struct odmm_address *a;

	odmm_rtnl_close_news(odn);
	cancel_work_sync(&odn->address_work);
	while ((a = odmm_address_next(odn)))
		odmm_address_put(a);
	odmm_rtnl_close(odn);
}
