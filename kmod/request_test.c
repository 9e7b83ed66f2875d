// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of requests. All that may end one is let loose on a socket
 * that waits, two at a time in each order: the first one wins, whoever waits
 * gets its outcome, and the second finds nothing to do.
 */
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <net/sock.h>

#include "test.h"

#define ODMM_WAIT_MS		5000

/* Longer than the grace after the end of an agent. */
#define ODMM_GRACE_OVER_MS	2000

/* For a thread to get somewhere, on a slow machine. */
#define ODMM_PATIENCE_MS	60000

/**
 * struct odmm_scene - a socket that waits for the answer of an agent
 * @test: the test
 * @odn: namespace
 * @agent: the socket of the agent
 * @sock: the socket that waits
 * @s: its session, while it is open
 * @cookie: the request
 * @task: thread that is blocked in a call, or NULL
 * @done: it has returned
 * @err: what the call has returned, blocked or not
 */
struct odmm_scene {
	struct kunit		*test;
	struct odmm_net		*odn;
	struct socket		*agent;
	struct socket		*sock;
	struct odmm_session	*s;
	u64			cookie;
	struct task_struct	*task;
	struct completion	done;
	int			err;
};

static int odmm_scene_block(void *arg)
{
	struct odmm_scene *scene = arg;
	struct in6_addr addr;

	odmm_test_join(scene->test);
	allow_signal(SIGINT);
	scene->err = odmm_session_ask(scene->s, NULL, false, &addr);
	complete_all(&scene->done);
	return 0;
}

/* Whatever the test has come to. */
static void odmm_scene_unblock(void *arg)
{
	struct odmm_scene *scene = arg;

	send_sig(SIGINT, scene->task, 1);
	kthread_stop_put(scene->task);
}

static u32 odmm_scene_blocked(const struct odmm_scene *scene)
{
	guard(spinlock)(&scene->odn->lock);
	return scene->s->want.blocked;
}

/* Somebody sleeps in getsockopt(). */
static void odmm_scene_call(struct odmm_scene *scene)
{
	struct kunit *test = scene->test;
	int ms;

	init_completion(&scene->done);
	scene->task = kthread_create(odmm_scene_block, scene, "odmm_scene");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, scene->task);
	get_task_struct(scene->task);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   odmm_scene_unblock,
							   scene));
	wake_up_process(scene->task);
	for (ms = 0; !odmm_scene_blocked(scene) && ms < ODMM_PATIENCE_MS; ms++)
		fsleep(USEC_PER_MSEC);
	KUNIT_ASSERT_EQ(test, odmm_scene_blocked(scene), 1);
}

/* Somebody has asked without sleeping. */
static void odmm_scene_ask(struct odmm_scene *scene)
{
	struct in6_addr addr;

	scene->err = odmm_session_ask(scene->s, NULL, true, &addr);
	KUNIT_ASSERT_EQ(scene->test, scene->err, -EINPROGRESS);
}

static struct odmm_scene *odmm_scene(struct kunit *test, bool blocked)
{
	struct odmm_scene *scene;

	scene = kunit_kzalloc(test, sizeof(*scene), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, scene);
	scene->test = test;
	scene->odn = odmm_test_net(test);
	/* The user has another socket: his account outlives the first. */
	odmm_test_session(test, odmm_test_socket(test, IPPROTO_UDP),
			  ODMM_TYPE_NONE);
	odmm_test_agent(test, BIT(ODMM_TYPE_SESSION_LASTING), &scene->agent);
	scene->sock = odmm_test_socket(test, IPPROTO_UDP);
	scene->sock->sk->sk_bound_dev_if = ODMM_TEST_LINK;
	scene->s = odmm_test_session(test, scene->sock,
				     ODMM_TYPE_SESSION_LASTING);
	scene->s->timeout = ODMM_WAIT_MS;
	if (blocked)
		odmm_scene_call(scene);
	else
		odmm_scene_ask(scene);
	scene->cookie = scene->odn->last_cookie;
	return scene;
}

