// SPDX-License-Identifier: GPL-2.0
/* Lifetimes: when they end, whether they are over, how much is left. */
#include "test.h"

struct odmm_lifetime_case {
	const char	*name;
	s64		ns;	/* from now to the end */
	u32		left;
	bool		over;
};

static const struct odmm_lifetime_case odmm_lifetime_cases[] = {
	{ "long ago", -NSEC_PER_SEC * 1000, 0, true },
	{ "just now", -1, 0, true },
	{ "now", 0, 0, true },
	{ "at once", 1, 1, false },
	{ "almost a second", NSEC_PER_SEC - 1, 1, false },
	{ "a second", NSEC_PER_SEC, 1, false },
	{ "a bit more", NSEC_PER_SEC + 1, 2, false },
	{ "the longest", (U32_MAX - 1) * NSEC_PER_SEC, U32_MAX - 1, false },
};

KUNIT_ARRAY_PARAM_DESC(odmm_lifetime_cases, odmm_lifetime_cases, name);

static void odmm_lifetime_at(struct kunit *test)
{
	const struct odmm_lifetime_case *c = test->param_value;
	ktime_t end = ktime_add_ns(odmm_now(), c->ns);

	KUNIT_EXPECT_EQ(test, odmm_lifetime_left(end), c->left);
	KUNIT_EXPECT_EQ(test, odmm_lifetime_is_over(end), c->over);
}

static void odmm_lifetime_passes(struct kunit *test)
{
	ktime_t end = odmm_lifetime_end(odmm_now(), 10);

	KUNIT_EXPECT_EQ(test, odmm_lifetime_left(end), 10);
	odmm_test_pass_ms(test, 3500);
	KUNIT_EXPECT_EQ(test, odmm_lifetime_left(end), 7);
	odmm_test_pass_ms(test, 6499);
	KUNIT_EXPECT_FALSE(test, odmm_lifetime_is_over(end));
	KUNIT_EXPECT_EQ(test, odmm_lifetime_left(end), 1);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_TRUE(test, odmm_lifetime_is_over(end));
	KUNIT_EXPECT_EQ(test, odmm_lifetime_left(end), 0);
}

static void odmm_lifetime_infinite(struct kunit *test)
{
	ktime_t end = odmm_lifetime_end(odmm_now(), ODMM_LFT_INFINITY);

	KUNIT_EXPECT_EQ(test, end, KTIME_MAX);
	odmm_test_pass_ms(test, (u64)U32_MAX * MSEC_PER_SEC);
	KUNIT_EXPECT_FALSE(test, odmm_lifetime_is_over(end));
	KUNIT_EXPECT_EQ(test, odmm_lifetime_left(end), ODMM_LFT_INFINITY);
}

/* Of no length at all, which some networks give. */
static void odmm_lifetime_none(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, odmm_lifetime_is_over(odmm_lifetime_end(odmm_now(), 0)));
	KUNIT_EXPECT_TRUE(test, odmm_lifetime_is_over(0));
	KUNIT_EXPECT_EQ(test, odmm_lifetime_left(0), 0);
}

static struct kunit_case odmm_lifetime_test_cases[] = {
	KUNIT_CASE_PARAM(odmm_lifetime_at, odmm_lifetime_cases_gen_params),
	KUNIT_CASE(odmm_lifetime_passes),
	KUNIT_CASE(odmm_lifetime_infinite),
	KUNIT_CASE(odmm_lifetime_none),
	{}
};

static struct kunit_suite odmm_lifetime_suite = {
	.name = "odmm_lifetime",
	.init = odmm_test_init,
	.test_cases = odmm_lifetime_test_cases,
};

kunit_test_suite(odmm_lifetime_suite);
