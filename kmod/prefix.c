// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a typed prefix: tentative -> active -> deprecated -> gone.
 *
 * All here is called with the net lock held, but for the exit.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>

#include "lifetime.h"
#include "odmm.h"
#include "trace.h"

/* Counts a want that uses it from now on, and waits for nothing. */
void odmm_prefix_hold(struct odmm_prefix *p, struct odmm_want *w)
{
	lockdep_assert_held(&p->address.odn->lock);
	odmm_prefix_get(p);
	list_add_tail(&w->node, &p->holders);
	/* The workers look at it without the lock. */
	WRITE_ONCE(p->sessions, p->sessions + 1);
	p->first_held = p->first_held ?: odmm_now();
	odmm_deadline_clear(p->address.odn, &p->linger);
}

void odmm_prefix_unhold(struct odmm_prefix *p, struct odmm_want *w)
{
	lockdep_assert_held(&p->address.odn->lock);
	list_del(&w->node);
	WRITE_ONCE(p->sessions, p->sessions - 1);
	p->privileged = odmm_account_is_root(p->address.odn, w->account);
	p->unused_since = 0;
	odmm_keep_arm(p);
	odmm_prefix_put(p);
}

static void odmm_prefix_tell(struct odmm_prefix *p, enum odmm_event event)
{
	struct odmm_want *w;

	list_for_each_entry(w, &p->holders, node)
		odmm_event_want(p->address.odn, w, event);
}

void odmm_prefix_put(struct odmm_prefix *p)
{
	odmm_address_put(&p->address);
}

static void odmm_prefix_release(struct odmm_address *a)
{
	kfree_rcu(odmm_prefix_of(a), rcu);
}

static void odmm_prefix_state(struct odmm_prefix *p,
			      enum odmm_prefix_state state)
{
	p->state = state;
	odmm_shelf_sort(p);
	list_del_init(&p->fading);
	if (state == ODMM_PREFIX_DEPRECATED)
		list_add(&p->fading, &p->address.odn->fading[p->address.type]);
	odmm_event_prefix(p);
}

/* Until when it may serve new requests. */
ktime_t odmm_prefix_fresh_until(const struct odmm_prefix *p)
{
	return min(p->preferred_until, odmm_policy_age_end(p));
}

static void odmm_prefix_arm(struct odmm_prefix *p)
{
	ktime_t next = odmm_prefix_fresh_until(p);

	if (odmm_lifetime_is_over(next))
		next = p->valid_until;
	odmm_deadline_clear(p->address.odn, &p->expiry);
	if (next != KTIME_MAX)
		odmm_deadline_set(p->address.odn, &p->expiry, next);
}

/* Takes it out of the table; those who hold it see that it is gone. */
static void odmm_prefix_unlink(struct odmm_prefix *p)
{
	odmm_prefix_erase(p->address.odn, p);
	odmm_shelf_leave(p);
	list_del_init(&p->fading);
	odmm_deadline_clear(p->address.odn, &p->expiry);
	odmm_deadline_clear(p->address.odn, &p->linger);
	odmm_meter_stop(p);
}

void odmm_prefix_remove(struct odmm_prefix *p, enum odmm_prefix_end end)
{
	bool awaited = p->state == ODMM_PREFIX_TENTATIVE;

	lockdep_assert_held(&p->address.odn->lock);
	p->end = end;
	if (end == ODMM_END_RELEASED)
		trace_odmm_release(p);
	trace_odmm_lose(p);
	odmm_prefix_unlink(p);
	odmm_address_unmake(&p->address);
	odmm_prefix_state(p, ODMM_PREFIX_GONE);
	odmm_event_prefix_end(p);
	odmm_prefix_tell(p, ODMM_EVENT_LOST);
	odmm_account_gone(p);
	if (awaited)
		p->address.odn->on_prefix(p);
	odmm_prefix_put(p);
}