/* An agent brings a prefix, and its address turns out well. */
static int odmm_scene_answer(struct odmm_scene *scene)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_SESSION_LASTING);
	struct odmm_prefix *p;
	int err;

	spec.cookie = scene->cookie;
	err = odmm_test_try(scene->test, &spec);
	if (err)
		return err;
	scoped_guard(spinlock, &scene->odn->lock)
		p = odmm_prefix_next(scene->odn, NULL);
	odmm_test_settle(p, ODMM_ADDRESS_USABLE);
	return 0;
}

static int odmm_scene_refuse(struct odmm_scene *scene)
{
	guard(spinlock)(&scene->odn->lock);
	return odmm_request_refuse(scene->odn, scene->cookie, EADDRNOTAVAIL,
				   NULL);
}

static int odmm_scene_time_out(struct odmm_scene *scene)
{
	odmm_test_pass_ms(scene->test, ODMM_WAIT_MS);
	return 0;
}

/* Whoever is not blocked any more, or never was, is not interrupted. */
static int odmm_scene_signal(struct odmm_scene *scene)
{
	if (scene->task)
		send_sig(SIGINT, scene->task, 1);
	return 0;
}

static int odmm_scene_close(struct odmm_scene *scene)
{
	odmm_test_close(scene->test, scene->sock);
	odmm_test_work(&scene->odn->sweep.work);
	scene->s = NULL;
	return 0;
}

static int odmm_scene_unlink(struct odmm_scene *scene)
{
	guard(spinlock)(&scene->odn->lock);
	odmm_request_link_gone(scene->odn, ODMM_TEST_LINK);
	odmm_prefix_link_gone(scene->odn, ODMM_TEST_LINK);
	return 0;
}

/* It had accepted the request, and nobody takes its place. */
static int odmm_scene_kill(struct odmm_scene *scene)
{
	odmm_test_close(scene->test, scene->agent);
	odmm_agent_closed(scene->odn, ODMM_TEST_PORTID);
	odmm_test_pass_ms(scene->test, ODMM_GRACE_OVER_MS);
	return 0;
}

/**
 * struct odmm_ending - one way for a request to end
 * @name: its name
 * @happen: makes it happen
 * @err: what somebody who waits gets of it
 * @stat: counter that tells of it
 * @late: what it comes to when the request is over
 */
struct odmm_ending {
	const char	*name;
	int (*happen)(struct odmm_scene *scene);
	int		err;
	enum odmm_stat	stat;
	int		late;
};

static const struct odmm_ending odmm_endings[] = {
	{ "answer", odmm_scene_answer, 0, ODMM_STAT_GRANTED, -ENOENT },
	{ "refusal", odmm_scene_refuse, -EADDRNOTAVAIL, ODMM_STAT_REFUSED,
	  -ENOENT },
	{ "timeout", odmm_scene_time_out, -ETIMEDOUT, ODMM_STAT_TIMED_OUT, 0 },
	{ "signal", odmm_scene_signal, -EINTR, ODMM_STAT_INTERRUPTED, 0 },
	{ "close", odmm_scene_close, -EINPROGRESS, ODMM_STAT_CANCELLED, 0 },
	{ "link removal", odmm_scene_unlink, -ENETDOWN, ODMM_STAT_LINK_REMOVED,
	  0 },
	{ "agent death", odmm_scene_kill, -EOPNOTSUPP, ODMM_STAT_AGENT_LOST,
	  0 },
};

#define ODMM_ENDINGS	ARRAY_SIZE(odmm_endings)

/**
 * struct odmm_race - two endings, one after the other
 * @first: the one that wins
 * @second: the one that comes late
 */
struct odmm_race {
	const struct odmm_ending	*first;
	const struct odmm_ending	*second;
};

static struct odmm_race odmm_races[ODMM_ENDINGS * ODMM_ENDINGS];

static const void *odmm_races_gen_params(struct kunit *test, const void *prev,
					 char *desc)
{
	struct odmm_race *race = prev ? (struct odmm_race *)prev + 1 :
					odmm_races;
	size_t n = race - odmm_races;

	if (n == ARRAY_SIZE(odmm_races))
		return NULL;
	race->first = &odmm_endings[n / ODMM_ENDINGS];
	race->second = &odmm_endings[n % ODMM_ENDINGS];
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, then %s",
		 race->first->name, race->second->name);
	return race;
}

/*
 * Only who is blocked can be interrupted, and only a socket that is in no call
 * can be closed: the first one decides.
 */
