// SPDX-License-Identifier: GPL-2.0
/* The namespace of unit tests, and what they put into it; see test.h. */
#include <kunit/resource.h>
#include <linux/cred.h>
#include <linux/inet.h>
#include <linux/net.h>
#include <net/sock.h>

#include "test.h"

/*
 * Far ahead of the kernel's own clock, so that no timer rings while a test
 * runs. Tests run one after the other.
 */
#define ODMM_TEST_AHEAD_S	(10LL * 365 * 24 * 3600)

static struct {
	struct kunit	*test;
	ktime_t		now;
} odmm_test_clock;

/* Others than the test see the kernel's clock, as always. */
ktime_t odmm_now(void)
{
	struct kunit *test = kunit_get_current_test();

	if (test && test == READ_ONCE(odmm_test_clock.test))
		return READ_ONCE(odmm_test_clock.now);
	return ktime_get_boottime();
}

static void odmm_test_start_clock(struct kunit *test)
{
	odmm_test_clock.now = ktime_add(ktime_get_boottime(),
					ktime_set(ODMM_TEST_AHEAD_S, 0));
	WRITE_ONCE(odmm_test_clock.test, test);
}

void odmm_test_pass_ms(struct kunit *test, u64 ms)
{
	WRITE_ONCE(odmm_test_clock.now,
		   ktime_add_ms(odmm_test_clock.now, ms));
	odmm_test_work(&odmm_test_net(test)->deadline_work);
}

void odmm_test_join(struct kunit *test)
{
	current->kunit_test = test;
}

static void odmm_test_stop(void *arg)
{
	odmm_net_stop(arg);
	WRITE_ONCE(odmm_test_clock.test, NULL);
}

/* From now on they are done by the test alone. */
static void odmm_test_disable_works(struct odmm_net *odn)
{
	struct work_struct *works[] = {
		&odn->address_work, &odn->deadline_work, &odn->look_work,
		&odn->meter_work, &odn->tell_work,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(works); i++)
		disable_work_sync(works[i]);
	disable_delayed_work_sync(&odn->sweep);
}

int odmm_test_init(struct kunit *test)
{
	struct odmm_net *odn;

	odn = kunit_kzalloc(test, sizeof(*odn), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, odn);
	KUNIT_ASSERT_EQ(test, odmm_net_start(odn, &init_net), 0);
	odmm_test_disable_works(odn);
	odmm_test_start_clock(test);
	test->priv = odn;
	return kunit_add_action_or_reset(test, odmm_test_stop, odn);
}

void odmm_test_become(struct kunit *test, uid_t uid, gid_t gid)
{
	struct cred *cred = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cred->euid = KUIDT_INIT(uid);
	cred->egid = KGIDT_INIT(gid);
	cap_clear(cred->cap_effective);
	/* Each test has a thread of its own. */
	commit_creds(cred);
}

KUNIT_DEFINE_ACTION_WRAPPER(odmm_test_release, sock_release, struct socket *);

struct socket *odmm_test_socket(struct kunit *test, int protocol)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, AF_INET6,
			       protocol == IPPROTO_TCP ? SOCK_STREAM :
							 SOCK_DGRAM,
			       protocol, &sock);
	KUNIT_ASSERT_EQ(test, err, 0);
	err = kunit_add_action_or_reset(test, odmm_test_release, sock);
	KUNIT_ASSERT_EQ(test, err, 0);
	return sock;
}

void odmm_test_close(struct kunit *test, struct socket *sock)
{
	kunit_release_action(test, odmm_test_release, sock);
}

struct odmm_session *odmm_test_session(struct kunit *test,
				       struct socket *sock, u32 type)
{
	struct odmm_session *s;

	s = odmm_session_new(odmm_test_net(test), sock->sk, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, s);
	KUNIT_ASSERT_EQ(test, odmm_session_set_type(s, type), 0);
	return s;
}

