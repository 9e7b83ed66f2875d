// SPDX-License-Identifier: GPL-2.0
/* Policy: defaults, who may ask, how long things last. */
#include <linux/capability.h>
#include <linux/cred.h>

#include "test.h"

#define ODMM_POLICY_UID		1000
#define ODMM_POLICY_GID		100

static struct odmm_type_policy *odmm_policy_of(struct kunit *test, u32 type)
{
	return &odmm_test_net(test)->policy.type[type];
}

static bool odmm_policy_asked(struct kunit *test, u32 type)
{
	return odmm_policy_allows(odmm_test_net(test), type);
}

static void odmm_policy_defaults(struct kunit *test)
{
	const struct odmm_policy *policy = &odmm_test_net(test)->policy;
	const struct odmm_type_policy *of;
	u32 type;

	for (type = 1; type <= ODMM_TYPE_MAX; type++) {
		of = &policy->type[type];
		KUNIT_EXPECT_EQ(test, of->timeout, 30 * MSEC_PER_SEC);
		KUNIT_EXPECT_EQ(test, of->access, ODMM_ACCESS_ALL);
		KUNIT_EXPECT_EQ(test, of->max_age, 0);
		KUNIT_EXPECT_EQ(test, of->max_bytes, 0);
		KUNIT_EXPECT_FALSE(test, of->share_uid);
		KUNIT_EXPECT_EQ(test, of->abort,
				type == ODMM_TYPE_NON_PERSISTENT);
		KUNIT_EXPECT_EQ(test, of->linger == ODMM_LFT_INFINITY,
				type == ODMM_TYPE_FIXED);
		KUNIT_EXPECT_EQ(test, !!of->grace,
				type == ODMM_TYPE_GRACEFUL_REPLACEMENT);
	}
	KUNIT_EXPECT_EQ(test, policy->default_types, 0);
	KUNIT_EXPECT_FALSE(test, policy->rfc5014);
}

static void odmm_policy_times_out(struct kunit *test)
{
	const struct odmm_net *odn = odmm_test_net(test);

	odmm_policy_of(test, ODMM_TYPE_FIXED)->timeout = 77;
	KUNIT_EXPECT_EQ(test, odmm_policy_timeout(odn, ODMM_TYPE_FIXED, 0), 77);
	KUNIT_EXPECT_EQ(test, odmm_policy_timeout(odn, ODMM_TYPE_FIXED, 5), 5);
	KUNIT_EXPECT_EQ(test, odmm_policy_timeout(odn, ODMM_TYPE_FIXED, -1),
			-1);
	odmm_policy_of(test, ODMM_TYPE_FIXED)->timeout = -1;
	KUNIT_EXPECT_EQ(test, odmm_policy_timeout(odn, ODMM_TYPE_FIXED, 0),
			-1);
}

struct odmm_policy_group {
	const char	*name;
	gid_t		min;
	gid_t		max;
	bool		allowed;
};

/* The caller is in groups 100 and, besides, 200 and 300. */
static const struct odmm_policy_group odmm_policy_groups[] = {
	{ "his own", 100, 100, true },
	{ "a range with his own", 50, 150, true },
	{ "another one of his", 200, 200, true },
	{ "the last one of his", 300, 300, true },
	{ "a range with another one of his", 250, 1000, true },
	{ "the one below", 99, 99, false },
	{ "the one above", 101, 101, false },
	{ "between them", 201, 299, false },
	{ "root's", 0, 0, false },
	{ "everybody's", 0, U32_MAX - 1, true },
};

KUNIT_ARRAY_PARAM_DESC(odmm_policy_groups, odmm_policy_groups, name);

static void odmm_policy_join_groups(struct kunit *test)
{
	struct group_info *groups = groups_alloc(2);
	struct cred *cred = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, groups);
	KUNIT_ASSERT_NOT_NULL(test, cred);
	groups->gid[0] = KGIDT_INIT(200);
	groups->gid[1] = KGIDT_INIT(300);
	set_groups(cred, groups);
	put_group_info(groups);
	commit_creds(cred);
}

static void odmm_policy_by_group(struct kunit *test)
{
	const struct odmm_policy_group *c = test->param_value;
	struct odmm_type_policy *policy;

	policy = odmm_policy_of(test, ODMM_TYPE_SESSION_LASTING);
	policy->access = ODMM_ACCESS_GROUP;
	policy->gid_min = KGIDT_INIT(c->min);
	policy->gid_max = KGIDT_INIT(c->max);
	odmm_policy_join_groups(test);
	odmm_test_become(test, ODMM_POLICY_UID, ODMM_POLICY_GID);
	KUNIT_EXPECT_EQ(test, odmm_policy_asked(test, ODMM_TYPE_SESSION_LASTING),
			c->allowed);
	/* Other types have a policy of their own. */
	KUNIT_EXPECT_TRUE(test, odmm_policy_asked(test, ODMM_TYPE_FIXED));
}

