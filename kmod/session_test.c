// SPDX-License-Identifier: GPL-2.0
/* Sessions: what a socket wants, has, and is told. */
#include <linux/cleanup.h>
#include <linux/errqueue.h>
#include <linux/skbuff.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "test.h"

#define ODMM_SESSION_TEXT	"2001:db8:1::"

static int odmm_session_asked(struct odmm_session *s)
{
	struct in6_addr addr;

	return odmm_session_ask(s, NULL, true, &addr);
}

static struct odmm_status odmm_session_now(struct odmm_session *s)
{
	struct odmm_status status = {};

	odmm_session_status(s, &status);
	return status;
}

/* One that wants that type, and an agent that serves all types. */
static struct odmm_session *odmm_session_served(struct kunit *test, u32 type)
{
	struct socket *agent;

	odmm_test_agent(test, GENMASK(ODMM_TYPE_MAX, 1), &agent);
	return odmm_test_session(test, odmm_test_socket(test, IPPROTO_UDP),
				 type);
}

static void odmm_session_asks(struct kunit *test)
{
	struct odmm_session *s = odmm_session_served(test, ODMM_TYPE_NONE);

	KUNIT_EXPECT_EQ(test, odmm_session_asked(s), -EINVAL);
	odmm_session_set_type(s, ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, odmm_session_now(s).state, ODMM_STATE_IDLE);
	KUNIT_EXPECT_EQ(test, odmm_session_asked(s), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, odmm_session_asked(s), -EALREADY);
	KUNIT_EXPECT_EQ(test, odmm_session_now(s).state, ODMM_STATE_PENDING);
	odmm_test_prefix(test, ODMM_SESSION_TEXT, ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, odmm_session_asked(s), 0);
	KUNIT_EXPECT_EQ(test, odmm_session_asked(s), 0);
	KUNIT_EXPECT_EQ(test, odmm_session_now(s).state, ODMM_STATE_GRANTED);
}

/* A failure is told once; who asks again asks the network again. */
static void odmm_session_fails(struct kunit *test)
{
	struct odmm_session *s = odmm_session_served(test, ODMM_TYPE_FIXED);

	s->timeout = 100;
	KUNIT_EXPECT_EQ(test, odmm_session_asked(s), -EINPROGRESS);
	odmm_test_pass_ms(test, 100);
	KUNIT_EXPECT_EQ(test, odmm_session_now(s).state, ODMM_STATE_FAILED);
	KUNIT_EXPECT_EQ(test, odmm_session_now(s).error, ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, odmm_session_asked(s), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, odmm_session_asked(s), -EINPROGRESS);
}

/* What a socket does not say is for policy to say. */
static void odmm_session_waits(struct kunit *test)
{
	struct odmm_session *s = odmm_session_served(test, ODMM_TYPE_FIXED);

	s->odn->policy.type[ODMM_TYPE_FIXED].timeout = 700;
	odmm_session_asked(s);
	odmm_test_pass_ms(test, 699);
	KUNIT_EXPECT_EQ(test, odmm_session_now(s).state, ODMM_STATE_PENDING);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, odmm_session_now(s).state, ODMM_STATE_FAILED);
	s->timeout = -1;
	odmm_session_asked(s);
	odmm_session_asked(s);
	odmm_test_pass_ms(test, (u64)U32_MAX * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, odmm_session_now(s).state, ODMM_STATE_PENDING);
}

