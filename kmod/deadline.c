// SPDX-License-Identifier: GPL-2.0
/*
 * Things that must happen at a time: limits of waits, ends of lifetimes,
 * graces. One ordered queue and one timer per namespace.
 *
 * The clock is CLOCK_BOOTTIME: a lifetime runs down while the host sleeps, and
 * the timer rings at once when it wakes up.
 */
#include <linux/hrtimer.h>

#include "compat.h"
#include "lifetime.h"
#include "odmm.h"

static void odmm_deadline_arm(struct odmm_net *odn)
{
	struct timerqueue_node *first = timerqueue_getnext(&odn->deadlines);

	if (first)
		hrtimer_start(&odn->deadline_timer, first->expires,
			      HRTIMER_MODE_ABS);
}

/* Only passes the word on: the lock is not for interrupts. */
static enum hrtimer_restart odmm_deadline_ring(struct hrtimer *timer)
{
	struct odmm_net *odn = container_of(timer, struct odmm_net,
					    deadline_timer);

	queue_work(system_highpri_wq, &odn->deadline_work);
	return HRTIMER_NORESTART;
}

static struct odmm_deadline *odmm_deadline_due(struct odmm_net *odn)
{
	struct timerqueue_node *first = timerqueue_getnext(&odn->deadlines);

	if (!first || ktime_after(first->expires, odmm_now()))
		return NULL;
	return container_of(first, struct odmm_deadline, node);
}

static void odmm_deadline_run(struct work_struct *work)
{
	struct odmm_net *odn = container_of(work, struct odmm_net,
					    deadline_work);
	struct odmm_deadline *d;

	spin_lock(&odn->lock);
	while ((d = odmm_deadline_due(odn))) {
		odmm_deadline_clear(odn, d);
		d->expire(odn, d);
		/* Ten thousand may end at the same moment. */
		cond_resched_lock(&odn->lock);
	}
	odmm_deadline_arm(odn);
	spin_unlock(&odn->lock);
}

void odmm_deadline_init(struct odmm_deadline *d,
			void (*expire)(struct odmm_net *odn,
				       struct odmm_deadline *d))
{
	timerqueue_init(&d->node);
	d->expire = expire;
}

bool odmm_deadline_is_before(const struct odmm_deadline *d, ktime_t when)
{
	return !RB_EMPTY_NODE(&d->node.node) &&
	       ktime_before(d->node.expires, when);
}

/* Sets or moves it; a time in the past means as soon as possible. */
void odmm_deadline_set(struct odmm_net *odn, struct odmm_deadline *d,
		       ktime_t when)
{
	odmm_deadline_clear(odn, d);
	d->node.expires = when;
	if (timerqueue_add(&odn->deadlines, &d->node))
		odmm_deadline_arm(odn);
}

void odmm_deadline_clear(struct odmm_net *odn, struct odmm_deadline *d)
{
	lockdep_assert_held(&odn->lock);
	/* The timer may ring for nothing; that costs less than moving it. */
	if (!RB_EMPTY_NODE(&d->node.node))
		timerqueue_del(&odn->deadlines, &d->node);
}

void odmm_deadline_start(struct odmm_net *odn)
{
	timerqueue_init_head(&odn->deadlines);
	INIT_WORK(&odn->deadline_work, odmm_deadline_run);
	odmm_compat_hrtimer_setup(&odn->deadline_timer, odmm_deadline_ring,
				  CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
}

/*
 * The timer must be dead before the work is waited for, and cannot be set
 * again by it: by now the queue is empty.
 */
void odmm_deadline_stop(struct odmm_net *odn)
{
	WARN_ON_ONCE(timerqueue_getnext(&odn->deadlines));
	hrtimer_cancel(&odn->deadline_timer);
	cancel_work_sync(&odn->deadline_work);
}
