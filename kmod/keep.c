// SPDX-License-Identifier: GPL-2.0
/*
 * How long the address of a prefix stays: put back when somebody else takes it
 * away from its users, given up when he insists, released when they have gone.
 */
#include <linux/ktime.h>
#include <linux/math.h>
#include <linux/netdevice.h>
#include <linux/slab.h>

#include "lifetime.h"
#include "compat.h"
#include "odmm.h"

/* Whoever takes it away so often means it. */
#define ODMM_LOSSES_MAX		3
#define ODMM_LOSSES_WINDOW	60	/* s */

/* How long to wait before it is put back for the first and second time. */
static const u64 odmm_keep_delays[ODMM_LOSSES_MAX - 1] = {
	10 * NSEC_PER_MSEC, NSEC_PER_SEC,
};

/* How many times to look for users while it lingers. */
#define ODMM_LOOKS		8

/* Prefixes whose users are looked for together. */
#define ODMM_LOOK_BATCH		64

/* What RFC 8653 section 3.2 promises of these two. */
bool odmm_keep_is_promised(u32 type)
{
	return type == ODMM_TYPE_FIXED || type == ODMM_TYPE_SESSION_LASTING;
}

/*
 * Sessions are known, but accepted children, orphans and sockets bound by hand
 * have to be looked for. Sleeps; no lock held.
 */
bool odmm_keep_in_use(struct odmm_address *a)
{
	const struct odmm_prefix *p = odmm_prefix_of(a);
	struct odmm_user_count count = { .addr = a->addr };

	if (READ_ONCE(p->sessions))
		return true;
	odmm_users_count(a->odn, &count, 1);
	return count.users;
}

/* With the net lock held: which removal in a short time this is, from 0. */
static unsigned int odmm_keep_losses(struct odmm_prefix *p)
{
	ktime_t now = odmm_now();

	if (!p->losses ||
	    ktime_after(now, odmm_lifetime_end(p->first_loss,
					       ODMM_LOSSES_WINDOW))) {
		p->first_loss = now;
		p->losses = 0;
	}
	return p->losses++;
}

/* Links go down as often as they like; nobody means the address by that. */
static bool odmm_keep_link_is_down(const struct odmm_address *a)
{
	const struct net_device *dev;
	bool down;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(a->odn->net, a->ifindex);
	down = dev && !(dev->flags & IFF_UP);
	rcu_read_unlock();
	return down;
}

/*
 * Somebody took it away: how many ns to wait before it is put back, or -1 to
 * give it up. Sleeps; no lock held.
 */
s64 odmm_keep_delay(struct odmm_address *a)
{
	unsigned int n;

	if (!odmm_keep_is_promised(a->type) || !odmm_keep_in_use(a))
		return -1;
	if (odmm_keep_link_is_down(a))
		return odmm_keep_delays[0];
	spin_lock(&a->odn->lock);
	n = odmm_keep_losses(odmm_prefix_of(a));
	spin_unlock(&a->odn->lock);
	return n < ARRAY_SIZE(odmm_keep_delays) ? odmm_keep_delays[n] : -1;
}

/* See struct odmm_address_ops.leaving. */
void odmm_keep_leaving(struct odmm_address *a)
{
	bool abort;

	spin_lock(&a->odn->lock);
	abort = a->odn->policy.type[a->type].abort;
	spin_unlock(&a->odn->lock);
	if (abort)
		odmm_abort_users(odmm_prefix_of(a));
}

/*
 * What was got on demand goes when the demand does, and what is deprecated
 * when the last one who needs it has gone. The rest is somebody else's to take
 * away.
 */
static bool odmm_keep_ends_with_use(const struct odmm_prefix *p)
{
	return p->state == ODMM_PREFIX_DEPRECATED ||
	       (p->state == ODMM_PREFIX_ACTIVE && p->cookie);
}

/* With the net lock held: how long nobody must have used it, or "for ever". */
static u64 odmm_keep_linger_ns(const struct odmm_prefix *p)
{
	u32 linger = odmm_policy_linger(p);

	return linger == ODMM_LFT_INFINITY ? U64_MAX : (u64)linger * NSEC_PER_SEC;
}

/* On whole seconds, so that one look does for many. */
static ktime_t odmm_keep_next_look(const struct odmm_prefix *p)
{
	u64 step = max_t(u64, odmm_keep_linger_ns(p) / ODMM_LOOKS, NSEC_PER_SEC);
	u64 when = ktime_to_ns(odmm_now()) + step;

	return DIV_ROUND_UP_ULL(when, NSEC_PER_SEC) * NSEC_PER_SEC;
}

