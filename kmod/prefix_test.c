// SPDX-License-Identifier: GPL-2.0
/* The life of a prefix, from its arrival to its end, by the test's clock. */
#include <linux/cleanup.h>

#include "test.h"

#define ODMM_PREFIX_TEXT	"2001:db8:1::"

/**
 * struct odmm_life - a prefix, and somebody who holds it
 * @odn: namespace
 * @p: a reference is held until the end of the test
 * @w: the holder
 */
struct odmm_life {
	struct odmm_net		*odn;
	struct odmm_prefix	*p;
	struct odmm_want	*w;
};

static void odmm_life_put(void *p)
{
	odmm_prefix_put(p);
}

/* Lifetimes in seconds, from now. */
static struct odmm_life odmm_life(struct kunit *test, u32 type, u32 preferred,
				  u32 valid)
{
	struct odmm_prefix_spec spec = odmm_test_spec(ODMM_PREFIX_TEXT, type);
	struct odmm_life life = { .odn = odmm_test_net(test) };

	spec.preferred_until = odmm_lifetime_end(odmm_now(), preferred);
	spec.valid_until = odmm_lifetime_end(odmm_now(), valid);
	life.p = odmm_test_add(test, &spec);
	odmm_prefix_get(life.p);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, odmm_life_put,
							   life.p));
	odmm_test_settle(life.p, ODMM_ADDRESS_USABLE);
	return life;
}

static void odmm_life_hold(struct kunit *test, struct odmm_life *life)
{
	const struct odmm_request_key key =
		odmm_test_key(life->p->address.type);
	int err;

	life->w = odmm_test_want(test, key.type);
	scoped_guard(spinlock, &life->odn->lock)
		err = odmm_want_submit(life->odn, life->w, &key);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_PTR_EQ(test, rcu_access_pointer(life->w->prefix), life->p);
}

static void odmm_life_withdraw(struct odmm_life *life, u32 grace)
{
	guard(spinlock)(&life->odn->lock);
	odmm_prefix_withdraw(life->p, grace);
}

static void odmm_life_limit(struct odmm_life *life, u32 seconds)
{
	guard(spinlock)(&life->odn->lock);
	odmm_prefix_limit(life->p, seconds);
}

static int odmm_life_change(struct odmm_life *life, u32 preferred, u32 valid)
{
	struct odmm_prefix_spec spec = {
		.preferred_until = odmm_lifetime_end(odmm_now(), preferred),
		.valid_until = odmm_lifetime_end(odmm_now(), valid),
	};

	guard(spinlock)(&life->odn->lock);
	return odmm_prefix_change(life->odn, life->p, &spec);
}

static void odmm_life_review(struct odmm_life *life)
{
	guard(spinlock)(&life->odn->lock);
	odmm_prefix_review(life->odn);
}

static void odmm_prefix_begins(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec(ODMM_PREFIX_TEXT, ODMM_TYPE_FIXED);
	struct odmm_prefix *p = odmm_test_add(test, &spec);
	struct odmm_net *odn = odmm_test_net(test);

	KUNIT_EXPECT_EQ(test, p->state, ODMM_PREFIX_TENTATIVE);
	KUNIT_EXPECT_EQ(test, p->born, odmm_now());
	KUNIT_EXPECT_EQ(test, p->ifindex, ODMM_TEST_LINK);
	/* The worker has been told to make its address. */
	KUNIT_EXPECT_FALSE(test, list_empty(&p->address.dirty));
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), -EEXIST);
	odmm_test_settle(p, ODMM_ADDRESS_USABLE);
	KUNIT_EXPECT_EQ(test, p->state, ODMM_PREFIX_ACTIVE);
	KUNIT_EXPECT_EQ(test, odn->n_prefixes, 1);
}

/* Those who never asked are kept off it, unless policy says otherwise. */
static void odmm_prefix_is_kept_off(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED, 100, 200);

	KUNIT_EXPECT_EQ(test, life.p->address.preferred_until, 0);
	KUNIT_EXPECT_EQ(test, life.p->address.valid_until,
			life.p->valid_until);
	life.odn->policy.default_types = BIT(ODMM_TYPE_FIXED);
	odmm_life_review(&life);
	KUNIT_EXPECT_EQ(test, life.p->address.preferred_until,
			life.p->preferred_until);
}