static bool odmm_race_is_of_blocked(const struct odmm_race *race)
{
	return race->first->happen != odmm_scene_close &&
	       (race->first->happen == odmm_scene_signal ||
		race->second->happen != odmm_scene_close);
}

static void odmm_scene_accept(struct odmm_scene *scene)
{
	struct odmm_request *req;
	int err;

	scoped_guard(spinlock, &scene->odn->lock)
		err = odmm_request_accept(scene->odn,
					  odmm_agent_of(scene->odn,
							scene->agent->sk),
					  0, &req, NULL);
	KUNIT_ASSERT_EQ(scene->test, err, 0);
}

/* What somebody who waits, or looks again, gets in the end. */
static int odmm_scene_outcome(struct odmm_scene *scene)
{
	struct in6_addr addr;

	if (!scene->task)
		return scene->s ? odmm_session_ask(scene->s, NULL, true, &addr) :
				  scene->err;
	wait_for_completion_timeout(&scene->done,
				    msecs_to_jiffies(ODMM_PATIENCE_MS));
	KUNIT_ASSERT_TRUE(scene->test, completion_done(&scene->done));
	return scene->err;
}

/* Nothing waits any more, nobody is charged for it, nothing will happen. */
static void odmm_scene_is_over(struct odmm_scene *scene)
{
	struct kunit *test = scene->test;
	struct odmm_account *acc = odmm_test_account(test);
	struct odmm_request *req;

	scoped_guard(spinlock, &scene->odn->lock)
		req = odmm_request_after(scene->odn, 0);
	KUNIT_EXPECT_NULL(test, req);
	KUNIT_EXPECT_EQ(test, scene->odn->n_requests, 0);
	KUNIT_EXPECT_EQ(test, acc->pending, 0);
	KUNIT_EXPECT_EQ(test, acc->held, 0);
	if (!scene->s)
		return;
	KUNIT_EXPECT_NULL(test, scene->s->want.req);
	KUNIT_EXPECT_EQ(test, scene->s->want.blocked, 0);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_NODE(&scene->s->want.limit.node.node));
}

/* The counters tell of one ending, whatever came after it. */
static void odmm_race_is_counted(struct kunit *test,
				 const struct odmm_race *race)
{
	const struct odmm_ending *e;
	u64 want;

	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_SUBMITTED), 1);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_LATE_ANSWERS),
			race->second->late ? 1 : 0);
	for (e = odmm_endings; e < odmm_endings + ODMM_ENDINGS; e++) {
		want = e == race->first;
		/* By these the last one who waits goes. */
		if (e->happen == odmm_scene_close)
			want = race->first->happen == odmm_scene_close ||
			       race->first->happen == odmm_scene_signal ||
			       race->first->happen == odmm_scene_time_out;
		KUNIT_EXPECT_EQ_MSG(test, odmm_test_count(test, e->stat), want,
				    "by %s", e->name);
	}
}

static void odmm_request_race(struct kunit *test)
{
	const struct odmm_race *race = test->param_value;
	struct odmm_scene *scene;

	scene = odmm_scene(test, odmm_race_is_of_blocked(race));
	odmm_scene_accept(scene);
	KUNIT_EXPECT_EQ(test, race->first->happen(scene), 0);
	KUNIT_EXPECT_EQ(test, odmm_scene_outcome(scene), race->first->err);
	odmm_scene_is_over(scene);
	if (race->second->happen != odmm_scene_close || scene->s)
		KUNIT_EXPECT_EQ(test, race->second->happen(scene),
				race->second->late);
	odmm_scene_is_over(scene);
	odmm_race_is_counted(test, race);
}

/*
 * A signal and something else at once: the caller has been woken up by the
 * signal, but gets the lock later. What was decided meanwhile is what he gets.
 */
static void odmm_request_signal_and_refusal(struct kunit *test)
{
	struct odmm_scene *scene = odmm_scene(test, true);

	scoped_guard(spinlock, &scene->odn->lock) {
		odmm_scene_signal(scene);
		odmm_request_refuse(scene->odn, scene->cookie, EADDRNOTAVAIL,
				    NULL);
	}
	KUNIT_EXPECT_EQ(test, odmm_scene_outcome(scene), -EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_INTERRUPTED), 0);
	odmm_scene_is_over(scene);
}

