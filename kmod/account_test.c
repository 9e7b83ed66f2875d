// SPDX-License-Identifier: GPL-2.0
/* Accounts: quotas, and the token bucket of requests on the net. */
#include <linux/cleanup.h>

#include "test.h"

#define ODMM_ACCOUNT_UID	1000
#define ODMM_ACCOUNT_GID	100

/* The test goes on as a plain user, who has to keep to the quotas. */
static struct odmm_account *odmm_account_user(struct kunit *test, uid_t uid)
{
	odmm_test_become(test, uid, ODMM_ACCOUNT_GID);
	return odmm_test_account(test);
}

static int odmm_account_waits(struct kunit *test, struct odmm_account *acc)
{
	struct odmm_net *odn = odmm_test_net(test);

	guard(spinlock)(&odn->lock);
	return odmm_account_wait(odn, acc);
}

/* Asks for a prefix of its own, and does without it again. */
static int odmm_account_asks(struct kunit *test, struct odmm_account *acc)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_want w = { .account = acc };
	int err;

	guard(spinlock)(&odn->lock);
	err = odmm_account_own(odn, &w);
	odmm_account_disown(&w);
	return err;
}

/* How many of @n succeed. */
static int odmm_account_ask_often(struct kunit *test, struct odmm_account *acc,
				  int n)
{
	int granted = 0;

	while (n--)
		granted += !odmm_account_asks(test, acc);
	return granted;
}

static void odmm_account_by_user(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_account *root = odmm_test_account(test), *one, *two;

	KUNIT_EXPECT_TRUE(test, odmm_account_is_root(odn, root));
	one = odmm_account_user(test, 1001);
	two = odmm_account_user(test, 1002);
	KUNIT_EXPECT_PTR_NE(test, one, two);
	KUNIT_EXPECT_FALSE(test, odmm_account_is_root(odn, one));
	KUNIT_EXPECT_PTR_EQ(test, odmm_account_user(test, 1001), one);
	KUNIT_EXPECT_PTR_EQ(test, odmm_account_user(test, 0), root);
}

static void odmm_account_pending(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	struct odmm_net *odn = odmm_test_net(test);

	odn->policy.pending = 2;
	KUNIT_EXPECT_EQ(test, odmm_account_waits(test, acc), 0);
	KUNIT_EXPECT_FALSE(test, odmm_account_is_full(odn, acc));
	KUNIT_EXPECT_EQ(test, odmm_account_waits(test, acc), 0);
	KUNIT_EXPECT_TRUE(test, odmm_account_is_full(odn, acc));
	KUNIT_EXPECT_EQ(test, odmm_account_waits(test, acc), -EDQUOT);
	KUNIT_EXPECT_EQ(test, acc->pending, 2);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_OVER_PENDING), 1);
	acc->pending = 1;
	KUNIT_EXPECT_EQ(test, odmm_account_waits(test, acc), 0);
}

static void odmm_account_sessions(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	struct odmm_net *odn = odmm_test_net(test);

	odn->policy.sessions = 2;
	acc->sessions = 1;
	KUNIT_EXPECT_TRUE(test, odmm_account_has_room(odn, acc));
	acc->sessions = 2;
	KUNIT_EXPECT_FALSE(test, odmm_account_has_room(odn, acc));
	acc->sessions = 0;
}

/* Quotas of 0: nothing at all, but for the administrator. */
static void odmm_account_exempts(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_account *acc = odmm_test_account(test);

	odn->policy.sessions = 0;
	odn->policy.pending = 0;
	odn->policy.held = 0;
	odn->policy.on_net_burst = 1;
	KUNIT_EXPECT_TRUE(test, odmm_account_has_room(odn, acc));
	KUNIT_EXPECT_EQ(test, odmm_account_waits(test, acc), 0);
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 100), 100);
	acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	KUNIT_EXPECT_FALSE(test, odmm_account_has_room(odn, acc));
	KUNIT_EXPECT_EQ(test, odmm_account_waits(test, acc), -EDQUOT);
	KUNIT_EXPECT_EQ(test, odmm_account_asks(test, acc), -EDQUOT);
}

/* What is one's own counts from the question until the prefix is gone. */
static void odmm_account_holds(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_want w = { .account = acc };
	struct odmm_prefix p = {};

	odn->policy.held = 1;
	scoped_guard(spinlock, &odn->lock)
		odmm_account_own(odn, &w);
	KUNIT_EXPECT_EQ(test, acc->held, 1);
	KUNIT_EXPECT_EQ(test, odmm_account_asks(test, acc), -EDQUOT);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_OVER_HELD), 1);

	odmm_account_give(&w, &p);
	odmm_account_disown(&w);
	KUNIT_EXPECT_PTR_EQ(test, p.owner, acc);
	KUNIT_EXPECT_EQ(test, acc->held, 1);

	odmm_account_gone(&p);
	odmm_account_gone(&p);
	KUNIT_EXPECT_EQ(test, acc->held, 0);
	KUNIT_EXPECT_EQ(test, odmm_account_asks(test, acc), 0);
	KUNIT_EXPECT_EQ(test, acc->held, 0);
}