static void odmm_prefix_ages(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED, 100, 200);

	odmm_life_hold(test, &life);
	odmm_test_pass_ms(test, 100 * MSEC_PER_SEC - 1);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
	odmm_test_pass_ms(test, 100 * MSEC_PER_SEC - 1);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_GONE);
	KUNIT_EXPECT_EQ(test, life.p->end, ODMM_END_EXPIRED);
	KUNIT_EXPECT_EQ(test, life.odn->n_prefixes, 0);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_DEPRECATED), 1);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_AGED), 0);
	/* Who holds it still sees what he has lost. */
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(life.w->prefix), life.p);
}

static void odmm_prefix_for_ever(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED,
					  ODMM_LFT_INFINITY, ODMM_LFT_INFINITY);

	odmm_test_pass_ms(test, (u64)U32_MAX * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
}

/* Valid as long as it is preferred: no time between. */
static void odmm_prefix_ends_at_once(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED, 100, 100);

	odmm_test_pass_ms(test, 100 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_GONE);
}

/* The host slept for so long that both ends have passed. */
static void odmm_prefix_after_sleep(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED, 100, 200);

	odmm_test_pass_ms(test, 10000 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_GONE);
	KUNIT_EXPECT_EQ(test, life.p->end, ODMM_END_EXPIRED);
}

static void odmm_prefix_renewed(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED, 100, 200);

	odmm_life_hold(test, &life);
	odmm_test_pass_ms(test, 50 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, odmm_life_change(&life, 100, 200), 0);
	odmm_test_pass_ms(test, 99 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
	odmm_test_pass_ms(test, MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
	/* RFC 4862 section 5.5.3: it may be preferred again. */
	KUNIT_EXPECT_EQ(test, odmm_life_change(&life, 100, 200), 0);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
	KUNIT_EXPECT_EQ(test, odmm_life_change(&life, 0, 200), 0);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
	KUNIT_EXPECT_EQ(test, odmm_life_change(&life, 300, 200), -EINVAL);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
}

static void odmm_prefix_withdrawn(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_NON_PERSISTENT, 100,
					  200);

	odmm_life_withdraw(&life, 0);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_GONE);
	KUNIT_EXPECT_EQ(test, life.p->end, ODMM_END_WITHDRAWN);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_WITHDRAWN), 1);
}

/* The old one stays for a while, and the new one serves. */
static void odmm_prefix_replaced(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_GRACEFUL_REPLACEMENT,
					  1000, 2000);
	struct odmm_prefix *new, *found;

	odmm_life_hold(test, &life);
	odmm_life_withdraw(&life, 60);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
	new = odmm_test_prefix(test, "2001:db8:2::",
			       ODMM_TYPE_GRACEFUL_REPLACEMENT);
	scoped_guard(spinlock, &life.odn->lock)
		found = odmm_prefix_successor(life.odn, life.p);
	KUNIT_EXPECT_PTR_EQ(test, found, new);
	odmm_test_pass_ms(test, 60 * MSEC_PER_SEC - 1);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_GONE);
	KUNIT_EXPECT_EQ(test, life.p->end, ODMM_END_WITHDRAWN);
	KUNIT_EXPECT_EQ(test, new->state, ODMM_PREFIX_ACTIVE);
}

/* Grace makes nothing last longer than it would have lasted anyway. */
static void odmm_prefix_grace_is_no_gift(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_GRACEFUL_REPLACEMENT,
					  10, 20);

	odmm_life_hold(test, &life);
	odmm_life_withdraw(&life, 60);
	odmm_test_pass_ms(test, 20 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_GONE);
}

/* Policy sets an age; whoever has it keeps it, the next one gets another. */
static void odmm_prefix_too_old(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED,
					  ODMM_LFT_INFINITY, ODMM_LFT_INFINITY);

	odmm_life_hold(test, &life);
	odmm_test_pass_ms(test, 40 * MSEC_PER_SEC);
	life.odn->policy.type[ODMM_TYPE_FIXED].max_age = 50;
	odmm_life_review(&life);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
	odmm_test_pass_ms(test, 10 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_AGED), 1);
	life.odn->policy.type[ODMM_TYPE_FIXED].max_age = 0;
	odmm_life_review(&life);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
}