static void odmm_request_signal_and_removal(struct kunit *test)
{
	struct odmm_scene *scene = odmm_scene(test, true);

	scoped_guard(spinlock, &scene->odn->lock) {
		odmm_scene_signal(scene);
		odmm_request_link_gone(scene->odn, ODMM_TEST_LINK);
	}
	KUNIT_EXPECT_EQ(test, odmm_scene_outcome(scene), -ENETDOWN);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_INTERRUPTED), 0);
	odmm_scene_is_over(scene);
}

/* Who waits without a limit can be restarted: the question is asked anew. */
static void odmm_request_signal_without_limit(struct kunit *test)
{
	struct odmm_scene *scene = odmm_scene(test, true);

	scene->s->timeout = -1;
	odmm_scene_signal(scene);
	KUNIT_EXPECT_EQ(test, odmm_scene_outcome(scene), -ERESTARTSYS);
	odmm_scene_is_over(scene);
}

/* A want that is not of a session: it is only seen what becomes of it. */
static int odmm_request_submit(struct kunit *test, struct odmm_want *w,
			       const struct odmm_request_key *key)
{
	struct odmm_net *odn = odmm_test_net(test);

	guard(spinlock)(&odn->lock);
	return odmm_want_submit(odn, w, key);
}

/* One that waits for a prefix of that type. */
static struct odmm_want *odmm_request_waiting(struct kunit *test, u32 type,
					      u32 flags)
{
	struct odmm_want *w = odmm_test_want(test, type);
	struct odmm_request_key key = odmm_test_key(type);

	key.flags = flags;
	KUNIT_ASSERT_EQ(test, odmm_request_submit(test, w, &key), -EINPROGRESS);
	KUNIT_ASSERT_NOT_NULL(test, w->req);
	return w;
}

static struct odmm_agent *odmm_request_agent(struct kunit *test)
{
	struct socket *sock;

	return odmm_test_agent(test, GENMASK(ODMM_TYPE_MAX, 1), &sock);
}

static void odmm_request_leave(struct kunit *test, struct odmm_want *w)
{
	struct odmm_net *odn = odmm_test_net(test);

	guard(spinlock)(&odn->lock);
	odmm_want_leave(odn, w);
}

static int odmm_request_take(struct kunit *test, struct odmm_agent *agent,
			     u64 cookie, struct odmm_request **req)
{
	struct odmm_net *odn = odmm_test_net(test);

	*req = NULL;
	guard(spinlock)(&odn->lock);
	return odmm_request_accept(odn, agent, cookie, req, NULL);
}

static struct odmm_prefix *odmm_request_held(const struct odmm_want *w)
{
	return rcu_access_pointer(w->prefix);
}

/* Nobody is asked for what is there. */
static void odmm_request_served_at_once(struct kunit *test)
{
	struct odmm_request_key key = odmm_test_key(ODMM_TYPE_FIXED);
	struct odmm_want *w = odmm_test_want(test, ODMM_TYPE_FIXED);
	struct odmm_prefix *p;

	p = odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, odmm_request_submit(test, w, &key), 0);
	KUNIT_EXPECT_PTR_EQ(test, odmm_request_held(w), p);
	KUNIT_EXPECT_EQ(test, p->sessions, 1);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_SERVED), 1);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_SUBMITTED), 0);
}

/* Nothing changes when a question cannot be asked. */
static void odmm_request_expect_refused(struct kunit *test,
					const struct odmm_request_key *key,
					int err)
{
	struct odmm_want *w = odmm_test_want(test, key->type);

	KUNIT_EXPECT_EQ(test, odmm_request_submit(test, w, key), err);
	KUNIT_EXPECT_NULL(test, w->req);
	KUNIT_EXPECT_NULL(test, odmm_request_held(w));
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_requests, 0);
	KUNIT_EXPECT_EQ(test, w->account->pending, 0);
	KUNIT_EXPECT_EQ(test, w->account->held, 0);
}