static void odmm_session_changes_its_mind(struct kunit *test)
{
	struct odmm_session *s = odmm_session_served(test, ODMM_TYPE_FIXED);
	struct odmm_prefix *p;

	odmm_session_asked(s);
	KUNIT_EXPECT_EQ(test, odmm_session_set_type(s, ODMM_TYPE_FIXED), 0);
	KUNIT_EXPECT_EQ(test, s->odn->n_requests, 1);
	KUNIT_EXPECT_EQ(test, odmm_session_set_type(s, ODMM_TYPE_NONE), 0);
	KUNIT_EXPECT_EQ(test, s->odn->n_requests, 0);

	p = odmm_test_prefix(test, ODMM_SESSION_TEXT, ODMM_TYPE_FIXED);
	odmm_session_set_type(s, ODMM_TYPE_FIXED);
	odmm_session_asked(s);
	KUNIT_EXPECT_EQ(test, p->sessions, 1);
	odmm_session_set_flags(s, IPV6_SC_EVENTS, IPV6_SC_EVENTS);
	KUNIT_EXPECT_EQ(test, p->sessions, 1);
	odmm_session_set_flags(s, IPV6_REQUIRE_SRC_ON_NET,
			       IPV6_REQUIRE_SRC_ON_NET);
	KUNIT_EXPECT_EQ(test, s->flags, IPV6_REQUIRE_SRC_ON_NET |
			IPV6_SC_EVENTS);
	KUNIT_EXPECT_EQ(test, p->sessions, 0);
	KUNIT_EXPECT_EQ(test, odmm_session_asked(s), -EINPROGRESS);
}

/* It is bound to the address: first it has to be closed. */
static void odmm_session_is_bound(struct kunit *test)
{
	struct odmm_session *s = odmm_session_served(test, ODMM_TYPE_FIXED);
	struct odmm_prefix *p;

	p = odmm_test_prefix(test, ODMM_SESSION_TEXT, ODMM_TYPE_FIXED);
	KUNIT_ASSERT_EQ(test, odmm_session_asked(s), 0);
	s->sk->sk_v6_rcv_saddr = p->address.addr;
	KUNIT_EXPECT_EQ(test, odmm_session_set_type(s, ODMM_TYPE_NONE), -EBUSY);
	KUNIT_EXPECT_EQ(test, s->want.type, ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, odmm_session_set_type(s, ODMM_TYPE_FIXED), 0);
	s->sk->sk_v6_rcv_saddr = in6addr_any;
	KUNIT_EXPECT_EQ(test, odmm_session_set_type(s, ODMM_TYPE_NONE), 0);
}

/* Times left, by the test's clock, and what there is instead. */
static void odmm_session_status_of_life(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec(ODMM_SESSION_TEXT, ODMM_TYPE_FIXED);
	struct odmm_session *s = odmm_session_served(test, ODMM_TYPE_FIXED);
	struct odmm_prefix *new;
	struct odmm_status status;

	spec.preferred_until = odmm_lifetime_end(odmm_now(), 100);
	spec.valid_until = odmm_lifetime_end(odmm_now(), 200);
	odmm_test_settle(odmm_test_add(test, &spec), ODMM_ADDRESS_USABLE);
	KUNIT_ASSERT_EQ(test, odmm_session_asked(s), 0);
	odmm_test_pass_ms(test, 30 * MSEC_PER_SEC);
	status = odmm_session_now(s);
	KUNIT_EXPECT_EQ(test, status.preferred_lft, 70);
	KUNIT_EXPECT_EQ(test, status.valid_lft, 170);
	KUNIT_EXPECT_EQ(test, status.ifindex, ODMM_TEST_LINK);
	KUNIT_EXPECT_TRUE(test, ipv6_addr_any(&status.replacement));

	new = odmm_test_prefix(test, "2001:db8:2::", ODMM_TYPE_FIXED);
	odmm_test_pass_ms(test, 70 * MSEC_PER_SEC);
	status = odmm_session_now(s);
	KUNIT_EXPECT_EQ(test, status.state, ODMM_STATE_DEPRECATED);
	KUNIT_EXPECT_EQ(test, status.preferred_lft, 0);
	KUNIT_EXPECT_MEMEQ(test, &status.replacement, &new->address.addr,
			   sizeof(status.replacement));
	odmm_test_pass_ms(test, 100 * MSEC_PER_SEC);
	status = odmm_session_now(s);
	KUNIT_EXPECT_EQ(test, status.state, ODMM_STATE_LOST);
	KUNIT_EXPECT_EQ(test, status.valid_lft, 0);
}

