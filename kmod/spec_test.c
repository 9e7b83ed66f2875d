// SPDX-License-Identifier: GPL-2.0
/* What cannot be a prefix, and which attribute is to blame. */
#include "test.h"

struct odmm_spec_case {
	const char	*name;
	const char	*prefix;
	u32		len;
	int		ifindex;
	int		home;
	u32		flags;
	s32		preferred;	/* seconds from now, -1 for ever */
	s32		valid;
	int		err;
	int		culprit;
};

#define ODMM_SPEC_LINK	ODMM_TEST_LINK
#define ODMM_SPEC_NONE	ODMM_TEST_NO_LINK

/* With 2001:db8:1::/64 there already. */
static const struct odmm_spec_case odmm_spec_cases[] = {
	{ "fine", "2001:db8:2::", 64, ODMM_SPEC_LINK, 0, 0, -1, -1, 0, 0 },
	{ "fine, /48", "2001:db8:2::", 48, ODMM_SPEC_LINK, 0, 0, -1, -1, 0, 0 },
	{ "unique local", "fd00:1::", 64, ODMM_SPEC_LINK, 0, 0, -1, -1, 0, 0 },
	{ "home named", "2001:db8:2::", 64, ODMM_SPEC_LINK, ODMM_SPEC_LINK, 0,
	  -1, -1, 0, 0 },
	{ "on-link", "2001:db8:2::", 64, ODMM_SPEC_LINK, 0,
	  ODMM_PREFIX_F_ONLINK, -1, -1, 0, 0 },
	{ "bits behind", "2001:db8:2::1", 64, ODMM_SPEC_LINK, 0, 0, -1, -1,
	  -EINVAL, ODMM_A_PREFIX_PREFIX },
	{ "one bit behind", "2001:db8:2:1::", 63, ODMM_SPEC_LINK, 0, 0, -1, -1,
	  -EINVAL, ODMM_A_PREFIX_PREFIX },
	{ "multicast", "ff0e::", 64, ODMM_SPEC_LINK, 0, 0, -1, -1, -EINVAL,
	  ODMM_A_PREFIX_PREFIX },
	{ "link-local", "fe80::", 64, ODMM_SPEC_LINK, 0, 0, -1, -1, -EINVAL,
	  ODMM_A_PREFIX_PREFIX },
	{ "unspecified", "::", 64, ODMM_SPEC_LINK, 0, 0, -1, -1, -EINVAL,
	  ODMM_A_PREFIX_PREFIX },
	{ "there already", "2001:db8:1::", 64, ODMM_SPEC_LINK, 0, 0, -1, -1,
	  -EEXIST, ODMM_A_PREFIX_PREFIX },
	{ "around one", "2001:db8:1::", 48, ODMM_SPEC_LINK, 0, 0, -1, -1,
	  -EINVAL, ODMM_A_PREFIX_PREFIX },
	{ "preferred too long", "2001:db8:2::", 64, ODMM_SPEC_LINK, 0, 0, 20,
	  10, -EINVAL, ODMM_A_PREFIX_PREFERRED_LFT },
	{ "preferred for ever", "2001:db8:2::", 64, ODMM_SPEC_LINK, 0, 0, -1,
	  10, -EINVAL, ODMM_A_PREFIX_PREFERRED_LFT },
	{ "not preferred", "2001:db8:2::", 64, ODMM_SPEC_LINK, 0, 0, 0, 10,
	  -EINVAL, ODMM_A_PREFIX_PREFERRED_LFT },
	{ "no such interface", "2001:db8:2::", 64, ODMM_SPEC_NONE, 0, 0, -1,
	  -1, -ENODEV, ODMM_A_PREFIX_IFINDEX },
	{ "no such home", "2001:db8:2::", 64, ODMM_SPEC_LINK, ODMM_SPEC_NONE, 0,
	  -1, -1, -ENODEV, ODMM_A_PREFIX_HOME },
	{ "on-link with a home", "2001:db8:2::", 64, ODMM_SPEC_LINK,
	  ODMM_SPEC_LINK, ODMM_PREFIX_F_ONLINK, -1, -1, -EINVAL,
	  ODMM_A_PREFIX_HOME },
};

KUNIT_ARRAY_PARAM_DESC(odmm_spec_cases, odmm_spec_cases, name);

static ktime_t odmm_spec_end(s32 seconds)
{
	return odmm_lifetime_end(odmm_now(), seconds < 0 ? ODMM_LFT_INFINITY :
							   seconds);
}

/* Who is refused has changed nothing, and is told why. */
static void odmm_spec_judged(struct kunit *test)
{
	const struct odmm_spec_case *c = test->param_value;
	struct netlink_ext_ack extack = {};
	struct odmm_prefix_spec spec = odmm_test_spec(c->prefix,
						      ODMM_TYPE_FIXED);

	odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	spec.len = c->len;
	spec.ifindex = c->ifindex;
	spec.home = c->home;
	spec.flags = c->flags;
	spec.preferred_until = odmm_spec_end(c->preferred);
	spec.valid_until = odmm_spec_end(c->valid);
	spec.extack = &extack;
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), c->err);
	KUNIT_EXPECT_EQ(test, spec.culprit, c->culprit);
	KUNIT_EXPECT_EQ(test, !!extack._msg, !!c->err);
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_prefixes, c->err ? 1 : 2);
}

static void odmm_spec_overlaps_other_type(struct kunit *test)
{
	struct netlink_ext_ack same = {}, other = {};
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_FIXED);

	odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	spec.len = 60;
	spec.extack = &same;
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), -EINVAL);
	spec.type = ODMM_TYPE_SESSION_LASTING;
	spec.extack = &other;
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), -EINVAL);
	KUNIT_ASSERT_NOT_NULL(test, same._msg);
	KUNIT_ASSERT_NOT_NULL(test, other._msg);
	KUNIT_EXPECT_STRNEQ(test, same._msg, other._msg);
}

static void odmm_spec_table_is_full(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:2::", ODMM_TYPE_FIXED);

	odmm_test_net(test)->policy.prefixes_max = 1;
	odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), -ENOSPC);
	odmm_test_net(test)->policy.prefixes_max = 2;
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), 0);
}

/* Half of the sixteen that a router may give are left to it. */
static void odmm_spec_link_is_full(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8::", ODMM_TYPE_FIXED);
	int i;

	spec.flags = ODMM_PREFIX_F_ONLINK;
	for (i = 1; i <= 8; i++) {
		spec.prefix.s6_addr16[2] = cpu_to_be16(i);
		KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), 0);
	}
	spec.prefix.s6_addr16[2] = cpu_to_be16(i);
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), -ENOSPC);
	KUNIT_EXPECT_EQ(test, spec.culprit, ODMM_A_PREFIX_IFINDEX);
	spec.flags = 0;
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), 0);
}

/* The namespace goes: nothing is added any more. */
static void odmm_spec_while_closing(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_FIXED);

	odmm_test_net(test)->closing = true;
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), -ESHUTDOWN);
}

static struct kunit_case odmm_spec_test_cases[] = {
	KUNIT_CASE_PARAM(odmm_spec_judged, odmm_spec_cases_gen_params),
	KUNIT_CASE(odmm_spec_overlaps_other_type),
	KUNIT_CASE(odmm_spec_table_is_full),
	KUNIT_CASE(odmm_spec_link_is_full),
	KUNIT_CASE(odmm_spec_while_closing),
	{}
};

static struct kunit_suite odmm_spec_suite = {
	.name = "odmm_spec",
	.init = odmm_test_init,
	.test_cases = odmm_spec_test_cases,
};

kunit_test_suite(odmm_spec_suite);