/* What was somebody else's anyway is charged to nobody. */
static void odmm_account_shares(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	struct odmm_want w = { .account = acc };
	struct odmm_prefix p = {};

	odmm_account_give(&w, &p);
	KUNIT_EXPECT_NULL(test, p.owner);
	odmm_account_gone(&p);
	odmm_account_disown(&w);
	KUNIT_EXPECT_EQ(test, acc->held, 0);
}

/* A bucket is full at first, is emptied, and fills up at the rate. */
static void odmm_account_bucket(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	struct odmm_net *odn = odmm_test_net(test);

	odn->policy.on_net_rate = 10;
	odn->policy.on_net_burst = 5;
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 20), 5);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_OVER_RATE), 15);
	odmm_test_pass_ms(test, 99);
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 20), 0);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 20), 1);
	odmm_test_pass_ms(test, 300);
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 20), 3);
}

/* However long nothing was asked for, it holds no more than the burst. */
static void odmm_account_bucket_is_bounded(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	struct odmm_net *odn = odmm_test_net(test);

	odn->policy.on_net_rate = 10;
	odn->policy.on_net_burst = 5;
	odmm_account_ask_often(test, acc, 20);
	odmm_test_pass_ms(test, 1000 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 20), 5);
}

/* In the long run the rate, to the last one. */
static void odmm_account_bucket_rate(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	struct odmm_net *odn = odmm_test_net(test);
	int i, granted = 0;

	odn->policy.on_net_rate = 8;
	odn->policy.on_net_burst = 4;
	for (i = 0; i < 100; i++) {
		granted += odmm_account_ask_often(test, acc, 3);
		odmm_test_pass_ms(test, 125);
	}
	KUNIT_EXPECT_EQ(test, granted, 4 + 99);
}

static void odmm_account_bucket_of_one(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	struct odmm_net *odn = odmm_test_net(test);

	odn->policy.on_net_rate = 1;
	odn->policy.on_net_burst = 1;
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 3), 1);
	odmm_test_pass_ms(test, 999);
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 3), 0);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 3), 1);
}

static void odmm_account_no_rate(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);

	odmm_test_net(test)->policy.on_net_rate = 0;
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 1000), 1000);
}

/* One user's questions are not paid for by another. */
static void odmm_account_buckets(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, 1001);

	odmm_test_net(test)->policy.on_net_burst = 2;
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 3), 2);
	acc = odmm_account_user(test, 1002);
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 3), 2);
}

/* Forgotten when he has nothing, and not to get a full bucket by it. */
static void odmm_account_forgotten(struct kunit *test)
{
	struct odmm_account *acc = odmm_account_user(test, ODMM_ACCOUNT_UID);
	struct odmm_net *odn = odmm_test_net(test);

	odn->policy.on_net_rate = 1;
	odn->policy.on_net_burst = 3;
	KUNIT_EXPECT_EQ(test, odmm_account_ask_often(test, acc, 3), 3);
	KUNIT_EXPECT_TRUE(test, odmm_account_sweep(odn));
	KUNIT_EXPECT_PTR_EQ(test, odmm_test_account(test), acc);
	odmm_test_pass_ms(test, 2999);
	KUNIT_EXPECT_TRUE(test, odmm_account_sweep(odn));
	acc->held = 1;
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_TRUE(test, odmm_account_sweep(odn));
	acc->held = 0;
	acc->sessions = 1;
	KUNIT_EXPECT_TRUE(test, odmm_account_sweep(odn));
	acc->sessions = 0;
	KUNIT_EXPECT_FALSE(test, odmm_account_sweep(odn));
}

static struct kunit_case odmm_account_cases[] = {
	KUNIT_CASE(odmm_account_by_user),
	KUNIT_CASE(odmm_account_pending),
	KUNIT_CASE(odmm_account_sessions),
	KUNIT_CASE(odmm_account_exempts),
	KUNIT_CASE(odmm_account_holds),
	KUNIT_CASE(odmm_account_shares),
	KUNIT_CASE(odmm_account_bucket),
	KUNIT_CASE(odmm_account_bucket_is_bounded),
	KUNIT_CASE(odmm_account_bucket_rate),
	KUNIT_CASE(odmm_account_bucket_of_one),
	KUNIT_CASE(odmm_account_no_rate),
	KUNIT_CASE(odmm_account_buckets),
	KUNIT_CASE(odmm_account_forgotten),
	{}
};

static struct kunit_suite odmm_account_suite = {
	.name = "odmm_account",
	.init = odmm_test_init,
	.test_cases = odmm_account_cases,
};

kunit_test_suite(odmm_account_suite);