/* One too many, until what is dead already has been looked for. */
static void odmm_session_quota(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct socket *one = odmm_test_socket(test, IPPROTO_UDP);
	struct socket *two = odmm_test_socket(test, IPPROTO_UDP);

	odn->policy.sessions = 1;
	odmm_test_become(test, 1000, 100);
	odmm_test_session(test, one, ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, PTR_ERR(odmm_session_new(odn, two->sk,
						       GFP_KERNEL)), -EDQUOT);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_OVER_SESSIONS),
			1);
	odmm_test_close(test, one);
	odmm_test_session(test, two, ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, atomic_read(&odn->n_sessions), 1);
}

/* A socket has one session, however often it is made. */
static void odmm_session_once(struct kunit *test)
{
	struct socket *sock = odmm_test_socket(test, IPPROTO_UDP);
	struct odmm_session *s = odmm_test_session(test, sock, ODMM_TYPE_FIXED);
	struct odmm_net *odn = odmm_test_net(test);

	KUNIT_EXPECT_PTR_EQ(test, odmm_session_find(sock->sk), s);
	KUNIT_EXPECT_PTR_EQ(test, odmm_session_new(odn, sock->sk, GFP_KERNEL),
			    s);
	KUNIT_EXPECT_EQ(test, atomic_read(&odn->n_sessions), 1);
	KUNIT_EXPECT_EQ(test, odmm_test_account(test)->sessions, 1);
}

/* The next notice on the error queue: its event, or 0. */
static u32 odmm_session_told(struct odmm_session *s)
{
	struct odmm_notice notice = {};
	struct sk_buff *skb;

	odmm_test_work(&s->odn->tell_work);
	skb = skb_dequeue(&s->sk->sk_error_queue);
	if (!skb)
		return 0;
	skb_copy_bits(skb, 0, &notice, sizeof(notice));
	if (SKB_EXT_ERR(skb)->ee.ee_origin != SO_EE_ORIGIN_ODMM ||
	    SKB_EXT_ERR(skb)->ee.ee_type != notice.event)
		notice.event = U32_MAX;
	kfree_skb(skb);
	return notice.event;
}

static void odmm_session_is_told(struct kunit *test)
{
	struct odmm_session *s = odmm_session_served(test, ODMM_TYPE_FIXED);
	struct odmm_prefix *p;

	odmm_session_set_flags(s, IPV6_SC_EVENTS, IPV6_SC_EVENTS);
	odmm_session_asked(s);
	KUNIT_EXPECT_EQ(test, odmm_session_told(s), 0);
	p = odmm_test_prefix(test, ODMM_SESSION_TEXT, ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, odmm_session_told(s), ODMM_EVENT_GRANTED);
	scoped_guard(spinlock, &s->odn->lock)
		odmm_prefix_withdraw(p, 60);
	KUNIT_EXPECT_EQ(test, odmm_session_told(s), ODMM_EVENT_DEPRECATED);
	odmm_test_prefix(test, "2001:db8:2::", ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, odmm_session_told(s), ODMM_EVENT_REPLACED);
	odmm_test_pass_ms(test, 60 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, odmm_session_told(s), ODMM_EVENT_LOST);
	KUNIT_EXPECT_EQ(test, odmm_session_told(s), 0);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_NOTICES), 4);
}

static struct kunit_case odmm_session_cases[] = {
	KUNIT_CASE(odmm_session_asks),
	KUNIT_CASE(odmm_session_fails),
	KUNIT_CASE(odmm_session_waits),
	KUNIT_CASE(odmm_session_changes_its_mind),
	KUNIT_CASE(odmm_session_is_bound),
	KUNIT_CASE(odmm_session_status_of_life),
	KUNIT_CASE(odmm_session_quota),
	KUNIT_CASE(odmm_session_once),
	KUNIT_CASE(odmm_session_is_told),
	{}
};

static struct kunit_suite odmm_session_suite = {
	.name = "odmm_session",
	.init = odmm_test_init,
	.test_cases = odmm_session_cases,
};

kunit_test_suite(odmm_session_suite);