/* Policy sets a number of bytes, of which some have been sent. */
static void odmm_prefix_spends(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED,
					  ODMM_LFT_INFINITY, ODMM_LFT_INFINITY);

	odmm_life_hold(test, &life);
	atomic64_set(&life.p->bytes, 1000);
	life.odn->policy.type[ODMM_TYPE_FIXED].max_bytes = 1001;
	odmm_life_review(&life);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
	KUNIT_EXPECT_FALSE(test, hlist_unhashed(&life.p->meter));
	life.p->spent = true;
	odmm_test_work(&life.odn->meter_work);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
	life.odn->policy.type[ODMM_TYPE_FIXED].max_bytes = 0;
	odmm_life_review(&life);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&life.p->meter));
}

/* Its only user sets how old it may become; others' are not his to age. */
static void odmm_prefix_limited(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED,
					  ODMM_LFT_INFINITY, ODMM_LFT_INFINITY);

	odmm_life_hold(test, &life);
	odmm_life_limit(&life, 10);
	odmm_test_pass_ms(test, 10 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
	life.p->flags |= ODMM_PREFIX_F_EXCLUSIVE;
	odmm_life_limit(&life, 20);
	odmm_test_pass_ms(test, 10 * MSEC_PER_SEC - 1);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_DEPRECATED);
}

static void odmm_prefix_cannot_be_made(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec(ODMM_PREFIX_TEXT, ODMM_TYPE_FIXED);
	struct odmm_prefix *p = odmm_test_add(test, &spec);

	odmm_prefix_get(p);
	odmm_test_settle(p, ODMM_ADDRESS_FAILED);
	KUNIT_EXPECT_EQ(test, p->state, ODMM_PREFIX_GONE);
	KUNIT_EXPECT_EQ(test, p->end, ODMM_END_FAILED);
	odmm_prefix_put(p);
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_prefixes, 0);
}

static void odmm_prefix_is_lost(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED, 100, 200);

	odmm_life_hold(test, &life);
	odmm_test_settle(life.p, ODMM_ADDRESS_LOST);
	KUNIT_EXPECT_EQ(test, life.p->end, ODMM_END_LOST);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_PREFIXES_LOST),
			1);
}

/* With its home goes the prefix, with its access interface only the way. */
static void odmm_prefix_loses_link(struct kunit *test)
{
	struct odmm_life life = odmm_life(test, ODMM_TYPE_FIXED, 100, 200);
	struct odmm_request_key key = odmm_test_key(ODMM_TYPE_FIXED);
	struct odmm_prefix *best;

	life.p->address.target = ODMM_TEST_NO_LINK;
	scoped_guard(spinlock, &life.odn->lock) {
		odmm_prefix_link_gone(life.odn, ODMM_TEST_LINK);
		best = odmm_shelf_best(life.odn, &key);
	}
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_ACTIVE);
	KUNIT_EXPECT_EQ(test, life.p->ifindex, 0);
	KUNIT_EXPECT_PTR_EQ(test, best, life.p);
	scoped_guard(spinlock, &life.odn->lock)
		odmm_prefix_link_gone(life.odn, ODMM_TEST_NO_LINK);
	KUNIT_EXPECT_EQ(test, life.p->state, ODMM_PREFIX_GONE);
	KUNIT_EXPECT_EQ(test, life.p->end, ODMM_END_LINK_REMOVED);
}

static struct kunit_case odmm_prefix_cases[] = {
	KUNIT_CASE(odmm_prefix_begins),
	KUNIT_CASE(odmm_prefix_is_kept_off),
	KUNIT_CASE(odmm_prefix_ages),
	KUNIT_CASE(odmm_prefix_for_ever),
	KUNIT_CASE(odmm_prefix_ends_at_once),
	KUNIT_CASE(odmm_prefix_after_sleep),
	KUNIT_CASE(odmm_prefix_renewed),
	KUNIT_CASE(odmm_prefix_withdrawn),
	KUNIT_CASE(odmm_prefix_replaced),
	KUNIT_CASE(odmm_prefix_grace_is_no_gift),
	KUNIT_CASE(odmm_prefix_too_old),
	KUNIT_CASE(odmm_prefix_spends),
	KUNIT_CASE(odmm_prefix_limited),
	KUNIT_CASE(odmm_prefix_cannot_be_made),
	KUNIT_CASE(odmm_prefix_is_lost),
	KUNIT_CASE(odmm_prefix_loses_link),
	{}
};

static struct kunit_suite odmm_prefix_suite = {
	.name = "odmm_prefix",
	.init = odmm_test_init,
	.test_cases = odmm_prefix_cases,
};

kunit_test_suite(odmm_prefix_suite);