static void odmm_request_cannot_be_asked(struct kunit *test)
{
	struct odmm_request_key key = odmm_test_key(ODMM_TYPE_FIXED);
	struct odmm_net *odn = odmm_test_net(test);

	odmm_request_expect_refused(test, &key, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_UNSUPPORTED), 1);
	odmm_request_agent(test);
	key.ifindex = ODMM_TEST_NO_LINK;
	odmm_request_expect_refused(test, &key, -ENETDOWN);
	key.ifindex = 0;
	odn->policy.requests_max = 0;
	odmm_request_expect_refused(test, &key, -EDQUOT);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_OVER_QUOTA), 1);
	odn->policy.requests_max = 1;
	odn->policy.pending = 0;
	odmm_test_become(test, 1000, 100);
	odmm_request_expect_refused(test, &key, -EDQUOT);
	odn->policy.pending = 1;
	odn->policy.held = 0;
	key.flags = IPV6_REQUIRE_SRC_ON_NET;
	odmm_request_expect_refused(test, &key, -EDQUOT);
}

/* The same is asked of the network once. */
static void odmm_request_is_shared(struct kunit *test)
{
	struct odmm_want *one, *two, *other;
	struct odmm_prefix *p;

	odmm_request_agent(test);
	one = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
	two = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
	other = odmm_request_waiting(test, ODMM_TYPE_SESSION_LASTING, 0);
	KUNIT_ASSERT_NOT_NULL(test, one->req);
	KUNIT_EXPECT_PTR_EQ(test, one->req, two->req);
	KUNIT_EXPECT_PTR_NE(test, one->req, other->req);
	KUNIT_EXPECT_EQ(test, one->req->waiters, 2);
	KUNIT_EXPECT_EQ(test, one->account->pending, 3);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_SUBMITTED), 2);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_COALESCED), 1);

	p = odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	KUNIT_EXPECT_PTR_EQ(test, odmm_request_held(one), p);
	KUNIT_EXPECT_PTR_EQ(test, odmm_request_held(two), p);
	KUNIT_EXPECT_NULL(test, odmm_request_held(other));
	KUNIT_EXPECT_EQ(test, p->sessions, 2);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_GRANTED), 1);
	KUNIT_EXPECT_EQ(test, one->account->pending, 1);
}

/* By interface and, if policy says so, by user. */
static void odmm_request_is_not_shared(struct kunit *test)
{
	struct odmm_request_key key = odmm_test_key(ODMM_TYPE_FIXED);
	struct odmm_want *w[3];
	int i;

	odmm_request_agent(test);
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		w[i] = odmm_test_want(test, ODMM_TYPE_FIXED);
		KUNIT_EXPECT_EQ(test, odmm_request_submit(test, w[i], &key),
				-EINPROGRESS);
		key.ifindex = i ? 0 : ODMM_TEST_LINK;
		key.uid = i ? KUIDT_INIT(1000) : INVALID_UID;
	}
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_requests, 3);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_COALESCED), 0);
}

/* The last one who goes ends it. */
static void odmm_request_cancelled(struct kunit *test)
{
	struct odmm_want *one, *two;

	odmm_request_agent(test);
	one = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
	two = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
	odmm_request_leave(test, one);
	KUNIT_EXPECT_NULL(test, one->req);
	KUNIT_EXPECT_EQ(test, two->req->waiters, 1);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_CANCELLED), 0);
	odmm_request_leave(test, two);
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_requests, 0);
	KUNIT_EXPECT_EQ(test, one->account->pending, 0);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_CANCELLED), 1);
}

/* Asked for one socket alone: answered by its cookie, and for nobody else. */
static void odmm_request_on_net(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:2::", ODMM_TYPE_FIXED);
	struct odmm_want *one, *two;
	struct odmm_prefix *p;

	odmm_request_agent(test);
	one = odmm_request_waiting(test, ODMM_TYPE_FIXED,
				   IPV6_REQUIRE_SRC_ON_NET);
	two = odmm_request_waiting(test, ODMM_TYPE_FIXED,
				   IPV6_REQUIRE_SRC_ON_NET);
	KUNIT_EXPECT_PTR_NE(test, one->req, two->req);
	KUNIT_EXPECT_EQ(test, one->account->held, 2);
	odmm_test_prefix(test, "2001:db8:1::", ODMM_TYPE_FIXED);
	KUNIT_ASSERT_NOT_NULL(test, one->req);
	KUNIT_ASSERT_NOT_NULL(test, two->req);

	spec.cookie = two->req->cookie;
	p = odmm_test_add(test, &spec);
	odmm_test_settle(p, ODMM_ADDRESS_USABLE);
	KUNIT_EXPECT_NOT_NULL(test, one->req);
	KUNIT_EXPECT_PTR_EQ(test, odmm_request_held(two), p);
	KUNIT_EXPECT_EQ(test, p->flags, ODMM_PREFIX_F_EXCLUSIVE);
	KUNIT_EXPECT_PTR_EQ(test, p->owner, two->account);
	KUNIT_EXPECT_EQ(test, two->account->held, 2);
	odmm_request_leave(test, one);
	KUNIT_EXPECT_EQ(test, one->account->held, 1);
}

