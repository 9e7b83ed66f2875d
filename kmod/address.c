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
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/sock.h>

#include "lifetime.h"
#include "compat.h"
#include "odmm.h"

/* IDGEN_RETRIES of RFC 7217 section 6, TEMP_IDGEN_RETRIES of RFC 8981. */
#define ODMM_CONFLICTS_MAX	3

/*
 * The kernel routes to a new address some time after it has acknowledged it,
 * and says nothing when it does.
 */
#define ODMM_LOOK_MIN		NSEC_PER_MSEC

/* The end of duplicate address detection is news; this is if it gets lost. */
#define ODMM_LOOK_MAX		NSEC_PER_SEC

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
	if (!list_empty(&a->dirty) || a->odn->closing)
		return;
	refcount_inc(&a->ref);
	list_add_tail(&a->dirty, &a->odn->dirty);
	queue_work(odmm_compat_unbound_wq, &a->odn->address_work);
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
		a->proven |= a->usable;
		a->ops->settled(a, news);
	}
	spin_unlock(&a->odn->lock);
}

static void odmm_address_look_in(struct odmm_address *a, u64 ns)
{
	spin_lock(&a->odn->lock);
	if (a->wanted)
		odmm_deadline_set(a->odn, &a->retry,
				  ktime_add_ns(odmm_now(), ns));
	spin_unlock(&a->odn->lock);
}