/* New requests are for others; whoever holds it is told, and by what it is. */
static void odmm_prefix_deprecate(struct odmm_prefix *p)
{
	struct odmm_net *odn = p->address.odn;
	bool again = p->faded;

	p->faded = true;
	odmm_prefix_state(p, ODMM_PREFIX_DEPRECATED);
	odmm_keep_arm(p);
	/* It was only away for a moment. */
	if (again)
		return;
	trace_odmm_deprecate(p);
	odmm_count(odn, ODMM_STAT_DEPRECATED);
	if (!odmm_lifetime_is_over(p->preferred_until))
		odmm_count(odn, ODMM_STAT_AGED);
	odmm_prefix_tell(p, ODMM_EVENT_DEPRECATED);
	if (odmm_prefix_successor(odn, p))
		odmm_prefix_tell(p, ODMM_EVENT_REPLACED);
}

static void odmm_prefix_expire(struct odmm_net *odn, struct odmm_deadline *d)
{
	struct odmm_prefix *p = container_of(d, struct odmm_prefix, expiry);

	if (odmm_lifetime_is_over(p->valid_until)) {
		odmm_prefix_remove(p, p->withdrawn ? ODMM_END_WITHDRAWN :
						     ODMM_END_EXPIRED);
		return;
	}
	if (p->state == ODMM_PREFIX_ACTIVE &&
	    odmm_lifetime_is_over(odmm_prefix_fresh_until(p)))
		odmm_prefix_deprecate(p);
	odmm_prefix_arm(p);
}

/* Whoever holds an older one of that kind learns that there is a new one. */
static void odmm_prefix_replace(const struct odmm_prefix *p)
{
	struct odmm_net *odn = p->address.odn;
	struct odmm_prefix *old;

	list_for_each_entry(old, &odn->fading[p->address.type], fading)
		if (odmm_prefix_succeeds(p, old))
			odmm_prefix_tell(old, ODMM_EVENT_REPLACED);
}

static void odmm_prefix_usable(struct odmm_prefix *p)
{
	odmm_meter_start(p);
	if (odmm_lifetime_is_over(odmm_prefix_fresh_until(p))) {
		odmm_prefix_deprecate(p);
	} else {
		p->faded = false;
		odmm_prefix_state(p, ODMM_PREFIX_ACTIVE);
		odmm_prefix_replace(p);
	}
	p->address.odn->on_prefix(p);
	odmm_keep_arm(p);
}

/* It serves nobody new until it is usable again. */
static void odmm_prefix_suspend(struct odmm_prefix *p)
{
	if (p->state != ODMM_PREFIX_GONE)
		odmm_prefix_state(p, ODMM_PREFIX_TENTATIVE);
}

/* Nobody was seen for long enough; now it is not given to anybody either. */
static bool odmm_prefix_yield(struct odmm_address *a)
{
	struct odmm_prefix *p = odmm_prefix_of(a);
	bool yield;

	spin_lock(&a->odn->lock);
	yield = a->wanted && odmm_keep_is_over(p);
	if (yield)
		odmm_prefix_suspend(p);
	spin_unlock(&a->odn->lock);
	return yield;
}

static s64 odmm_prefix_missing(struct odmm_address *a)
{
	s64 delay = odmm_keep_delay(a);

	if (delay < 0)
		return delay;
	spin_lock(&a->odn->lock);
	odmm_prefix_suspend(odmm_prefix_of(a));
	spin_unlock(&a->odn->lock);
	return delay;
}

static void odmm_prefix_settled(struct odmm_address *a,
				enum odmm_address_news news)
{
	struct odmm_prefix *p = odmm_prefix_of(a);

	switch (news) {
	case ODMM_ADDRESS_USABLE:
		if (p->state == ODMM_PREFIX_TENTATIVE)
			odmm_prefix_usable(p);
		break;
	case ODMM_ADDRESS_LOST:
		odmm_count(a->odn, ODMM_STAT_PREFIXES_LOST);
		odmm_prefix_remove(p, ODMM_END_LOST);
		break;
	case ODMM_ADDRESS_FAILED:
		odmm_prefix_remove(p, ODMM_END_FAILED);
		break;
	case ODMM_ADDRESS_UNUSED:
		odmm_count(a->odn, ODMM_STAT_RELEASED);
		odmm_prefix_remove(p, ODMM_END_RELEASED);
		break;
	}
}

