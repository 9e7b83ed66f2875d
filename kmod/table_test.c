// SPDX-License-Identifier: GPL-2.0
/* The table of prefixes: finding, order, overlaps, and whom one serves. */
#include <linux/cleanup.h>

#include "test.h"

static struct odmm_prefix *odmm_table_find(struct kunit *test,
					   const char *prefix, u32 len)
{
	struct odmm_net *odn = odmm_test_net(test);
	const struct in6_addr addr = odmm_test_addr(prefix);

	guard(spinlock)(&odn->lock);
	return odmm_prefix_find(odn, &addr, len);
}

static struct odmm_prefix *odmm_table_overlapping(struct kunit *test,
						  const char *prefix, u32 len)
{
	struct odmm_net *odn = odmm_test_net(test);
	const struct in6_addr addr = odmm_test_addr(prefix);

	guard(spinlock)(&odn->lock);
	return odmm_prefix_overlapping(odn, &addr, len);
}

static struct odmm_prefix *odmm_table_after(struct kunit *test,
					    const char *prefix)
{
	struct odmm_net *odn = odmm_test_net(test);
	const struct in6_addr addr = odmm_test_addr(prefix);

	guard(spinlock)(&odn->lock);
	return odmm_prefix_after(odn, &addr);
}

static struct odmm_prefix *odmm_table_next(struct kunit *test,
					   const struct odmm_prefix *p)
{
	struct odmm_net *odn = odmm_test_net(test);

	guard(spinlock)(&odn->lock);
	return odmm_prefix_next(odn, p);
}

static struct odmm_prefix *odmm_table_successor(struct kunit *test,
						const struct odmm_prefix *p)
{
	struct odmm_net *odn = odmm_test_net(test);

	guard(spinlock)(&odn->lock);
	return odmm_prefix_successor(odn, p);
}

static void odmm_table_remove(struct odmm_prefix *p)
{
	struct odmm_net *odn = p->address.odn;

	guard(spinlock)(&odn->lock);
	odmm_prefix_remove(p, ODMM_END_DELETED);
}

static void odmm_table_empty(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, odmm_table_next(test, NULL));
	KUNIT_EXPECT_NULL(test, odmm_table_after(test, "::"));
	KUNIT_EXPECT_NULL(test, odmm_table_find(test, "2001:db8::", 64));
	KUNIT_EXPECT_NULL(test, odmm_table_overlapping(test, "::", 0));
}

static void odmm_table_exact(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_FIXED);
	struct odmm_prefix *p;

	spec.len = 48;
	p = odmm_test_add(test, &spec);
	KUNIT_EXPECT_PTR_EQ(test, odmm_table_find(test, "2001:db8:1::", 48), p);
	KUNIT_EXPECT_NULL(test, odmm_table_find(test, "2001:db8:1::", 47));
	KUNIT_EXPECT_NULL(test, odmm_table_find(test, "2001:db8:1::", 49));
	KUNIT_EXPECT_NULL(test, odmm_table_find(test, "2001:db8:1:1::", 48));
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_prefixes, 1);
	odmm_table_remove(p);
	KUNIT_EXPECT_NULL(test, odmm_table_find(test, "2001:db8:1::", 48));
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_prefixes, 0);
}

struct odmm_table_overlap {
	const char	*name;
	const char	*prefix;
	u32		len;
	bool		overlaps;
};

/* With 2001:db8:1:8000::/50 in the table, and neighbours on both sides. */
static const struct odmm_table_overlap odmm_table_overlaps[] = {
	{ "itself", "2001:db8:1:8000::", 50, true },
	{ "around it", "2001:db8:1::", 48, true },
	{ "around it, by one bit", "2001:db8:1:8000::", 49, true },
	{ "everything", "::", 0, true },
	{ "inside", "2001:db8:1:8001::", 64, true },
	{ "its last address", "2001:db8:1:bfff:ffff:ffff:ffff:ffff", 128,
	  true },
	{ "the one before", "2001:db8:1:4000::", 50, false },
	{ "the one behind", "2001:db8:1:c000::", 50, false },
	{ "the address behind", "2001:db8:1:c000::", 128, false },
	{ "elsewhere", "2001:db9::", 32, false },
};