/* It has come too late: whom it was made for has gone, others may not have it. */
static void odmm_request_on_net_too_late(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_FIXED);
	struct odmm_want *w;
	struct odmm_prefix *p;

	odmm_request_agent(test);
	w = odmm_request_waiting(test, ODMM_TYPE_FIXED, IPV6_REQUIRE_SRC_ON_NET);
	spec.cookie = w->req->cookie;
	p = odmm_test_add(test, &spec);
	odmm_request_leave(test, w);
	odmm_test_settle(p, ODMM_ADDRESS_USABLE);
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_prefixes, 0);
	KUNIT_EXPECT_EQ(test, w->account->held, 0);
}

/* An answer whose address cannot be had is none. */
static void odmm_request_answer_fails(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_FIXED);
	struct odmm_want *w;
	struct odmm_prefix *p;

	odmm_request_agent(test);
	w = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
	spec.cookie = w->req->cookie;
	p = odmm_test_add(test, &spec);
	KUNIT_EXPECT_EQ(test, w->req->state, ODMM_REQUEST_ANSWERED);
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), -EBUSY);
	odmm_test_settle(p, ODMM_ADDRESS_FAILED);
	KUNIT_EXPECT_NULL(test, w->req);
	KUNIT_EXPECT_EQ(test, w->error, EADDRNOTAVAIL);
	KUNIT_EXPECT_TRUE(test, w->unreported);
}

/* An answer has to be to the question; else all stays as it is. */
static void odmm_request_answer_does_not_fit(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_SESSION_LASTING);
	struct odmm_want *w;

	odmm_request_agent(test);
	w = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
	spec.cookie = w->req->cookie;
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), -EINVAL);
	KUNIT_EXPECT_EQ(test, spec.culprit, ODMM_A_PREFIX_TYPE);
	KUNIT_EXPECT_EQ(test, w->req->state, ODMM_REQUEST_NEW);
	KUNIT_EXPECT_EQ(test, odmm_test_net(test)->n_prefixes, 0);
	spec.cookie++;
	KUNIT_EXPECT_EQ(test, odmm_test_try(test, &spec), -ENOENT);
	KUNIT_EXPECT_EQ(test, spec.culprit, ODMM_A_PREFIX_COOKIE);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_LATE_ANSWERS), 1);
}

/* The oldest first, each by one agent. */
static void odmm_request_is_accepted(struct kunit *test)
{
	struct odmm_want *one, *two;
	struct odmm_request *req;
	struct odmm_agent *agent;

	agent = odmm_request_agent(test);
	one = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
	two = odmm_request_waiting(test, ODMM_TYPE_SESSION_LASTING, 0);
	KUNIT_EXPECT_LT(test, one->req->cookie, two->req->cookie);
	KUNIT_EXPECT_EQ(test, odmm_request_take(test, agent, 0, &req), 0);
	KUNIT_EXPECT_PTR_EQ(test, req, one->req);
	KUNIT_EXPECT_EQ(test, agent->accepted, 1);
	KUNIT_EXPECT_EQ(test, odmm_request_take(test, agent, one->req->cookie,
						&req), -EBUSY);
	KUNIT_EXPECT_EQ(test, odmm_request_take(test, NULL, 0, &req), -ENOENT);
	/* Somebody may do so without a claim, by name. */
	KUNIT_EXPECT_EQ(test, odmm_request_take(test, NULL, two->req->cookie,
						&req), 0);
	KUNIT_EXPECT_EQ(test, odmm_request_take(test, agent, 0, &req), -ENOENT);
	KUNIT_EXPECT_EQ(test, agent->accepted, 1);
	odmm_request_leave(test, one);
	KUNIT_EXPECT_EQ(test, agent->accepted, 0);
	KUNIT_EXPECT_EQ(test, odmm_test_count(test, ODMM_STAT_ACCEPTED), 2);
}

