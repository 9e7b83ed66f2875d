/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lifetimes: in seconds for others, for us as the time when they end. The
 * clock is CLOCK_BOOTTIME, as they run down while the host sleeps. In a unit
 * test it stands still until the test lets time pass.
 */
#ifndef _ODMM_LIFETIME_H
#define _ODMM_LIFETIME_H

#include <linux/ktime.h>
#include <linux/math.h>
#include <uapi/linux/odmm.h>

#ifdef CONFIG_ODMM_KUNIT_TEST
ktime_t odmm_now(void);
#else
static inline ktime_t odmm_now(void)
{
	return ktime_get_boottime();
}
#endif

static inline ktime_t odmm_lifetime_end(ktime_t now, u32 seconds)
{
	if (seconds == ODMM_LFT_INFINITY)
		return KTIME_MAX;
	return ktime_add(now, ktime_set(seconds, 0));
}

static inline bool odmm_lifetime_is_over(ktime_t end)
{
	return end != KTIME_MAX && !ktime_after(end, odmm_now());
}

/* Seconds left, rounded up: 0 is over. */
static inline u32 odmm_lifetime_left(ktime_t end)
{
	s64 left;

	if (end == KTIME_MAX)
		return ODMM_LFT_INFINITY;
	left = ktime_to_ns(ktime_sub(end, odmm_now()));
	return left > 0 ? DIV_ROUND_UP_ULL(left, NSEC_PER_SEC) : 0;
}

#endif /* _ODMM_LIFETIME_H */