/* Soon, and then less and less often: the link may be down for long. */
static void odmm_address_look_again(struct odmm_address *a)
{
	odmm_address_look_in(a, a->delay);
	a->delay = min_t(u64, 2 * a->delay, ODMM_LOOK_MAX);
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
static int odmm_address_write(struct odmm_address *a)
{
	u32 valid_lft, preferred_lft;

	spin_lock(&a->odn->lock);
	a->stale = false;
	valid_lft = odmm_lifetime_left(a->valid_until);
	preferred_lft = odmm_lifetime_left(a->preferred_until);
	spin_unlock(&a->odn->lock);

	if (valid_lft < ODMM_LFT_INFINITY - ODMM_VALID_MARGIN)
		valid_lft += ODMM_VALID_MARGIN;
	a->delay = ODMM_LOOK_MIN;
	return odmm_rtnl_add_address(a, valid_lft, preferred_lft);
}

static int odmm_address_create(struct odmm_address *a)
{
	int err;

	odmm_iid_make(a, &a->addr);
	spin_lock(&a->odn->lock);
	a->ifindex = a->target;
	spin_unlock(&a->odn->lock);
	err = odmm_address_write(a);
	odmm_address_insert(a, true);
	return err;
}

/* It may be gone already, and so may the interface. */
static void odmm_address_destroy(struct odmm_address *a)
{
	if (a->proven)
		a->ops->leaving(a);
	odmm_address_insert(a, false);
	odmm_rtnl_del_address(a, a->ifindex);
	if (a->former)
		odmm_rtnl_del_address(a, a->former);
	/* Also one that an earlier module has left. */
	if (!a->onlink)
		odmm_rtnl_del_unreachable(a);
	a->fenced = false;
}

/* A duplicate. Those who use it already cannot change to another one. */
static void odmm_address_conflict(struct odmm_address *a)
{
	bool again;

	spin_lock(&a->odn->lock);
	odmm_count(a->odn, ODMM_STAT_DAD_FAILED);
	again = !a->proven && ++a->conflicts <= ODMM_CONFLICTS_MAX;
	spin_unlock(&a->odn->lock);

	if (!again) {
		odmm_address_tell(a, a->proven ? ODMM_ADDRESS_LOST :
						 ODMM_ADDRESS_FAILED);
		return;
	}
	odmm_address_destroy(a);
	spin_lock(&a->odn->lock);
	odmm_address_mark(a);
	spin_unlock(&a->odn->lock);
}

/* Somebody else took it away: put it back now, later, or not at all. */
static void odmm_address_missing(struct odmm_address *a)
{
	s64 delay;

	if (a->absent) {
		a->absent = false;
		if (odmm_address_write(a))
			odmm_address_tell(a, ODMM_ADDRESS_LOST);
		else
			odmm_address_look_again(a);
		return;
	}

	/*
	 * Let whoever is at it finish: with the interface go its prefixes, and
	 * then there is nothing to be put back.
	 */
	rtnl_lock();
	rtnl_unlock();
	delay = a->ops->missing(a);
	if (delay < 0) {
		odmm_address_tell(a, ODMM_ADDRESS_LOST);
		return;
	}
	spin_lock(&a->odn->lock);
	odmm_count(a->odn, ODMM_STAT_PUT_BACK);
	a->usable = false;
	spin_unlock(&a->odn->lock);
	a->absent = true;
	odmm_address_look_in(a, delay);
}

static void odmm_address_fence(struct odmm_address *a)
{
	if (!a->onlink && !a->fenced)
		a->fenced = !odmm_rtnl_add_unreachable(a);
}

/*
 * The rest of a routed prefix is kept from looping a moment later: those who
 * wait for the address go on first.
 */
static void odmm_address_usable(struct odmm_address *a)
{
	a->absent = false;
	if (a->former)
		odmm_rtnl_del_address(a, a->former);
	a->former = 0;
	if (!a->usable)
		odmm_address_tell(a, ODMM_ADDRESS_USABLE);
	else
		odmm_address_fence(a);
	if (!a->onlink && !a->fenced)
		odmm_address_look_again(a);
}

/* What is, for an address that should be. */
static void odmm_address_check(struct odmm_address *a)
{
	switch (odmm_address_look(a)) {
	case ODMM_LOOK_USABLE:
		odmm_address_usable(a);
		break;
	case ODMM_LOOK_UNROUTED:
		if (!a->usable)
			odmm_address_look_again(a);
		break;
	case ODMM_LOOK_TENTATIVE:
		odmm_address_look_again(a);
		break;
	case ODMM_LOOK_DUPLICATE:
		odmm_address_conflict(a);
		break;
	case ODMM_LOOK_ABSENT:
		/* The kernel itself deletes a duplicate of finite lifetime. */
		if (!a->proven && a->onlink)
			odmm_address_conflict(a);
		else
			odmm_address_missing(a);
		break;
	}
}

/*
 * Carries it to another interface. From the old one it is deleted when it can
 * be used on the new one: connections see no gap.
 */
static void odmm_address_carry(struct odmm_address *a)
{
	int from = a->ifindex;

	spin_lock(&a->odn->lock);
	a->ifindex = a->target;
	a->usable = false;
	spin_unlock(&a->odn->lock);
	/* On the way back it is still where it goes. */
	if (a->former && a->former != a->ifindex)
		odmm_rtnl_del_address(a, a->former);
	a->former = from;
	if (!odmm_address_write(a))
		return;

	/* It works where it is: better there than nowhere. */
	spin_lock(&a->odn->lock);
	a->ifindex = from;
	a->target = from;
	spin_unlock(&a->odn->lock);
	a->former = 0;
}

/*
 * Takes it away if nobody uses it. Who has come in the moment before it went
 * is found by looking once more after that.
 */
static bool odmm_address_is_yielded(struct odmm_address *a)
{
	bool yield;

	spin_lock(&a->odn->lock);
	yield = a->yield;
	a->yield = false;
	spin_unlock(&a->odn->lock);
	if (!yield || !a->ops->yield(a))
		return false;

	odmm_rtnl_del_address(a, a->ifindex);
	if (!a->ops->in_use(a)) {
		odmm_address_tell(a, ODMM_ADDRESS_UNUSED);
		return true;
	}
	spin_lock(&a->odn->lock);
	a->usable = false;
	spin_unlock(&a->odn->lock);
	odmm_address_write(a);
	return false;
}

/* What is in the kernel's table, against what should be. */
static void odmm_address_tend(struct odmm_address *a)
{
	bool stale, moved, created = !a->made;
	int err = 0;

	spin_lock(&a->odn->lock);
	stale = a->stale;
	moved = a->ifindex != a->target;
	spin_unlock(&a->odn->lock);

	if (created)
		err = odmm_address_create(a);
	else if (moved)
		odmm_address_carry(a);
	else if (stale && odmm_address_look(a) != ODMM_LOOK_ABSENT)
		err = odmm_address_write(a);
	if (err)
		odmm_address_tell(a, a->proven ? ODMM_ADDRESS_LOST :
						 ODMM_ADDRESS_FAILED);
	else if (created)
		odmm_address_look_again(a);
	else
		odmm_address_check(a);
}

static void odmm_address_settle(struct odmm_address *a)
{
	bool wanted;

	spin_lock(&a->odn->lock);
	wanted = a->wanted;
	spin_unlock(&a->odn->lock);

	if (!wanted && a->made)
		odmm_address_destroy(a);
	else if (wanted && !odmm_address_is_yielded(a))
		odmm_address_tend(a);
}

static struct odmm_address *odmm_address_next(struct odmm_net *odn)
{
	struct odmm_address *a;

	spin_lock(&odn->lock);
	a = odn->closing ? NULL :
	    list_first_entry_or_null(&odn->dirty, struct odmm_address, dirty);
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

/* With the net lock held. */
static void odmm_address_heard_of(struct odmm_address *a,
				  const struct odmm_rtnl_news *news)
{
	if (news->there && news->ifindex == a->ifindex &&
	    news->proto != ODMM_IFAPROT(a->type)) {
		odmm_count(a->odn, ODMM_STAT_RETAGGED);
		a->stale = true;
	}
	odmm_address_mark(a);
}

static bool odmm_address_is_typed(const struct odmm_rtnl_news *news)
{
	return news->there && news->proto > ODMM_IFAPROT(ODMM_TYPE_NONE) &&
	       news->proto <= ODMM_IFAPROT(ODMM_TYPE_MAX);
}

/* News of an address: of one of ours, or of one that somebody else typed. */
static void odmm_address_heard(struct odmm_net *odn,
			       const struct odmm_rtnl_news *news)
{
	struct rb_node *node;

	spin_lock(&odn->lock);
	node = rb_find(&news->addr, &odn->addresses, odmm_address_cmp);
	if (node)
		odmm_address_heard_of(rb_entry(node, struct odmm_address, node),
				      news);
	spin_unlock(&odn->lock);
	if (!node && odmm_address_is_typed(news))
		odn->on_tagged(odn, news);
}

static void odmm_address_resync(struct odmm_net *odn, struct odmm_deadline *d)
{
	queue_work(odmm_compat_unbound_wq, &odn->address_work);
}

static void odmm_address_hear_later(struct odmm_net *odn)
{
	spin_lock(&odn->lock);
	if (!odn->closing)
		odmm_deadline_set(odn, &odn->resync,
				  ktime_add_ns(odmm_now(), ODMM_LOOK_MAX));
	spin_unlock(&odn->lock);
}

static void odmm_address_hear(struct odmm_net *odn)
{
	struct odmm_rtnl_news news;
	int ret;

	while ((ret = odmm_rtnl_news(odn, &news)) != -EAGAIN) {
		if (ret == 1)
			odmm_address_heard(odn, &news);
		else if (ret < 0)
			odn->news_lost = true;
	}
	if (!odn->news_lost)
		return;
	odmm_address_mark_all(odn);
	odn->news_lost = odmm_rtnl_each_address(odn, odmm_address_heard) < 0;
	if (odn->news_lost)
		odmm_address_hear_later(odn);
}

static void odmm_address_run(struct work_struct *work)
{
	struct odmm_net *odn = container_of(work, struct odmm_net,
					    address_work);
	struct odmm_address *a;

	if (READ_ONCE(odn->closing))
		return;
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

	queue_work(odmm_compat_unbound_wq, &odn->address_work);
}

/*
 * Prepares @a, of which odn, ops, ref, prefix, prefix_len, type and onlink are
 * set; target is to follow. The first odmm_address_refresh() has it made.
 */
void odmm_address_setup(struct odmm_address *a)
{
	INIT_LIST_HEAD(&a->dirty);
	odmm_deadline_init(&a->retry, odmm_address_retry);
	a->plen = 128;
	a->flags = IFA_F_NOPREFIXROUTE;
	a->delay = ODMM_LOOK_MIN;
	a->wanted = true;
}

/* Takes one over that is in the kernel's table already. */
void odmm_address_take(struct odmm_address *a,
		       const struct odmm_rtnl_news *news)
{
	lockdep_assert_held(&a->odn->lock);
	a->addr = news->addr;
	a->plen = news->plen;
	a->flags = news->flags & IFA_F_NOPREFIXROUTE;
	a->ifindex = news->ifindex;
	a->made = true;
	rb_add(&a->node, &a->odn->addresses, odmm_address_less);
}

/* Has the worker tell the kernel when its lifetimes end. */
void odmm_address_refresh(struct odmm_address *a, ktime_t valid_until,
			  ktime_t preferred_until)
{
	if (a->made && a->valid_until == valid_until &&
	    a->preferred_until == preferred_until)
		return;
	a->valid_until = valid_until;
	a->preferred_until = preferred_until;
	a->stale = true;
	odmm_address_mark(a);
}

/* Has the worker move it to another interface. */
void odmm_address_move(struct odmm_address *a, int ifindex)
{
	a->target = ifindex;
	odmm_address_mark(a);
}

/* Has the worker take it away if nobody uses it, and then tell so. */
void odmm_address_yield(struct odmm_address *a)
{
	a->yield = true;
	odmm_address_mark(a);
}

/* A link is there again: what was waiting for it may be usable at once. */
void odmm_address_link_up(struct odmm_net *odn, int ifindex)
{
	struct odmm_address *a;
	struct rb_node *node;

	spin_lock(&odn->lock);
	for (node = rb_first(&odn->addresses); node; node = rb_next(node)) {
		a = rb_entry(node, struct odmm_address, node);
		if (a->ifindex == ifindex)
			odmm_address_mark(a);
	}
	spin_unlock(&odn->lock);
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
	int err;

	odn->addresses = RB_ROOT;
	INIT_LIST_HEAD(&odn->dirty);
	INIT_WORK(&odn->address_work, odmm_address_run);
	odmm_deadline_init(&odn->resync, odmm_address_resync);
	err = odmm_rtnl_open(odn, odmm_address_ready);
	if (err)
		return err;
	/* What is there already. */
	odn->news_lost = true;
	queue_work(odmm_compat_unbound_wq, &odn->address_work);
	return 0;
}

/*
 * Who takes them up again knows the length of a prefix by its route. The
 * worker is over, and only that changes the tree.
 */
static void odmm_address_fence_all(struct odmm_net *odn)
{
	struct odmm_address *a;
	struct rb_node *node;

	for (node = rb_first(&odn->addresses); node; node = rb_next(node)) {
		a = rb_entry(node, struct odmm_address, node);
		if (a->usable)
			odmm_address_fence(a);
	}
}

/*
 * From now on the kernel's table is left as it is: connections that use the
 * addresses go on without us.
 */
void odmm_address_stop(struct odmm_net *odn)
{
	spin_lock(&odn->lock);
	WRITE_ONCE(odn->closing, true);
	odmm_deadline_clear(odn, &odn->resync);
	spin_unlock(&odn->lock);
	/* News may still queue it, but then it does nothing any more. */
	cancel_work_sync(&odn->address_work);
	odmm_rtnl_close_news(odn);
	cancel_work_sync(&odn->address_work);
	odmm_address_fence_all(odn);
}

/* The owners are gone. */
void odmm_address_exit(struct odmm_net *odn)
{
	struct odmm_address *a, *next;

	list_for_each_entry_safe(a, next, &odn->dirty, dirty) {
		list_del_init(&a->dirty);
		odmm_address_put(a);
	}
	odmm_rtnl_close(odn);
}
