// SPDX-License-Identifier: GPL-2.0
/* Shelves: which of many prefixes serves, and which is on its way. */
#include <linux/cleanup.h>

#include "test.h"

#define ODMM_SHELF_UID	KUIDT_INIT(1000)

static struct odmm_prefix *odmm_shelf_given(struct kunit *test, int ifindex,
					    kuid_t uid)
{
	struct odmm_net *odn = odmm_test_net(test);
	const struct odmm_request_key key = {
		.type = ODMM_TYPE_FIXED,
		.ifindex = ifindex,
		.uid = uid,
	};

	guard(spinlock)(&odn->lock);
	return odmm_shelf_best(odn, &key);
}

static struct odmm_prefix *odmm_shelf_first(struct kunit *test)
{
	return odmm_shelf_given(test, 0, INVALID_UID);
}

static bool odmm_shelf_awaits(struct kunit *test, kuid_t uid)
{
	struct odmm_net *odn = odmm_test_net(test);
	const struct odmm_request_key key = {
		.type = ODMM_TYPE_FIXED,
		.uid = uid,
	};

	guard(spinlock)(&odn->lock);
	return odmm_shelf_coming(odn, &key);
}

static void odmm_shelf_set(struct odmm_prefix *p, enum odmm_prefix_state state)
{
	guard(spinlock)(&p->address.odn->lock);
	p->state = state;
	odmm_shelf_sort(p);
}

static void odmm_shelf_remove(struct odmm_prefix *p)
{
	guard(spinlock)(&p->address.odn->lock);
	odmm_prefix_remove(p, ODMM_END_DELETED);
}

static void odmm_shelf_newest_first(struct kunit *test)
{
	struct odmm_prefix *a, *b, *c;

	KUNIT_EXPECT_NULL(test, odmm_shelf_first(test));
	a = odmm_test_prefix(test, "2001:db8:3::", ODMM_TYPE_FIXED);
	b = odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	c = odmm_test_prefix(test, "2001:db8:2::", ODMM_TYPE_FIXED);
	odmm_test_prefix(test, "2001:db8:4::", ODMM_TYPE_SESSION_LASTING);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_first(test), c);
	odmm_shelf_set(c, ODMM_PREFIX_DEPRECATED);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_first(test), b);
	/* The oldest one comes back: it does not get in front of the others. */
	odmm_shelf_set(a, ODMM_PREFIX_DEPRECATED);
	odmm_shelf_set(a, ODMM_PREFIX_ACTIVE);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_first(test), b);
	odmm_shelf_set(b, ODMM_PREFIX_TENTATIVE);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_first(test), a);
	odmm_shelf_set(c, ODMM_PREFIX_ACTIVE);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_first(test), c);
}

/* Numbers go round; what came after that is newer all the same. */
static void odmm_shelf_numbers_wrap(struct kunit *test)
{
	struct odmm_prefix *p;

	odmm_test_net(test)->last_prefix = U32_MAX - 1;
	odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	p = odmm_test_prefix(test, "2001:db8:2::", ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, p->arrival, 0);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_first(test), p);
}

static void odmm_shelf_coming_soon(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_FIXED);
	struct odmm_prefix *p;

	KUNIT_EXPECT_FALSE(test, odmm_shelf_awaits(test, INVALID_UID));
	p = odmm_test_add(test, &spec);
	KUNIT_EXPECT_TRUE(test, odmm_shelf_awaits(test, INVALID_UID));
	KUNIT_EXPECT_TRUE(test, odmm_shelf_awaits(test, ODMM_SHELF_UID));
	KUNIT_EXPECT_NULL(test, odmm_shelf_first(test));
	odmm_test_settle(p, ODMM_ADDRESS_USABLE);
	KUNIT_EXPECT_FALSE(test, odmm_shelf_awaits(test, INVALID_UID));
	/* Deprecated before its address went: it will be so again. */
	p->faded = true;
	odmm_shelf_set(p, ODMM_PREFIX_TENTATIVE);
	KUNIT_EXPECT_FALSE(test, odmm_shelf_awaits(test, INVALID_UID));
}