static const struct odmm_address_ops odmm_prefix_address_ops = {
	.settled = odmm_prefix_settled,
	.in_use = odmm_keep_in_use,
	.yield = odmm_prefix_yield,
	.missing = odmm_prefix_missing,
	.leaving = odmm_keep_leaving,
	.release = odmm_prefix_release,
};

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

	odmm_shelf_init(p);
	INIT_LIST_HEAD(&p->fading);
	INIT_LIST_HEAD(&p->holders);
	odmm_deadline_init(&p->expiry, odmm_prefix_expire);
	odmm_deadline_init(&p->linger, odmm_keep_expire);
	INIT_LIST_HEAD(&p->look);
	p->serial = ++odn->last_prefix;
	p->arrival = p->serial;
	p->born = odmm_now();
	p->preferred_until = spec->preferred_until;
	p->valid_until = spec->valid_until;
	p->cookie = spec->cookie;
	p->flags = spec->flags;
	p->uid = INVALID_UID;
	strscpy(p->origin, spec->origin, sizeof(p->origin));
}

/* Tells the kernel how long the address lives, and whether it may choose it. */
static void odmm_prefix_write_lft(struct odmm_prefix *p)
{
	const struct odmm_policy *policy = &p->address.odn->policy;
	ktime_t preferred_until = 0;

	if (policy->default_types & BIT(p->address.type))
		preferred_until = odmm_prefix_fresh_until(p);
	odmm_address_refresh(&p->address, p->valid_until, preferred_until);
}

static void odmm_prefix_begin(struct odmm_net *odn, struct odmm_prefix *p,
			      const struct odmm_rtnl_news *tagged)
{
	odmm_prefix_insert(odn, p);
	if (tagged)
		odmm_address_take(&p->address, tagged);
	odmm_prefix_state(p, ODMM_PREFIX_TENTATIVE);
	odmm_prefix_arm(p);
	odmm_prefix_write_lft(p);
}

/*
 * Adds a prefix, whose address the worker then makes unless it is there, and
 * which must serve @key if that is not NULL.
 */
int odmm_prefix_add(struct odmm_net *odn, struct odmm_prefix_spec *spec,
		    const struct odmm_request_key *key)
{
	struct odmm_prefix *p;
	int err;

	lockdep_assert_held(&odn->lock);
	err = odn->closing ? -ESHUTDOWN : odmm_spec_check(odn, spec);
	if (err)
		return err;
	p = kzalloc(sizeof(*p), GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN);
	if (!p)
		return -ENOMEM;

	odmm_prefix_fill(odn, p, spec);
	if (key)
		p->uid = key->uid;
	odmm_address_setup(&p->address);
	err = odmm_spec_locate(odn, spec, p);
	if (!err && key)
		err = odmm_spec_check_key(spec, p, key);
	if (!err)
		err = odmm_shelf_take(p);
	if (err)
		kfree(p);
	else
		odmm_prefix_begin(odn, p, spec->tagged);
	return err;
}

/* A deprecated prefix may become preferred again (RFC 4862 section 5.5.3). */
static void odmm_prefix_prefer(struct odmm_prefix *p)
{
	bool over = odmm_lifetime_is_over(odmm_prefix_fresh_until(p));

	odmm_prefix_arm(p);
	odmm_prefix_write_lft(p);
	if (over && p->state == ODMM_PREFIX_ACTIVE)
		odmm_prefix_deprecate(p);
	else if (!over && p->state == ODMM_PREFIX_DEPRECATED)
		odmm_prefix_usable(p);
	else
		odmm_event_prefix(p);
}

/* Sets the lifetimes, and the access interface if @spec has one. */
int odmm_prefix_change(struct odmm_net *odn, struct odmm_prefix *p,
		       struct odmm_prefix_spec *spec)
{
	int err, from = p->ifindex;

	lockdep_assert_held(&odn->lock);
	err = odmm_spec_check_lft(spec);
	if (!err && spec->ifindex)
		err = odmm_spec_move(odn, spec, p);
	if (err)
		return err;

	p->preferred_until = spec->preferred_until;
	p->withdrawn &= p->valid_until == spec->valid_until;
	p->valid_until = spec->valid_until;
	odmm_prefix_prefer(p);
	if (p->ifindex != from)
		odn->on_move(p);
	return 0;
}