struct odmm_account *odmm_test_account(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_account *acc;

	spin_lock(&odn->lock);
	acc = odmm_account_of_caller(odn);
	spin_unlock(&odn->lock);
	KUNIT_ASSERT_NOT_NULL(test, acc);
	return acc;
}

static void odmm_test_release_want(void *arg)
{
	struct odmm_want *w = arg;
	struct odmm_net *odn = kunit_get_current_test()->priv;

	spin_lock(&odn->lock);
	odmm_want_release(odn, w);
	spin_unlock(&odn->lock);
}

struct odmm_want *odmm_test_want(struct kunit *test, u32 type)
{
	struct odmm_want *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, w);
	odmm_want_init(w);
	w->type = type;
	w->account = odmm_test_account(test);
	err = kunit_add_action_or_reset(test, odmm_test_release_want, w);
	KUNIT_ASSERT_EQ(test, err, 0);
	return w;
}

struct odmm_agent *odmm_test_agent(struct kunit *test, u32 types,
				   struct socket **sock)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_agent *agent;
	int err;

	*sock = odmm_test_socket(test, IPPROTO_UDP);
	agent = odmm_agent_alloc(0);
	KUNIT_ASSERT_NOT_NULL(test, agent);
	agent->sk = (*sock)->sk;
	agent->portid = ODMM_TEST_PORTID;
	agent->types = types;
	spin_lock(&odn->lock);
	err = odmm_agent_claim(odn, agent, NULL);
	spin_unlock(&odn->lock);
	if (err) {
		kfree(agent);
		agent = NULL;
	}
	KUNIT_ASSERT_NOT_NULL(test, agent);
	return agent;
}

struct in6_addr odmm_test_addr(const char *text)
{
	struct in6_addr addr = {};

	in6_pton(text, -1, addr.s6_addr, -1, NULL);
	return addr;
}

struct odmm_prefix_spec odmm_test_spec(const char *prefix, u32 type)
{
	return (struct odmm_prefix_spec) {
		.prefix = odmm_test_addr(prefix),
		.len = 64,
		.type = type,
		.ifindex = ODMM_TEST_LINK,
		.preferred_until = KTIME_MAX,
		.valid_until = KTIME_MAX,
		.origin = "test",
	};
}

int odmm_test_try(struct kunit *test, struct odmm_prefix_spec *spec)
{
	struct odmm_net *odn = odmm_test_net(test);
	int err;

	spin_lock(&odn->lock);
	if (spec->cookie)
		err = odmm_request_answer(odn, spec);
	else
		err = odmm_prefix_add(odn, spec, NULL);
	spin_unlock(&odn->lock);
	return err;
}

struct odmm_prefix *odmm_test_add(struct kunit *test,
				  struct odmm_prefix_spec *spec)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_prefix *p;

	KUNIT_ASSERT_EQ(test, odmm_test_try(test, spec), 0);
	spin_lock(&odn->lock);
	p = odmm_prefix_find(odn, &spec->prefix, spec->len);
	spin_unlock(&odn->lock);
	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

void odmm_test_settle(struct odmm_prefix *p, enum odmm_address_news news)
{
	struct odmm_address *a = &p->address;

	if (!a->proven)
		odmm_iid_make(a, &a->addr);
	spin_lock(&a->odn->lock);
	a->usable = news == ODMM_ADDRESS_USABLE;
	a->proven |= a->usable;
	a->ops->settled(a, news);
	spin_unlock(&a->odn->lock);
}

struct odmm_prefix *odmm_test_prefix(struct kunit *test, const char *prefix,
				     u32 type)
{
	struct odmm_prefix_spec spec = odmm_test_spec(prefix, type);
	struct odmm_prefix *p = odmm_test_add(test, &spec);

	odmm_test_settle(p, ODMM_ADDRESS_USABLE);
	return p;
}

u64 odmm_test_count(struct kunit *test, enum odmm_stat stat)
{
	struct odmm_net *odn = odmm_test_net(test);
	u64 count;

	spin_lock(&odn->lock);
	count = odn->stats[stat];
	spin_unlock(&odn->lock);
	return count;
}