KUNIT_ARRAY_PARAM_DESC(odmm_table_overlaps, odmm_table_overlaps, name);

static void odmm_table_overlap(struct kunit *test)
{
	const struct odmm_table_overlap *c = test->param_value;
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1:8000::", ODMM_TYPE_FIXED);
	struct odmm_prefix *p;

	odmm_test_prefix(test, "2001:db8:0:ffff::", ODMM_TYPE_FIXED);
	odmm_test_prefix(test, "2001:db8:2::", ODMM_TYPE_FIXED);
	spec.len = 50;
	p = odmm_test_add(test, &spec);
	if (c->overlaps && c->len)
		KUNIT_EXPECT_PTR_EQ(test, odmm_table_overlapping(test, c->prefix,
								 c->len), p);
	else
		KUNIT_EXPECT_EQ(test, !!odmm_table_overlapping(test, c->prefix,
							       c->len),
				c->overlaps);
}

/* In the order of the addresses, whichever came first. */
static void odmm_table_order(struct kunit *test)
{
	static const char *const prefixes[] = {
		"2001:db8:3::", "2001:db8:1::", "2001:db8:5::", "2001:db8:4::",
		"2001:db8:2::", "2001:db8:7::", "2001:db8:6::",
	};
	struct odmm_prefix *p = NULL;
	int i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		odmm_test_prefix(test, prefixes[i], ODMM_TYPE_FIXED);
	for (i = 1; i <= ARRAY_SIZE(prefixes); i++) {
		p = odmm_table_next(test, p);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, be16_to_cpu(p->address.prefix.s6_addr16[2]),
				i);
	}
	KUNIT_EXPECT_NULL(test, odmm_table_next(test, p));
}

/* A dump goes on behind a prefix that may have gone meanwhile. */
static void odmm_table_dump(struct kunit *test)
{
	struct odmm_prefix *a, *b;

	a = odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	b = odmm_test_prefix(test, "2001:db8:3::", ODMM_TYPE_FIXED);
	KUNIT_EXPECT_PTR_EQ(test, odmm_table_after(test, "::"), a);
	KUNIT_EXPECT_PTR_EQ(test, odmm_table_after(test, "2001:db8:1::"), b);
	KUNIT_EXPECT_PTR_EQ(test, odmm_table_after(test, "2001:db8:2::"), b);
	KUNIT_EXPECT_NULL(test, odmm_table_after(test, "2001:db8:3::"));
	odmm_table_remove(a);
	KUNIT_EXPECT_PTR_EQ(test, odmm_table_after(test, "2001:db8::"), b);
	KUNIT_EXPECT_PTR_EQ(test, odmm_table_after(test, "2001:db8:1::"), b);
}

#define ODMM_TABLE_LINK		7
#define ODMM_TABLE_VRF		8
#define ODMM_TABLE_USER		KUIDT_INIT(1000)

struct odmm_table_match {
	const char		*name;
	int			ifindex;
	int			vrf;
	kuid_t			uid;
	struct odmm_request_key	key;
	bool			matches;
};