/* A name is not given twice. */
static void odmm_request_cookies(struct kunit *test)
{
	struct odmm_want *w;
	u64 last = 0;
	int i;

	odmm_request_agent(test);
	for (i = 0; i < 10; i++) {
		w = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
		KUNIT_EXPECT_GT(test, w->req->cookie, last);
		last = w->req->cookie;
		odmm_request_leave(test, w);
	}
}

/* An agent that starts anew finds its work again. */
static void odmm_request_outlives_agent(struct kunit *test)
{
	struct odmm_agent *agent;
	struct odmm_request *req;
	struct socket *sock;
	struct odmm_want *w;

	agent = odmm_test_agent(test, BIT(ODMM_TYPE_FIXED), &sock);
	w = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
	odmm_request_take(test, agent, 0, &req);
	odmm_test_close(test, sock);
	odmm_agent_closed(odmm_test_net(test), ODMM_TEST_PORTID);
	KUNIT_EXPECT_EQ(test, w->req->state, ODMM_REQUEST_NEW);
	odmm_test_pass_ms(test, ODMM_GRACE_OVER_MS / 4);
	KUNIT_ASSERT_NOT_NULL(test, w->req);

	agent = odmm_test_agent(test, BIT(ODMM_TYPE_FIXED), &sock);
	odmm_test_pass_ms(test, ODMM_GRACE_OVER_MS);
	KUNIT_ASSERT_NOT_NULL(test, w->req);
	KUNIT_EXPECT_EQ(test, odmm_request_take(test, agent, 0, &req), 0);
	KUNIT_EXPECT_PTR_EQ(test, req, w->req);
}

/* Nor does it need an agent once there is an answer. */
static void odmm_request_answered_outlives_agent(struct kunit *test)
{
	struct odmm_prefix_spec spec =
		odmm_test_spec("2001:db8:1::", ODMM_TYPE_FIXED);
	struct socket *sock;
	struct odmm_prefix *p;
	struct odmm_want *w;

	odmm_test_agent(test, BIT(ODMM_TYPE_FIXED), &sock);
	w = odmm_request_waiting(test, ODMM_TYPE_FIXED, 0);
	spec.cookie = w->req->cookie;
	p = odmm_test_add(test, &spec);
	odmm_test_close(test, sock);
	odmm_agent_closed(odmm_test_net(test), ODMM_TEST_PORTID);
	odmm_test_pass_ms(test, ODMM_GRACE_OVER_MS);
	KUNIT_ASSERT_NOT_NULL(test, w->req);
	odmm_test_settle(p, ODMM_ADDRESS_USABLE);
	KUNIT_EXPECT_PTR_EQ(test, odmm_request_held(w), p);
}

static struct kunit_case odmm_request_cases[] = {
	KUNIT_CASE_PARAM(odmm_request_race, odmm_races_gen_params),
	KUNIT_CASE(odmm_request_signal_and_refusal),
	KUNIT_CASE(odmm_request_signal_and_removal),
	KUNIT_CASE(odmm_request_signal_without_limit),
	KUNIT_CASE(odmm_request_served_at_once),
	KUNIT_CASE(odmm_request_cannot_be_asked),
	KUNIT_CASE(odmm_request_is_shared),
	KUNIT_CASE(odmm_request_is_not_shared),
	KUNIT_CASE(odmm_request_cancelled),
	KUNIT_CASE(odmm_request_on_net),
	KUNIT_CASE(odmm_request_on_net_too_late),
	KUNIT_CASE(odmm_request_answer_fails),
	KUNIT_CASE(odmm_request_answer_does_not_fit),
	KUNIT_CASE(odmm_request_is_accepted),
	KUNIT_CASE(odmm_request_cookies),
	KUNIT_CASE(odmm_request_outlives_agent),
	KUNIT_CASE(odmm_request_answered_outlives_agent),
	{}
};

static struct kunit_suite odmm_request_suite = {
	.name = "odmm_request",
	.init = odmm_test_init,
	.test_cases = odmm_request_cases,
};

kunit_test_suite(odmm_request_suite);
