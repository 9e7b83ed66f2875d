// SPDX-License-Identifier: GPL-2.0
/* Interface identifiers: what RFC 7217, RFC 8981 and RFC 5453 ask of them. */
#include <linux/sort.h>
#include <net/ipv6.h>

#include "test.h"

#define ODMM_IID_TRIES		1000

/* An address of a prefix, not in any table. */
static struct odmm_address odmm_iid_address(struct kunit *test,
					    const char *prefix, u8 type)
{
	return (struct odmm_address) {
		.odn = odmm_test_net(test),
		.prefix = odmm_test_addr(prefix),
		.prefix_len = 64,
		.type = type,
	};
}

static u64 odmm_iid_of(const struct odmm_address *a)
{
	struct in6_addr addr;
	__be64 iid;

	odmm_iid_make(a, &addr);
	memcpy(&iid, &addr.s6_addr[8], sizeof(iid));
	return be64_to_cpu(iid);
}

struct odmm_iid_case {
	const char	*name;
	u64		iid;
	bool		reserved;
};

static const struct odmm_iid_case odmm_iid_cases[] = {
	{ "subnet-router anycast", 0, true },
	{ "the first host", 1, false },
	{ "before IANA's block", 0x02005efffdffffffULL, false },
	{ "begin of IANA's block", 0x02005efffe000000ULL, true },
	{ "proxy mobile IPv6", 0x02005efffe005213ULL, true },
	{ "end of IANA's block", 0x02005efffeffffffULL, true },
	{ "behind IANA's block", 0x02005effff000000ULL, false },
	{ "before the anycast block", 0xfdffffffffffff7fULL, false },
	{ "begin of the anycast block", 0xfdffffffffffff80ULL, true },
	{ "home agents anycast", 0xfdfffffffffffffeULL, true },
	{ "end of the anycast block", 0xfdffffffffffffffULL, true },
	{ "behind the anycast block", 0xfe00000000000000ULL, false },
	{ "all ones", U64_MAX, false },
};

KUNIT_ARRAY_PARAM_DESC(odmm_iid_cases, odmm_iid_cases, name);

static void odmm_iid_reserves(struct kunit *test)
{
	const struct odmm_iid_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, odmm_iid_reserved(cpu_to_be64(c->iid)),
			c->reserved);
}

struct odmm_iid_type {
	const char	*name;
	u8		type;
};

static const struct odmm_iid_type odmm_iid_types[] = {
	{ "fixed", ODMM_TYPE_FIXED },
	{ "session-lasting", ODMM_TYPE_SESSION_LASTING },
	{ "non-persistent", ODMM_TYPE_NON_PERSISTENT },
	{ "graceful-replacement", ODMM_TYPE_GRACEFUL_REPLACEMENT },
};

KUNIT_ARRAY_PARAM_DESC(odmm_iid_types, odmm_iid_types, name);

/* The prefix stays, the rest is no reserved identifier. */
static void odmm_iid_in_prefix(struct kunit *test)
{
	const struct odmm_iid_type *c = test->param_value;
	struct odmm_address a = odmm_iid_address(test, "2001:db8:1:2::",
						 c->type);
	struct in6_addr addr;
	__be64 iid;
	int i;

	for (i = 0; i < 16; i++) {
		a.conflicts = i;
		odmm_iid_make(&a, &addr);
		KUNIT_EXPECT_TRUE(test, ipv6_prefix_equal(&addr, &a.prefix,
							  64));
		memcpy(&iid, &addr.s6_addr[8], sizeof(iid));
		KUNIT_EXPECT_FALSE(test, odmm_iid_reserved(iid));
	}
}

/*
 * RFC 7217 section 4, but for the network, which is left out on purpose: the
 * same prefix has the same identifier each time, on whichever interface.
 */
static void odmm_iid_is_stable(struct kunit *test)
{
	struct odmm_address a = odmm_iid_address(test, "2001:db8:1::",
						 ODMM_TYPE_FIXED);
	u64 iid = odmm_iid_of(&a);

	KUNIT_EXPECT_EQ(test, odmm_iid_of(&a), iid);
	a.target = 17;
	a.ifindex = 18;
	a.onlink = true;
	KUNIT_EXPECT_EQ(test, odmm_iid_of(&a), iid);
	odmm_test_pass_ms(test, 1000 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, odmm_iid_of(&a), iid);
}

static int odmm_iid_cmp(const void *a, const void *b)
{
	return *(const u64 *)a < *(const u64 *)b ? -1 :
	       *(const u64 *)a > *(const u64 *)b;
}

static void odmm_iid_expect_distinct(struct kunit *test, u64 *iids)
{
	int i;

	sort(iids, ODMM_IID_TRIES, sizeof(*iids), odmm_iid_cmp, NULL);
	for (i = 1; i < ODMM_IID_TRIES; i++)
		KUNIT_EXPECT_NE(test, iids[i - 1], iids[i]);
}