/* What a prefix of type FIXED with such an interface, VRF and user serves. */
static const struct odmm_table_match odmm_table_matchings[] = {
	{ "a socket that is bound to no interface", ODMM_TABLE_LINK, 0,
	  INVALID_UID, { ODMM_TYPE_FIXED, 0, 0, INVALID_UID }, true },
	{ "one that is bound to its interface", ODMM_TABLE_LINK, 0,
	  INVALID_UID, { ODMM_TYPE_FIXED, ODMM_TABLE_LINK, 0, INVALID_UID },
	  true },
	{ "one that is bound to another", ODMM_TABLE_LINK, 0,
	  INVALID_UID, { ODMM_TYPE_FIXED, 99, 0, INVALID_UID }, false },
	{ "another type", ODMM_TABLE_LINK, 0,
	  INVALID_UID, { ODMM_TYPE_SESSION_LASTING, 0, 0, INVALID_UID },
	  false },
	{ "a VRF, for a socket outside", ODMM_TABLE_LINK, ODMM_TABLE_VRF,
	  INVALID_UID, { ODMM_TYPE_FIXED, 0, 0, INVALID_UID }, false },
	{ "a VRF, for a socket bound to it", ODMM_TABLE_LINK, ODMM_TABLE_VRF,
	  INVALID_UID, { ODMM_TYPE_FIXED, ODMM_TABLE_VRF, 0, INVALID_UID },
	  true },
	{ "a VRF, for a socket bound to its interface", ODMM_TABLE_LINK,
	  ODMM_TABLE_VRF, INVALID_UID,
	  { ODMM_TYPE_FIXED, ODMM_TABLE_LINK, 0, INVALID_UID }, true },
	{ "outside, for a socket in a VRF", ODMM_TABLE_LINK, 0,
	  INVALID_UID, { ODMM_TYPE_FIXED, ODMM_TABLE_VRF, 0, INVALID_UID },
	  false },
	{ "its interface is gone, any socket", 0, 0,
	  INVALID_UID, { ODMM_TYPE_FIXED, 0, 0, INVALID_UID }, true },
	{ "its interface is gone, one bound to it", 0, 0,
	  INVALID_UID, { ODMM_TYPE_FIXED, ODMM_TABLE_LINK, 0, INVALID_UID },
	  false },
	{ "one user's, for him", ODMM_TABLE_LINK, 0, ODMM_TABLE_USER,
	  { ODMM_TYPE_FIXED, 0, 0, ODMM_TABLE_USER }, true },
	{ "one user's, for another", ODMM_TABLE_LINK, 0, ODMM_TABLE_USER,
	  { ODMM_TYPE_FIXED, 0, 0, KUIDT_INIT(1001) }, false },
	{ "one user's, for somebody who shares", ODMM_TABLE_LINK, 0,
	  ODMM_TABLE_USER, { ODMM_TYPE_FIXED, 0, 0, INVALID_UID }, false },
	{ "everybody's, for one who shares with nobody", ODMM_TABLE_LINK, 0,
	  INVALID_UID, { ODMM_TYPE_FIXED, 0, 0, ODMM_TABLE_USER }, true },
};

KUNIT_ARRAY_PARAM_DESC(odmm_table_matchings, odmm_table_matchings, name);

static void odmm_table_matches(struct kunit *test)
{
	const struct odmm_table_match *c = test->param_value;
	struct odmm_prefix p = {
		.address.type = ODMM_TYPE_FIXED,
		.ifindex = c->ifindex,
		.vrf = c->vrf,
		.uid = c->uid,
	};

	KUNIT_EXPECT_EQ(test, odmm_prefix_matches(&p, &c->key), c->matches);
}

/* The newest active one of the type, and none that is for one socket alone. */
static void odmm_table_succession(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:4::", ODMM_TYPE_FIXED);
	struct odmm_prefix *old, *b, *c, *own;

	old = odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	b = odmm_test_prefix(test, "2001:db8:2::", ODMM_TYPE_FIXED);
	c = odmm_test_prefix(test, "2001:db8:3::", ODMM_TYPE_FIXED);
	odmm_test_prefix(test, "2001:db8:5::", ODMM_TYPE_SESSION_LASTING);
	spec.flags = ODMM_PREFIX_F_EXCLUSIVE;
	own = odmm_test_add(test, &spec);
	KUNIT_EXPECT_TRUE(test, odmm_prefix_succeeds(b, old));
	KUNIT_EXPECT_FALSE(test, odmm_prefix_succeeds(own, old));
	KUNIT_EXPECT_PTR_EQ(test, odmm_table_successor(test, old), c);
	odmm_table_remove(c);
	KUNIT_EXPECT_PTR_EQ(test, odmm_table_successor(test, old), b);
}

static struct kunit_case odmm_table_cases[] = {
	KUNIT_CASE(odmm_table_empty),
	KUNIT_CASE(odmm_table_exact),
	KUNIT_CASE_PARAM(odmm_table_overlap, odmm_table_overlaps_gen_params),
	KUNIT_CASE(odmm_table_order),
	KUNIT_CASE(odmm_table_dump),
	KUNIT_CASE_PARAM(odmm_table_matches, odmm_table_matchings_gen_params),
	KUNIT_CASE(odmm_table_succession),
	{}
};

static struct kunit_suite odmm_table_suite = {
	.name = "odmm_table",
	.init = odmm_test_init,
	.test_cases = odmm_table_cases,
};

kunit_test_suite(odmm_table_suite);
