// SPDX-License-Identifier: GPL-2.0
/* How long a prefix stays after its users, and how often it is put back. */
#include <linux/cleanup.h>
#include <net/inet_sock.h>

#include "compat.h"
#include "test.h"

#define ODMM_KEEP_LINGER	60	/* s */

/**
 * struct odmm_kept - a prefix that was got on demand, and who holds it
 * @p: a reference is held until the end of the test
 * @w: the holder
 */
struct odmm_kept {
	struct odmm_prefix	*p;
	struct odmm_want	*w;
};

static void odmm_kept_put(void *p)
{
	odmm_prefix_put(p);
}

static struct odmm_kept odmm_kept(struct kunit *test, u32 type)
{
	struct odmm_net *odn = odmm_test_net(test);
	const struct odmm_request_key key = odmm_test_key(type);
	struct odmm_kept kept;
	int err;

	odn->policy.type[type].linger = ODMM_KEEP_LINGER;
	kept.p = odmm_test_prefix(test, "2001:db8:1::", type);
	kept.p->cookie = 1;
	odmm_prefix_get(kept.p);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, odmm_kept_put,
							   kept.p));
	kept.w = odmm_test_want(test, type);
	scoped_guard(spinlock, &odn->lock)
		err = odmm_want_submit(odn, kept.w, &key);
	KUNIT_ASSERT_EQ(test, err, 0);
	return kept;
}

static void odmm_kept_release(struct odmm_kept *kept)
{
	struct odmm_net *odn = kept->p->address.odn;

	guard(spinlock)(&odn->lock);
	odmm_want_release(odn, kept->w);
}

/* Time passes, and who uses it is looked for whenever it is time to. */
static void odmm_kept_pass(struct kunit *test, unsigned int seconds)
{
	while (seconds--) {
		odmm_test_pass_ms(test, MSEC_PER_SEC);
		odmm_test_work(&odmm_test_net(test)->look_work);
	}
}

static struct socket *odmm_kept_bound(struct kunit *test,
				      const struct odmm_prefix *p)
{
	struct socket *sock = odmm_test_socket(test, IPPROTO_UDP);
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_addr = p->address.addr,
	};

	/* The address is not in the table of the host. */
	inet_set_bit(FREEBIND, sock->sk);
	KUNIT_ASSERT_EQ(test, odmm_compat_bind(sock, &sin6, sizeof(sin6)), 0);
	return sock;
}

static void odmm_keep_promises(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, odmm_keep_is_promised(ODMM_TYPE_FIXED));
	KUNIT_EXPECT_TRUE(test,
			  odmm_keep_is_promised(ODMM_TYPE_SESSION_LASTING));
	KUNIT_EXPECT_FALSE(test,
			   odmm_keep_is_promised(ODMM_TYPE_NON_PERSISTENT));
	KUNIT_EXPECT_FALSE(test,
			   odmm_keep_is_promised(ODMM_TYPE_GRACEFUL_REPLACEMENT));
}

/* After the linger nobody has been seen, and it is taken away. */
static void odmm_keep_lingers(struct kunit *test)
{
	struct odmm_kept kept = odmm_kept(test, ODMM_TYPE_SESSION_LASTING);

	odmm_kept_pass(test, 2 * ODMM_KEEP_LINGER);
	KUNIT_EXPECT_FALSE(test, kept.p->address.yield);
	odmm_kept_release(&kept);
	odmm_kept_pass(test, ODMM_KEEP_LINGER);
	KUNIT_EXPECT_FALSE(test, kept.p->address.yield);
	KUNIT_EXPECT_EQ(test, kept.p->state, ODMM_PREFIX_ACTIVE);
	odmm_kept_pass(test, ODMM_KEEP_LINGER / 4);
	KUNIT_EXPECT_TRUE(test, kept.p->address.yield);
}

/* What the worker does of it then. */
static void odmm_keep_released(struct kunit *test)
{
	struct odmm_kept kept = odmm_kept(test, ODMM_TYPE_SESSION_LASTING);
	struct odmm_address *a = &kept.p->address;

	odmm_kept_release(&kept);
	KUNIT_EXPECT_FALSE(test, a->ops->yield(a));
	odmm_kept_pass(test, 2 * ODMM_KEEP_LINGER);
	KUNIT_EXPECT_TRUE(test, a->ops->yield(a));
	KUNIT_EXPECT_EQ(test, kept.p->state, ODMM_PREFIX_TENTATIVE);
	KUNIT_EXPECT_FALSE(test, a->ops->in_use(a));
	odmm_test_settle(kept.p, ODMM_ADDRESS_UNUSED);
	KUNIT_EXPECT_EQ(test, kept.p->state, ODMM_PREFIX_GONE);
	KUNIT_EXPECT_EQ(test, kept.p->end, ODMM_END_RELEASED);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_RELEASED), 1);
}

