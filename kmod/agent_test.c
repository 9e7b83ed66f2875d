// SPDX-License-Identifier: GPL-2.0
/* Claims: whom one serves, and when it ends. */
#include <linux/cleanup.h>
#include <net/sock.h>

#include "test.h"

#define ODMM_CLAIMS_MAX	64

struct odmm_agent_case {
	const char		*name;
	u32			types;
	u32			n_ifindex;
	struct odmm_request_key	key;
	bool			serves;
};

/* Of claims that, if they name interfaces, name 3 and 5. */
static const struct odmm_agent_case odmm_agent_cases[] = {
	{ "its type", BIT(1), 0, { .type = 1 }, true },
	{ "another type", BIT(1), 0, { .type = 2 }, false },
	{ "one of its types", BIT(1) | BIT(4), 0, { .type = 4 }, true },
	{ "any interface, for one", BIT(1), 0, { .type = 1, .ifindex = 7 },
	  true },
	{ "its first interface", BIT(1), 2, { .type = 1, .ifindex = 3 },
	  true },
	{ "its last interface", BIT(1), 2, { .type = 1, .ifindex = 5 },
	  true },
	{ "another interface", BIT(1), 2, { .type = 1, .ifindex = 4 },
	  false },
	{ "some interfaces, for none", BIT(1), 2, { .type = 1 }, true },
	{ "a claim that has ended", 0, 0, { .type = 1 }, false },
};

KUNIT_ARRAY_PARAM_DESC(odmm_agent_cases, odmm_agent_cases, name);

static void odmm_agent_served(struct kunit *test)
{
	const struct odmm_agent_case *c = test->param_value;
	struct odmm_agent *agent = odmm_agent_alloc(c->n_ifindex);

	KUNIT_ASSERT_NOT_NULL(test, agent);
	agent->types = c->types;
	if (c->n_ifindex) {
		agent->ifindex[0] = 3;
		agent->ifindex[1] = 5;
	}
	KUNIT_EXPECT_EQ(test, odmm_agent_serves(agent, &c->key), c->serves);
	kfree(agent);
}

static struct odmm_agent *odmm_agent_by_id(struct kunit *test, u32 id)
{
	struct odmm_net *odn = odmm_test_net(test);

	guard(spinlock)(&odn->lock);
	return odmm_agent_find(odn, id);
}

static bool odmm_agent_is_there(struct kunit *test, u32 type)
{
	struct odmm_net *odn = odmm_test_net(test);
	const struct odmm_request_key key = odmm_test_key(type);

	guard(spinlock)(&odn->lock);
	return odmm_agents_serve(odn, &key);
}

static void odmm_agent_numbers(struct kunit *test)
{
	struct odmm_agent *one, *two;
	struct socket *first, *second;
	u32 id;

	KUNIT_EXPECT_NULL(test, odmm_agent_by_id(test, 0));
	one = odmm_test_agent(test, BIT(1), &first);
	two = odmm_test_agent(test, BIT(2), &second);
	KUNIT_EXPECT_NE(test, one->id, two->id);
	KUNIT_EXPECT_PTR_EQ(test, odmm_agent_by_id(test, one->id), one);
	KUNIT_EXPECT_PTR_EQ(test, odmm_agent_by_id(test, two->id), two);
	KUNIT_EXPECT_NULL(test, odmm_agent_by_id(test, two->id + 1));
	id = two->id;
	odmm_test_close(test, second);
	odmm_agent_closed(odmm_test_net(test), ODMM_TEST_PORTID);
	KUNIT_EXPECT_NULL(test, odmm_agent_by_id(test, id));
	two = odmm_test_agent(test, BIT(2), &second);
	KUNIT_EXPECT_NE(test, two->id, id);
}

/*
 * Both have the same port, as one gets that of another which is about to go:
 * only the claim of the socket that is dead ends.
 */
static void odmm_agent_same_port(struct kunit *test)
{
	struct socket *first, *second;

	odmm_test_agent(test, BIT(1), &first);
	odmm_test_agent(test, BIT(2), &second);
	odmm_agent_closed(odmm_test_net(test), ODMM_TEST_PORTID);
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_agents, 2);
	odmm_test_close(test, first);
	odmm_agent_closed(odmm_test_net(test), ODMM_TEST_PORTID + 1);
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_agents, 2);
	odmm_agent_closed(odmm_test_net(test), ODMM_TEST_PORTID);
	KUNIT_EXPECT_FALSE(test, odmm_agent_is_there(test, 1));
	KUNIT_EXPECT_TRUE(test, odmm_agent_is_there(test, 2));
}

/* A socket has one claim: a new one takes the place of the old one. */
static void odmm_agent_claims_again(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_agent *old, *new = odmm_agent_alloc(0);
	struct socket *sock;
	u32 id;

	KUNIT_ASSERT_NOT_NULL(test, new);
	old = odmm_test_agent(test, BIT(1), &sock);
	id = old->id;
	new->sk = sock->sk;
	new->types = BIT(2);
	scoped_guard(spinlock, &odn->lock)
		odmm_agent_claim(odn, new, NULL);
	KUNIT_EXPECT_EQ(test, odn->n_agents, 1);
	KUNIT_EXPECT_GT(test, new->id, id);
	KUNIT_EXPECT_FALSE(test, odmm_agent_is_there(test, 1));
	KUNIT_EXPECT_TRUE(test, odmm_agent_is_there(test, 2));
}

static void odmm_agent_too_many(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_agent *one_more;
	struct socket *sock;
	int i, err;

	for (i = 0; i < ODMM_CLAIMS_MAX; i++)
		odmm_test_agent(test, BIT(1), &sock);
	sock = odmm_test_socket(test, IPPROTO_UDP);
	one_more = odmm_agent_alloc(0);
	KUNIT_ASSERT_NOT_NULL(test, one_more);
	one_more->sk = sock->sk;
	scoped_guard(spinlock, &odn->lock)
		err = odmm_agent_claim(odn, one_more, NULL);
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	KUNIT_EXPECT_EQ(test, odn->n_agents, ODMM_CLAIMS_MAX);
	if (err)
		kfree(one_more);
}

static struct kunit_case odmm_agent_test_cases[] = {
	KUNIT_CASE_PARAM(odmm_agent_served, odmm_agent_cases_gen_params),
	KUNIT_CASE(odmm_agent_numbers),
	KUNIT_CASE(odmm_agent_same_port),
	KUNIT_CASE(odmm_agent_claims_again),
	KUNIT_CASE(odmm_agent_too_many),
	{}
};

static struct kunit_suite odmm_agent_suite = {
	.name = "odmm_agent",
	.init = odmm_test_init,
	.test_cases = odmm_agent_test_cases,
};

kunit_test_suite(odmm_agent_suite);