static void odmm_policy_by_capability(struct kunit *test)
{
	struct odmm_type_policy *policy = odmm_policy_of(test, ODMM_TYPE_FIXED);

	policy->access = ODMM_ACCESS_CAPABILITY;
	policy->capability = CAP_NET_BIND_SERVICE;
	KUNIT_EXPECT_TRUE(test, odmm_policy_asked(test, ODMM_TYPE_FIXED));
	odmm_test_become(test, ODMM_POLICY_UID, ODMM_POLICY_GID);
	KUNIT_EXPECT_FALSE(test, odmm_policy_asked(test, ODMM_TYPE_FIXED));
	policy->access = ODMM_ACCESS_ALL;
	KUNIT_EXPECT_TRUE(test, odmm_policy_asked(test, ODMM_TYPE_FIXED));
}

/* Who may not ask gets EACCES, and nothing changes but a counter. */
static void odmm_policy_forbids(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_request_key key = odmm_test_key(ODMM_TYPE_FIXED);
	struct odmm_want *w = odmm_test_want(test, ODMM_TYPE_FIXED);
	int err;

	odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	odmm_policy_of(test, ODMM_TYPE_FIXED)->access = ODMM_ACCESS_CAPABILITY;
	odmm_test_become(test, ODMM_POLICY_UID, ODMM_POLICY_GID);
	spin_lock(&odn->lock);
	err = odmm_want_submit(odn, w, &key);
	spin_unlock(&odn->lock);
	KUNIT_EXPECT_EQ(test, err, -EACCES);
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(w->prefix));
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_FORBIDDEN), 1);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_SERVED), 0);
}

struct odmm_policy_linger {
	const char	*name;
	u32		linger;
	bool		privileged;
	u32		flags;
	u32		seconds;
};

static const struct odmm_policy_linger odmm_policy_lingers[] = {
	{ "as policy says", 60, false, 0, 60 },
	{ "not too often for a user", 1, false, 0, 10 },
	{ "an administrator may", 1, true, 0, 1 },
	{ "an administrator, at once", 0, true, 0, 1 },
	{ "for ever", ODMM_LFT_INFINITY, false, 0, ODMM_LFT_INFINITY },
	{ "for one socket", 60, false, ODMM_PREFIX_F_EXCLUSIVE, 10 },
	{ "for one socket of root", 60, true, ODMM_PREFIX_F_EXCLUSIVE, 1 },
};

KUNIT_ARRAY_PARAM_DESC(odmm_policy_lingers, odmm_policy_lingers, name);

static void odmm_policy_lingering(struct kunit *test)
{
	const struct odmm_policy_linger *c = test->param_value;
	const struct odmm_prefix p = {
		.address.odn = odmm_test_net(test),
		.address.type = ODMM_TYPE_GRACEFUL_REPLACEMENT,
		.flags = c->flags,
		.privileged = c->privileged,
	};

	odmm_policy_of(test, p.address.type)->linger = c->linger;
	KUNIT_EXPECT_EQ(test, odmm_policy_linger(&p), c->seconds);
}

/* The first of: the age that policy allows, what its user allows, its bytes. */
static void odmm_policy_ages(struct kunit *test)
{
	ktime_t now = odmm_now();
	struct odmm_prefix p = {
		.address.odn = odmm_test_net(test),
		.address.type = ODMM_TYPE_FIXED,
		.born = now,
		.first_held = ktime_add_ms(now, 5000),
	};

	KUNIT_EXPECT_EQ(test, odmm_policy_age_end(&p), KTIME_MAX);
	p.lifetime = 20;
	KUNIT_EXPECT_EQ(test, odmm_policy_age_end(&p),
			ktime_add_ms(now, 25000));
	odmm_policy_of(test, ODMM_TYPE_FIXED)->max_age = 24;
	KUNIT_EXPECT_EQ(test, odmm_policy_age_end(&p),
			ktime_add_ms(now, 24000));
	p.lifetime = 0;
	KUNIT_EXPECT_EQ(test, odmm_policy_age_end(&p),
			ktime_add_ms(now, 24000));
	p.spent = true;
	KUNIT_EXPECT_EQ(test, odmm_policy_age_end(&p), 0);
}

static void odmm_policy_room(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);

	odn->policy.requests_max = 3;
	odn->n_requests = 2;
	KUNIT_EXPECT_TRUE(test, odmm_policy_room_for_request(odn));
	odn->n_requests = 3;
	KUNIT_EXPECT_FALSE(test, odmm_policy_room_for_request(odn));
	odn->n_requests = 0;
}

static struct kunit_case odmm_policy_cases[] = {
	KUNIT_CASE(odmm_policy_defaults),
	KUNIT_CASE(odmm_policy_times_out),
	KUNIT_CASE_PARAM(odmm_policy_by_group, odmm_policy_groups_gen_params),
	KUNIT_CASE(odmm_policy_by_capability),
	KUNIT_CASE(odmm_policy_forbids),
	KUNIT_CASE_PARAM(odmm_policy_lingering,
			 odmm_policy_lingers_gen_params),
	KUNIT_CASE(odmm_policy_ages),
	KUNIT_CASE(odmm_policy_room),
	{}
};

static struct kunit_suite odmm_policy_suite = {
	.name = "odmm_policy",
	.init = odmm_test_init,
	.test_cases = odmm_policy_cases,
};

kunit_test_suite(odmm_policy_suite);