/* "Must be different for each prefix": no tracking from one to the next. */
static void odmm_iid_differs_by_prefix(struct kunit *test)
{
	struct odmm_address a = odmm_iid_address(test, "2001:db8::",
						 ODMM_TYPE_FIXED);
	u64 *iids = kunit_kcalloc(test, ODMM_IID_TRIES, sizeof(*iids),
				  GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, iids);
	for (i = 0; i < ODMM_IID_TRIES; i++) {
		a.prefix.s6_addr16[3] = cpu_to_be16(i);
		iids[i] = odmm_iid_of(&a);
	}
	odmm_iid_expect_distinct(test, iids);
}

/* The whole of the prefix counts, not only what most have. */
static void odmm_iid_takes_each_bit(struct kunit *test)
{
	struct odmm_address a = odmm_iid_address(test, "2001:db8::",
						 ODMM_TYPE_FIXED);
	u64 iid = odmm_iid_of(&a);
	int bit;

	for (bit = 0; bit < 64; bit++) {
		a.prefix.s6_addr[bit / 8] ^= 0x80 >> bit % 8;
		KUNIT_EXPECT_NE(test, odmm_iid_of(&a), iid);
		a.prefix.s6_addr[bit / 8] ^= 0x80 >> bit % 8;
	}
}

/* After a duplicate another one is tried, always the same. */
static void odmm_iid_after_conflict(struct kunit *test)
{
	struct odmm_address a = odmm_iid_address(test, "2001:db8:1::",
						 ODMM_TYPE_FIXED);
	u64 first = odmm_iid_of(&a), second;

	a.conflicts = 1;
	second = odmm_iid_of(&a);
	KUNIT_EXPECT_NE(test, first, second);
	KUNIT_EXPECT_EQ(test, odmm_iid_of(&a), second);
	a.conflicts = 0;
	KUNIT_EXPECT_EQ(test, odmm_iid_of(&a), first);
}

/* Who does not know the secret cannot foretell it; with it, it comes back. */
static void odmm_iid_needs_secret(struct kunit *test)
{
	struct odmm_address a = odmm_iid_address(test, "2001:db8:1::",
						 ODMM_TYPE_FIXED);
	struct odmm_net *odn = odmm_test_net(test);
	siphash_key_t secret = odn->secret;
	u64 iid = odmm_iid_of(&a);

	odn->secret.key[0] ^= 1;
	KUNIT_EXPECT_NE(test, odmm_iid_of(&a), iid);
	odn->secret = secret;
	odn->secret.key[1] ^= 1ULL << 63;
	KUNIT_EXPECT_NE(test, odmm_iid_of(&a), iid);
	odn->secret = secret;
	KUNIT_EXPECT_EQ(test, odmm_iid_of(&a), iid);
}

/*
 * Addresses of fixed prefixes outlive the module: another function would give
 * hosts other ones. SipHash-2-4 of 2001:db8:1:: and a counter of 32 bits by
 * the key 00 01 .. 0f, as another implementation has it.
 */
static void odmm_iid_known_answer(struct kunit *test)
{
	struct odmm_address a = odmm_iid_address(test, "2001:db8:1::",
						 ODMM_TYPE_FIXED);

	odmm_test_net(test)->secret = (siphash_key_t) {
		{ 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL }
	};
	KUNIT_EXPECT_EQ(test, odmm_iid_of(&a), 0xd84e4cbe33be5a74ULL);
	a.conflicts = 1;
	KUNIT_EXPECT_EQ(test, odmm_iid_of(&a), 0x4f3a6e571db8b2eeULL);
}

/* RFC 8981: nothing of it can be foretold, nor is it ever the same. */
static void odmm_iid_is_random(struct kunit *test)
{
	struct odmm_address a = odmm_iid_address(test, "2001:db8:1::",
						 ODMM_TYPE_NON_PERSISTENT);
	u64 *iids = kunit_kcalloc(test, ODMM_IID_TRIES, sizeof(*iids),
				  GFP_KERNEL);
	u64 set = 0, clear = 0;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, iids);
	for (i = 0; i < ODMM_IID_TRIES; i++) {
		iids[i] = odmm_iid_of(&a);
		set |= iids[i];
		clear |= ~iids[i];
	}
	KUNIT_EXPECT_EQ(test, set, U64_MAX);
	KUNIT_EXPECT_EQ(test, clear, U64_MAX);
	odmm_iid_expect_distinct(test, iids);
}

static struct kunit_case odmm_iid_test_cases[] = {
	KUNIT_CASE_PARAM(odmm_iid_reserves, odmm_iid_cases_gen_params),
	KUNIT_CASE_PARAM(odmm_iid_in_prefix, odmm_iid_types_gen_params),
	KUNIT_CASE(odmm_iid_is_stable),
	KUNIT_CASE(odmm_iid_differs_by_prefix),
	KUNIT_CASE(odmm_iid_takes_each_bit),
	KUNIT_CASE(odmm_iid_after_conflict),
	KUNIT_CASE(odmm_iid_needs_secret),
	KUNIT_CASE(odmm_iid_known_answer),
	KUNIT_CASE(odmm_iid_is_random),
	{}
};

static struct kunit_suite odmm_iid_suite = {
	.name = "odmm_iid",
	.init = odmm_test_init,
	.test_cases = odmm_iid_test_cases,
};

kunit_test_suite(odmm_iid_suite);