/* Somebody bound a socket to it by hand: it stays as long as that does. */
static void odmm_keep_finds_others(struct kunit *test)
{
	struct odmm_kept kept = odmm_kept(test, ODMM_TYPE_SESSION_LASTING);
	struct socket *sock = odmm_kept_bound(test, kept.p);

	odmm_kept_release(&kept);
	odmm_kept_pass(test, 3 * ODMM_KEEP_LINGER);
	KUNIT_EXPECT_TRUE(test, odmm_keep_in_use(&kept.p->address));
	KUNIT_EXPECT_FALSE(test, kept.p->address.yield);
	odmm_test_close(test, sock);
	KUNIT_EXPECT_FALSE(test, odmm_keep_in_use(&kept.p->address));
	odmm_kept_pass(test, ODMM_KEEP_LINGER + ODMM_KEEP_LINGER / 4);
	KUNIT_EXPECT_TRUE(test, kept.p->address.yield);
}

/* Somebody comes while it lingers: all begins anew when he has gone. */
static void odmm_keep_begins_anew(struct kunit *test)
{
	struct odmm_kept kept = odmm_kept(test, ODMM_TYPE_SESSION_LASTING);
	struct socket *sock;

	odmm_kept_release(&kept);
	odmm_kept_pass(test, ODMM_KEEP_LINGER / 2);
	sock = odmm_kept_bound(test, kept.p);
	odmm_kept_pass(test, ODMM_KEEP_LINGER / 4);
	odmm_test_close(test, sock);
	odmm_kept_pass(test, ODMM_KEEP_LINGER / 2);
	KUNIT_EXPECT_FALSE(test, kept.p->address.yield);
	odmm_kept_pass(test, ODMM_KEEP_LINGER);
	KUNIT_EXPECT_TRUE(test, kept.p->address.yield);
}

/* What nobody had asked for is not taken away for want of users. */
static void odmm_keep_what_was_given(struct kunit *test)
{
	struct odmm_kept kept = odmm_kept(test, ODMM_TYPE_SESSION_LASTING);

	kept.p->cookie = 0;
	odmm_kept_release(&kept);
	odmm_kept_pass(test, 3 * ODMM_KEEP_LINGER);
	KUNIT_EXPECT_FALSE(test, kept.p->address.yield);
}

static void odmm_keep_for_ever(struct kunit *test)
{
	struct odmm_kept kept = odmm_kept(test, ODMM_TYPE_FIXED);
	struct odmm_net *odn = odmm_test_net(test);

	odn->policy.type[ODMM_TYPE_FIXED].linger = ODMM_LFT_INFINITY;
	odmm_kept_release(&kept);
	odmm_kept_pass(test, 3 * ODMM_KEEP_LINGER);
	KUNIT_EXPECT_FALSE(test, kept.p->address.yield);
}

static s64 odmm_kept_missing(struct odmm_kept *kept)
{
	return odmm_keep_delay(&kept->p->address);
}

/* Put back soon, then later, then not; it is forgiven after a while. */
static void odmm_keep_puts_back(struct kunit *test)
{
	struct odmm_kept kept = odmm_kept(test, ODMM_TYPE_SESSION_LASTING);

	KUNIT_EXPECT_EQ(test, odmm_kept_missing(&kept), 10 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, odmm_kept_missing(&kept), NSEC_PER_SEC);
	odmm_test_pass_ms(test, 60 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, odmm_kept_missing(&kept), -1);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, odmm_kept_missing(&kept), 10 * NSEC_PER_MSEC);
	odmm_test_pass_ms(test, 60 * MSEC_PER_SEC + 1);
	KUNIT_EXPECT_EQ(test, odmm_kept_missing(&kept), 10 * NSEC_PER_MSEC);
}

/* Only for those to whom it was promised, and only if there are any. */
static void odmm_keep_gives_up(struct kunit *test)
{
	struct odmm_kept kept = odmm_kept(test, ODMM_TYPE_SESSION_LASTING);

	kept.p->address.type = ODMM_TYPE_NON_PERSISTENT;
	KUNIT_EXPECT_EQ(test, odmm_kept_missing(&kept), -1);
	kept.p->address.type = ODMM_TYPE_SESSION_LASTING;
	odmm_kept_release(&kept);
	KUNIT_EXPECT_EQ(test, odmm_kept_missing(&kept), -1);
}

static struct kunit_case odmm_keep_cases[] = {
	KUNIT_CASE(odmm_keep_promises),
	KUNIT_CASE(odmm_keep_lingers),
	KUNIT_CASE(odmm_keep_released),
	KUNIT_CASE(odmm_keep_finds_others),
	KUNIT_CASE(odmm_keep_begins_anew),
	KUNIT_CASE(odmm_keep_what_was_given),
	KUNIT_CASE(odmm_keep_for_ever),
	KUNIT_CASE(odmm_keep_puts_back),
	KUNIT_CASE(odmm_keep_gives_up),
	{}
};

static struct kunit_suite odmm_keep_suite = {
	.name = "odmm_keep",
	.init = odmm_test_init,
	.test_cases = odmm_keep_cases,
};

kunit_test_suite(odmm_keep_suite);