static void odmm_shelf_exclusive(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_FIXED);
	struct odmm_prefix *p;

	spec.flags = ODMM_PREFIX_F_EXCLUSIVE;
	p = odmm_test_add(test, &spec);
	KUNIT_EXPECT_FALSE(test, odmm_shelf_awaits(test, INVALID_UID));
	odmm_shelf_set(p, ODMM_PREFIX_ACTIVE);
	KUNIT_EXPECT_NULL(test, odmm_shelf_first(test));
	KUNIT_EXPECT_NULL(test, odmm_shelf_given(test, ODMM_TEST_LINK,
						 INVALID_UID));
}

static void odmm_shelf_by_link(struct kunit *test)
{
	struct odmm_prefix *a, *b;
	int err;

	a = odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	b = odmm_test_prefix(test, "2001:db8:2::", ODMM_TYPE_FIXED);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_given(test, ODMM_TEST_LINK,
						   INVALID_UID), b);
	KUNIT_EXPECT_NULL(test, odmm_shelf_given(test, ODMM_TEST_NO_LINK,
						 INVALID_UID));
	/* It comes by another interface, and is the newest again. */
	scoped_guard(spinlock, &a->address.odn->lock)
		err = odmm_shelf_move(a, ODMM_TEST_NO_LINK);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_given(test, ODMM_TEST_NO_LINK,
						   INVALID_UID), a);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_given(test, ODMM_TEST_LINK,
						   INVALID_UID), b);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_first(test), a);
	/* By none. */
	scoped_guard(spinlock, &a->address.odn->lock)
		err = odmm_shelf_move(a, 0);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_NULL(test, odmm_shelf_given(test, ODMM_TEST_NO_LINK,
						 INVALID_UID));
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_first(test), a);
}

/* What is his alone is his first, and what is everybody's is his, too. */
static void odmm_shelf_by_user(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_FIXED);
	struct odmm_request_key key = odmm_test_key(ODMM_TYPE_FIXED);
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_prefix *his, *all;
	int err;

	key.uid = ODMM_SHELF_UID;
	scoped_guard(spinlock, &odn->lock) {
		err = odmm_prefix_add(odn, &spec, &key);
		his = odmm_prefix_next(odn, NULL);
	}
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_TRUE(test, odmm_shelf_awaits(test, ODMM_SHELF_UID));
	KUNIT_EXPECT_FALSE(test, odmm_shelf_awaits(test, INVALID_UID));
	odmm_test_settle(his, ODMM_ADDRESS_USABLE);
	all = odmm_test_prefix(test, "2001:db8:2::", ODMM_TYPE_FIXED);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_given(test, 0, ODMM_SHELF_UID),
			    his);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_given(test, 0, KUIDT_INIT(1001)),
			    all);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_first(test), all);
	odmm_shelf_remove(his);
	KUNIT_EXPECT_PTR_EQ(test, odmm_shelf_given(test, 0, ODMM_SHELF_UID),
			    all);
}

/* With the last prefix goes the shelf. */
static void odmm_shelf_ends(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_prefix *a, *b;

	a = odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	b = odmm_test_prefix(test, "2001:db8:2::", ODMM_TYPE_FIXED);
	KUNIT_EXPECT_FALSE(test, RB_EMPTY_ROOT(&odn->shelves));
	odmm_shelf_remove(a);
	KUNIT_EXPECT_FALSE(test, RB_EMPTY_ROOT(&odn->shelves));
	odmm_shelf_remove(b);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&odn->shelves));
}

static struct kunit_case odmm_shelf_cases[] = {
	KUNIT_CASE(odmm_shelf_newest_first),
	KUNIT_CASE(odmm_shelf_numbers_wrap),
	KUNIT_CASE(odmm_shelf_coming_soon),
	KUNIT_CASE(odmm_shelf_exclusive),
	KUNIT_CASE(odmm_shelf_by_link),
	KUNIT_CASE(odmm_shelf_by_user),
	KUNIT_CASE(odmm_shelf_ends),
	{}
};

static struct kunit_suite odmm_shelf_suite = {
	.name = "odmm_shelf",
	.init = odmm_test_init,
	.test_cases = odmm_shelf_cases,
};

kunit_test_suite(odmm_shelf_suite);