/*
 * With the net lock held: whoever had it in session is gone, or something has
 * changed. Others may use it still, so it is looked at now and then until
 * nobody has been seen for long enough.
 */
void odmm_keep_arm(struct odmm_prefix *p)
{
	struct odmm_net *odn = p->address.odn;
	ktime_t next = odmm_keep_next_look(p);

	lockdep_assert_held(&odn->lock);
	if (p->sessions || !odmm_keep_ends_with_use(p) ||
	    odmm_keep_linger_ns(p) == U64_MAX)
		odmm_deadline_clear(odn, &p->linger);
	else if (!odmm_deadline_is_before(&p->linger, next))
		odmm_deadline_set(odn, &p->linger, next);
}

/* It is time to look. To look at the sockets takes time: not here. */
void odmm_keep_expire(struct odmm_net *odn, struct odmm_deadline *d)
{
	struct odmm_prefix *p = container_of(d, struct odmm_prefix, linger);

	if (!list_empty(&p->look))
		return;
	refcount_inc(&p->address.ref);
	list_add_tail(&p->look, &odn->looks);
	queue_work(odmm_compat_unbound_wq, &odn->look_work);
}

/**
 * struct odmm_keep_batch - prefixes that are looked at together
 * @n: how many
 * @p: the prefixes, references held
 * @counts: users of their addresses
 */
struct odmm_keep_batch {
	unsigned int		n;
	struct odmm_prefix	*p[ODMM_LOOK_BATCH];
	struct odmm_user_count	counts[ODMM_LOOK_BATCH];
};

static void odmm_keep_collect(struct odmm_net *odn,
			      struct odmm_keep_batch *batch)
{
	struct odmm_prefix *p;

	batch->n = 0;
	spin_lock(&odn->lock);
	while (batch->n < ODMM_LOOK_BATCH &&
	       (p = list_first_entry_or_null(&odn->looks, struct odmm_prefix,
					     look))) {
		list_del_init(&p->look);
		batch->counts[batch->n].addr = p->address.addr;
		batch->p[batch->n++] = p;
	}
	spin_unlock(&odn->lock);
}

/* With the net lock held: nobody was seen for as long as it has to stay. */
bool odmm_keep_is_over(const struct odmm_prefix *p)
{
	ktime_t now = odmm_now();

	return !p->sessions && odmm_keep_ends_with_use(p) && p->unused_since &&
	       ktime_sub(now, p->unused_since) >= odmm_keep_linger_ns(p);
}

/* With the net lock held: what follows from a look. */
static void odmm_keep_seen(struct odmm_prefix *p, bool used)
{
	if (used)
		p->unused_since = 0;
	else if (!p->unused_since)
		p->unused_since = odmm_now();
	if (odmm_keep_is_over(p))
		odmm_address_yield(&p->address);
	else
		odmm_keep_arm(p);
}

static void odmm_keep_look(struct odmm_net *odn, struct odmm_keep_batch *batch)
{
	struct odmm_prefix *p;
	unsigned int i;
	bool used;

	odmm_users_count(odn, batch->counts, batch->n);
	spin_lock(&odn->lock);
	for (i = 0; i < batch->n; i++) {
		p = batch->p[i];
		used = odmm_users_of(batch->counts, batch->n, &p->address.addr);
		odmm_keep_seen(p, used);
		odmm_address_put(&p->address);
	}
	spin_unlock(&odn->lock);
}

static void odmm_keep_run(struct work_struct *work)
{
	struct odmm_net *odn = container_of(work, struct odmm_net, look_work);
	struct odmm_keep_batch *batch;

	/* It is small and nobody hurries. */
	batch = kmalloc(sizeof(*batch), GFP_KERNEL | __GFP_NOFAIL);
	for (odmm_keep_collect(odn, batch); batch->n;
	     odmm_keep_collect(odn, batch))
		odmm_keep_look(odn, batch);
	kfree(batch);
}

void odmm_keep_init(struct odmm_net *odn)
{
	INIT_LIST_HEAD(&odn->looks);
	INIT_WORK(&odn->look_work, odmm_keep_run);
}

/* No deadline can put one into the queue any more. */
void odmm_keep_exit(struct odmm_net *odn)
{
	flush_work(&odn->look_work);
}