/* Takes it away from new use now, and from all use after @grace seconds. */
void odmm_prefix_withdraw(struct odmm_prefix *p, u32 grace)
{
	struct odmm_net *odn = p->address.odn;
	ktime_t now = odmm_now();

	lockdep_assert_held(&odn->lock);
	odmm_count(odn, ODMM_STAT_WITHDRAWN);
	if (!grace) {
		odmm_prefix_remove(p, ODMM_END_WITHDRAWN);
		return;
	}
	p->withdrawn = true;
	p->preferred_until = min(p->preferred_until, now);
	p->valid_until = min(p->valid_until, odmm_lifetime_end(now, grace));
	odmm_prefix_prefer(p);
}

/* Sets how old, in seconds, a prefix for one socket alone may become. */
void odmm_prefix_limit(struct odmm_prefix *p, u32 lifetime)
{
	lockdep_assert_held(&p->address.odn->lock);
	if (!(p->flags & ODMM_PREFIX_F_EXCLUSIVE) || p->lifetime == lifetime ||
	    p->state == ODMM_PREFIX_GONE)
		return;
	p->lifetime = lifetime;
	odmm_prefix_prefer(p);
}

static void odmm_prefix_review_one(struct odmm_prefix *p)
{
	u64 max = p->address.odn->policy.type[p->address.type].max_bytes;

	if (max && p->address.proven)
		odmm_meter_start(p);
	else if (!max)
		odmm_meter_stop(p);
	WRITE_ONCE(p->spent, max && atomic64_read(&p->bytes) >= max);
	odmm_prefix_prefer(p);
	odmm_keep_arm(p);
}

/* Policy has changed. */
void odmm_prefix_review(struct odmm_net *odn)
{
	struct odmm_prefix *p, *next;

	lockdep_assert_held(&odn->lock);
	for (p = odmm_prefix_next(odn, NULL); p; p = next) {
		next = odmm_prefix_next(odn, p);
		odmm_prefix_get(p);
		odmm_prefix_review_one(p);
		odmm_prefix_put(p);
	}
}

/* Some have sent as many bytes as they may. */
static void odmm_prefix_spent(struct work_struct *work)
{
	struct odmm_net *odn = container_of(work, struct odmm_net, meter_work);
	struct odmm_prefix *p;

	spin_lock(&odn->lock);
	for (p = odmm_prefix_next(odn, NULL); p; p = odmm_prefix_next(odn, p))
		if (READ_ONCE(p->spent) && p->state == ODMM_PREFIX_ACTIVE)
			odmm_prefix_prefer(p);
	spin_unlock(&odn->lock);
}

void odmm_prefix_init(struct odmm_net *odn)
{
	odmm_prefix_table_init(odn);
	odmm_keep_init(odn);
	INIT_WORK(&odn->meter_work, odmm_prefix_spent);
}

/*
 * On-link prefixes go with their link. Of a routed one the link may come and
 * go, unless it is its home.
 */
void odmm_prefix_link_gone(struct odmm_net *odn, int ifindex)
{
	struct odmm_prefix *p, *next;

	lockdep_assert_held(&odn->lock);
	for (p = odmm_prefix_next(odn, NULL); p; p = next) {
		next = odmm_prefix_next(odn, p);
		if (p->address.target == ifindex) {
			odmm_prefix_remove(p, ODMM_END_LINK_REMOVED);
		} else if (p->ifindex == ifindex) {
			odmm_shelf_move(p, 0);
			odmm_event_prefix(p);
		}
	}
}

/* Nobody waits or holds any more. The addresses are left as they are. */
void odmm_prefix_exit(struct odmm_net *odn)
{
	struct odmm_prefix *p;

	spin_lock(&odn->lock);
	while ((p = odmm_prefix_next(odn, NULL))) {
		odmm_prefix_unlink(p);
		odmm_deadline_clear(odn, &p->address.retry);
		p->address.wanted = false;
		p->state = ODMM_PREFIX_GONE;
		odmm_prefix_put(p);
	}
	spin_unlock(&odn->lock);
	odmm_keep_exit(odn);
}
