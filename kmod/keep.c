// SPDX-License-Identifier: GPL-2.0
/*
 * How long the address of a prefix stays: put back when somebody else takes it
 * away from its users, given up when he insists, released when they have gone.
 */
#include <linux/ktime.h>

#include "lifetime.h"
#include "odmm.h"

/* Whoever takes it away so often means it. */
#define ODMM_LOSSES_MAX		3
#define ODMM_LOSSES_WINDOW	60	/* s */

/* How long to wait before it is put back for the first and second time. */
static const u64 odmm_keep_delays[ODMM_LOSSES_MAX - 1] = {
	10 * NSEC_PER_MSEC, NSEC_PER_SEC,
};

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
	ktime_t now = ktime_get_boottime();

	if (!p->losses ||
	    ktime_after(now, odmm_lifetime_end(p->first_loss,
					       ODMM_LOSSES_WINDOW))) {
		p->first_loss = now;
		p->losses = 0;
	}
	return p->losses++;
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
		odmm_abort_users(a->odn, &a->addr);
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

/* With the net lock held: its last session is gone, or something changed. */
void odmm_keep_linger(struct odmm_prefix *p)
{
	struct odmm_net *odn = p->address.odn;
	ktime_t end;

	odmm_deadline_clear(odn, &p->linger);
	if (p->sessions || !odmm_keep_ends_with_use(p))
		return;
	end = odmm_policy_linger_end(p);
	if (end != KTIME_MAX)
		odmm_deadline_set(odn, &p->linger, end);
}
