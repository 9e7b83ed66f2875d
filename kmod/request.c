// SPDX-License-Identifier: GPL-2.0
/*
 * The queue of requests to the network. Sockets with the same want share a
 * request; whatever ends it first (answer, refusal, removal of the link, loss
 * of the agent, departure of the last who waits) takes it out of the queue
 * under the net lock, and is thereby the only one to complete it. Nothing here
 * sleeps: callers do so on struct odmm_want.wq.
 *
 * All here is called with the net lock held, but for init and exit.
 */
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "lifetime.h"
#include "odmm.h"
#include "trace.h"

/* For an agent to come back after a restart. */
#define ODMM_GRACE_MS		1000

static struct odmm_request *odmm_request_entry(const struct rb_node *node)
{
	return node ? rb_entry(node, struct odmm_request, node) : NULL;
}

static int odmm_request_cmp(const void *key, const struct rb_node *node)
{
	const u64 *cookie = key;
	u64 other = odmm_request_entry(node)->cookie;

	return *cookie < other ? -1 : *cookie > other;
}

static bool odmm_request_less(struct rb_node *node, const struct rb_node *parent)
{
	return odmm_request_cmp(&odmm_request_entry(node)->cookie, parent) < 0;
}

/* An open request, or NULL. */
struct odmm_request *odmm_request_find(struct odmm_net *odn, u64 cookie)
{
	lockdep_assert_held(&odn->lock);
	return odmm_request_entry(rb_find(&cookie, &odn->requests,
					  odmm_request_cmp));
}

/* The oldest open request with a cookie greater than @cookie, or NULL. */
struct odmm_request *odmm_request_after(struct odmm_net *odn, u64 cookie)
{
	struct rb_node *node = odn->requests.rb_node;
	struct odmm_request *req, *found = NULL;

	lockdep_assert_held(&odn->lock);
	while (node) {
		req = odmm_request_entry(node);
		if (cookie < req->cookie) {
			found = req;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

static void odmm_request_state(struct odmm_net *odn, struct odmm_request *req,
			       enum odmm_request_state state)
{
	req->state = state;
	odmm_event_request(odn, req);
}

/* Who works on it: a claim, or nobody that is known. */
static void odmm_request_assign(struct odmm_net *odn, struct odmm_request *req,
				struct odmm_agent *agent)
{
	struct odmm_agent *old = odmm_agent_find(odn, req->agent);

	if (old)
		old->accepted--;
	if (agent)
		agent->accepted++;
	req->agent = agent ? agent->id : 0;
}

/* The doorbell. */
static void odmm_request_offer(struct odmm_net *odn, struct odmm_request *req)
{
	odmm_deadline_clear(odn, &req->grace);
	odmm_request_assign(odn, req, NULL);
	odmm_request_state(odn, req, ODMM_REQUEST_NEW);
	odmm_event_offer(odn, req);
}

/* It waits no longer; who does not wait in a call is told of @event. */
static void odmm_want_settle(struct odmm_net *odn, struct odmm_want *w,
			     enum odmm_event event)
{
	struct odmm_request *req = w->req;

	list_del(&w->node);
	req->waiters--;
	w->account->pending--;
	odmm_deadline_clear(odn, &w->limit);
	if (event && w->nonblock)
		odmm_event_want(odn, w, event);
	w->nonblock = false;
	/* Pairs with the look at it without the lock in odmm_session_wait(). */
	WRITE_ONCE(w->req, NULL);
	wake_up_all(&w->wq);
}

static void odmm_want_grant(struct odmm_want *w, struct odmm_prefix *p)
{
	odmm_prefix_hold(p, w);
	odmm_account_give(w, p);
	odmm_prefix_limit(p, w->lifetime);
	rcu_assign_pointer(w->prefix, p);
	w->error = 0;
	w->unreported = false;
}

static void odmm_want_fail(struct odmm_want *w, u16 error)
{
	odmm_account_disown(w);
	w->error = error;
	w->unreported = true;
}

/* The one place where a request ends. */
static void odmm_request_end(struct odmm_net *odn, struct odmm_request *req,
			     enum odmm_request_state state)
{
	rb_erase(&req->node, &odn->requests);
	list_del(&req->shared);
	odn->n_requests--;
	odmm_deadline_clear(odn, &req->grace);
	odmm_request_state(odn, req, state);
	odmm_request_assign(odn, req, NULL);
	kfree(req);
}

static void odmm_request_grant(struct odmm_net *odn, struct odmm_request *req,
			       struct odmm_prefix *p)
{
	struct odmm_want *w, *next;

	list_for_each_entry_safe(w, next, &req->wants, node) {
		odmm_want_settle(odn, w, ODMM_EVENT_GRANTED);
		odmm_want_grant(w, p);
	}
	odmm_count(odn, ODMM_STAT_GRANTED);
	trace_odmm_grant(req);
	odmm_request_end(odn, req, ODMM_REQUEST_GRANTED);
}

static void odmm_request_fail(struct odmm_net *odn, struct odmm_request *req,
			      u16 error)
{
	struct odmm_want *w, *next;

	list_for_each_entry_safe(w, next, &req->wants, node) {
		odmm_want_fail(w, error);
		odmm_want_settle(odn, w, ODMM_EVENT_FAILED);
	}
	req->error = error;
	odmm_request_end(odn, req, ODMM_REQUEST_FAILED);
}

/* Whether anything can be expected for it. */
static bool odmm_request_served(struct odmm_net *odn,
				const struct odmm_request_key *key)
{
	if (odmm_agents_serve(odn, key))
		return true;
	return !(key->flags & IPV6_REQUIRE_SRC_ON_NET) &&
	       odmm_shelf_coming(odn, key);
}

/* Somebody works on it who will answer, or has. */
static bool odmm_request_taken(const struct odmm_request *req)
{
	return req->state != ODMM_REQUEST_NEW;
}

/* Nobody whose end would be noticed works on it. */
static bool odmm_request_alone(const struct odmm_request *req)
{
	return !odmm_request_taken(req) ||
	       (req->state == ODMM_REQUEST_ACCEPTED && !req->agent);
}

static void odmm_request_orphan(struct odmm_net *odn, struct odmm_deadline *d)
{
	struct odmm_request *req = container_of(d, struct odmm_request, grace);

	if (!odmm_request_alone(req) || odmm_request_served(odn, &req->key))
		return;
	odmm_request_fail(odn, req, EOPNOTSUPP);
}

static void odmm_request_start_grace(struct odmm_net *odn,
				     struct odmm_request *req)
{
	odmm_deadline_set(odn, &req->grace,
			  ktime_add_ms(odmm_now(), ODMM_GRACE_MS));
}

static struct odmm_request *odmm_request_make(struct odmm_net *odn,
					      const struct odmm_request_key *key,
					      kuid_t uid)
{
	struct odmm_request *req;

	req = kzalloc(sizeof(*req), GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN);
	if (!req)
		return NULL;
	INIT_LIST_HEAD(&req->wants);
	INIT_LIST_HEAD(&req->shared);
	odmm_deadline_init(&req->grace, odmm_request_orphan);
	req->cookie = ++odn->last_cookie;
	req->born = odmm_now();
	req->key = *key;
	req->uid = uid;
	rb_add(&req->node, &odn->requests, odmm_request_less);
	if (!(key->flags & IPV6_REQUIRE_SRC_ON_NET))
		list_add_tail(&req->shared, &odn->shared[key->type]);
	odn->n_requests++;
	odmm_count(odn, ODMM_STAT_SUBMITTED);
	return req;
}

/* One that such a want may share, or NULL. */
static struct odmm_request *odmm_request_shared(struct odmm_net *odn,
						const struct odmm_request_key *key)
{
	struct odmm_request *req;

	if (key->flags & IPV6_REQUIRE_SRC_ON_NET)
		return NULL;
	list_for_each_entry(req, &odn->shared[key->type], shared)
		if (!memcmp(&req->key, key, sizeof(*key)))
			return req;
	return NULL;
}

/* Its account is charged already. */
static void odmm_want_join(struct odmm_want *w, struct odmm_request *req)
{
	list_add_tail(&w->node, &req->wants);
	req->waiters++;
	w->error = 0;
	w->unreported = false;
	/* Somebody who was woken may not have looked yet. */
	WRITE_ONCE(w->req, req);
}

static int odmm_want_coalesce(struct odmm_net *odn, struct odmm_want *w,
			      struct odmm_request *req)
{
	int err = odmm_account_wait(odn, w->account);

	if (err)
		return err;
	odmm_want_join(w, req);
	odmm_count(odn, ODMM_STAT_COALESCED);
	trace_odmm_coalesce(req);
	return -EINPROGRESS;
}

/* Charges the account for a request; nothing is charged if there is an error. */
static int odmm_want_charge(struct odmm_net *odn, struct odmm_want *w,
			    const struct odmm_request_key *key)
{
	int err;

	if (!odmm_policy_room_for_request(odn)) {
		odmm_count(odn, ODMM_STAT_OVER_QUOTA);
		return -EDQUOT;
	}
	err = odmm_account_wait(odn, w->account);
	if (!err && key->flags & IPV6_REQUIRE_SRC_ON_NET) {
		err = odmm_account_own(odn, w);
		w->account->pending -= err < 0;
	}
	return err;
}

/*
 * A socket can be bound to any number: those that are no interface would make
 * many requests of one. If it is removed after this, the request ends by
 * odmm_request_link_gone().
 */
static bool odmm_request_has_link(struct odmm_net *odn,
				  const struct odmm_request_key *key)
{
	bool there;

	rcu_read_lock();
	there = !key->ifindex || dev_get_by_index_rcu(odn->net, key->ifindex);
	rcu_read_unlock();
	return there;
}

static int odmm_want_ask(struct odmm_net *odn, struct odmm_want *w,
			 const struct odmm_request_key *key)
{
	struct odmm_request *req;
	int err;

	if (!odmm_request_served(odn, key)) {
		odmm_count(odn, ODMM_STAT_UNSUPPORTED);
		return -EOPNOTSUPP;
	}
	if (!odmm_request_has_link(odn, key))
		return -ENETDOWN;
	err = odmm_want_charge(odn, w, key);
	if (err)
		return err;
	req = odmm_request_make(odn, key, w->account->uid);
	if (!req) {
		odmm_account_disown(w);
		w->account->pending--;
		return -ENOMEM;
	}
	odmm_want_join(w, req);
	trace_odmm_submit(req);
	odmm_request_offer(odn, req);
	return -EINPROGRESS;
}

/**
 * odmm_want_submit - satisfy a want, or put it in the queue
 * @odn: namespace
 * @w: a want that neither waits nor holds anything
 * @key: what is wanted
 *
 * Return: 0, and the prefix is held. -EINPROGRESS, and it waits: exactly one
 * of odmm_request_grant(), odmm_request_fail() and odmm_want_leave() will
 * clear @w->req. -EACCES, -EOPNOTSUPP, -ENETDOWN, -EDQUOT or -ENOMEM, and
 * nothing has changed.
 */
int odmm_want_submit(struct odmm_net *odn, struct odmm_want *w,
		     const struct odmm_request_key *key)
{
	struct odmm_request *req;
	struct odmm_prefix *p;

	lockdep_assert_held(&odn->lock);
	if (!odmm_policy_allows(odn, key->type)) {
		odmm_count(odn, ODMM_STAT_FORBIDDEN);
		return -EACCES;
	}
	if (!(key->flags & IPV6_REQUIRE_SRC_ON_NET)) {
		p = odmm_shelf_best(odn, key);
		if (p) {
			odmm_want_grant(w, p);
			odmm_count(odn, ODMM_STAT_SERVED);
			return 0;
		}
	}
	req = odmm_request_shared(odn, key);
	return req ? odmm_want_coalesce(odn, w, req) :
		     odmm_want_ask(odn, w, key);
}

/* Takes a want out of the queue; the last one to leave ends the request. */
void odmm_want_leave(struct odmm_net *odn, struct odmm_want *w)
{
	struct odmm_request *req = w->req;

	lockdep_assert_held(&odn->lock);
	odmm_account_disown(w);
	odmm_want_settle(odn, w, w->error ? ODMM_EVENT_FAILED : 0);
	if (req->waiters)
		return;
	odmm_count(odn, ODMM_STAT_CANCELLED);
	trace_odmm_cancel(req);
	req->state = ODMM_REQUEST_CANCELLED;
	odmm_event_offer(odn, req);
	odmm_request_end(odn, req, ODMM_REQUEST_CANCELLED);
}

/* Gives up whatever it waits for or holds. */
void odmm_want_release(struct odmm_net *odn, struct odmm_want *w)
{
	struct odmm_prefix *p;

	lockdep_assert_held(&odn->lock);
	p = rcu_dereference_protected(w->prefix, lockdep_is_held(&odn->lock));
	if (w->req)
		odmm_want_leave(odn, w);
	if (p) {
		RCU_INIT_POINTER(w->prefix, NULL);
		odmm_prefix_unhold(p, w);
	}
	w->error = 0;
	w->unreported = false;
	odmm_event_want_drop(w);
}

static void odmm_want_expire(struct odmm_net *odn, struct odmm_deadline *d)
{
	struct odmm_want *w = container_of(d, struct odmm_want, limit);

	odmm_count(odn, ODMM_STAT_TIMED_OUT);
	trace_odmm_timeout(w->req);
	odmm_want_fail(w, ETIMEDOUT);
	odmm_want_leave(odn, w);
}

/* Limits the waiting to @timeout ms; a negative one is no limit. */
void odmm_want_limit(struct odmm_net *odn, struct odmm_want *w, s32 timeout)
{
	if (timeout >= 0)
		odmm_deadline_set(odn, &w->limit,
				  ktime_add_ms(odmm_now(), timeout));
}

void odmm_want_init(struct odmm_want *w)
{
	init_waitqueue_head(&w->wq);
	INIT_LIST_HEAD(&w->tell);
	odmm_deadline_init(&w->limit, odmm_want_expire);
}

/* An open request that an agent names, or an error and a word about it. */
static struct odmm_request *odmm_request_named(struct odmm_net *odn, u64 cookie,
					       struct netlink_ext_ack *extack)
{
	struct odmm_request *req = odmm_request_find(odn, cookie);

	if (!req)
		NL_SET_ERR_MSG_MOD(extack, "no such request, or it is over");
	return req;
}

static struct odmm_request *odmm_request_oldest(struct odmm_net *odn,
						const struct odmm_agent *agent)
{
	struct rb_node *node;
	struct odmm_request *req;

	for (node = rb_first(&odn->requests); node; node = rb_next(node)) {
		req = odmm_request_entry(node);
		if (!odmm_request_taken(req) &&
		    odmm_agent_serves(agent, &req->key))
			return req;
	}
	return NULL;
}

/**
 * odmm_request_accept - let an agent work on a request
 * @odn: namespace
 * @agent: claim of the caller, NULL if it has none
 * @cookie: the request, or 0 for the oldest that @agent serves
 * @res: where the request goes
 * @extack: where words about an error go
 *
 * Return: 0, -ENOENT, or -EBUSY if somebody else works on it.
 */
int odmm_request_accept(struct odmm_net *odn, struct odmm_agent *agent,
			u64 cookie, struct odmm_request **res,
			struct netlink_ext_ack *extack)
{
	struct odmm_request *req = NULL;

	lockdep_assert_held(&odn->lock);
	if (cookie)
		req = odmm_request_named(odn, cookie, extack);
	else if (agent)
		req = odmm_request_oldest(odn, agent);
	else
		NL_SET_ERR_MSG_MOD(extack, "name a request, or claim types first");
	if (!req)
		return -ENOENT;
	if (odmm_request_taken(req)) {
		NL_SET_ERR_MSG_MOD(extack, "somebody works on that request");
		return -EBUSY;
	}

	odmm_deadline_clear(odn, &req->grace);
	odmm_request_assign(odn, req, agent);
	odmm_count(odn, ODMM_STAT_ACCEPTED);
	trace_odmm_accept(req);
	odmm_request_state(odn, req, ODMM_REQUEST_ACCEPTED);
	*res = req;
	return 0;
}

/* One that an answer or a refusal is not too late for, or an error. */
static struct odmm_request *
odmm_request_unanswered(struct odmm_net *odn, u64 cookie,
			struct netlink_ext_ack *extack)
{
	struct odmm_request *req = odmm_request_named(odn, cookie, extack);

	if (!req) {
		odmm_count(odn, ODMM_STAT_LATE_ANSWERS);
		return ERR_PTR(-ENOENT);
	}
	if (req->state == ODMM_REQUEST_ANSWERED) {
		NL_SET_ERR_MSG_MOD(extack, "request has been answered");
		return ERR_PTR(-EBUSY);
	}
	return req;
}

/**
 * odmm_request_answer - add a prefix that answers request @spec->cookie
 * @odn: namespace
 * @spec: the prefix
 *
 * Who waits is woken when the address of the prefix is usable.
 *
 * Return: 0, -ENOENT if the request is over, -EBUSY if it is answered, or an
 * error of odmm_prefix_add(); then nothing has changed.
 */
int odmm_request_answer(struct odmm_net *odn, struct odmm_prefix_spec *spec)
{
	struct odmm_request *req;
	int err;

	lockdep_assert_held(&odn->lock);
	spec->culprit = ODMM_A_PREFIX_COOKIE;
	req = odmm_request_unanswered(odn, spec->cookie, spec->extack);
	if (IS_ERR(req))
		return PTR_ERR(req);
	if (req->key.flags & IPV6_REQUIRE_SRC_ON_NET)
		spec->flags |= ODMM_PREFIX_F_EXCLUSIVE;

	err = odmm_prefix_add(odn, spec, &req->key);
	if (err)
		return err;
	trace_odmm_answer(req);
	odmm_request_state(odn, req, ODMM_REQUEST_ANSWERED);
	return 0;
}

/* An agent says no: everybody who waits gets @error. Errors as above. */
int odmm_request_refuse(struct odmm_net *odn, u64 cookie, u16 error,
			struct netlink_ext_ack *extack)
{
	struct odmm_request *req;

	lockdep_assert_held(&odn->lock);
	req = odmm_request_unanswered(odn, cookie, extack);
	if (IS_ERR(req))
		return PTR_ERR(req);
	odmm_count(odn, ODMM_STAT_REFUSED);
	odmm_request_fail(odn, req, error);
	return 0;
}

/* Calls @fn for each open request; it may end that request. */
static void odmm_request_each(struct odmm_net *odn,
			      void (*fn)(struct odmm_net *odn,
					 struct odmm_request *req, void *arg),
			      void *arg)
{
	struct odmm_request *req;
	u64 cookie = 0;

	while ((req = odmm_request_after(odn, cookie))) {
		cookie = req->cookie;
		fn(odn, req, arg);
	}
}

static void odmm_request_link_check(struct odmm_net *odn,
				    struct odmm_request *req, void *arg)
{
	const int *ifindex = arg;

	if (req->key.ifindex != *ifindex)
		return;
	odmm_count(odn, ODMM_STAT_LINK_REMOVED);
	odmm_request_fail(odn, req, ENETDOWN);
}

void odmm_request_link_gone(struct odmm_net *odn, int ifindex)
{
	lockdep_assert_held(&odn->lock);
	odmm_request_each(odn, odmm_request_link_check, &ifindex);
}

/* Nobody will answer it, unless somebody comes soon. */
static void odmm_request_left_check(struct odmm_net *odn,
				    struct odmm_request *req, void *arg)
{
	if (odmm_request_alone(req) && !odmm_request_served(odn, &req->key))
		odmm_request_start_grace(odn, req);
}

static void odmm_request_agent_check(struct odmm_net *odn,
				     struct odmm_request *req, void *arg)
{
	const struct odmm_agent *agent = arg;

	/* A new claim: what waits for somebody is offered to it. */
	if (agent->types) {
		if (!odmm_request_taken(req) &&
		    odmm_agent_serves(agent, &req->key))
			odmm_request_offer(odn, req);
		return;
	}
	/* A claim has ended. */
	if (req->agent == agent->id && req->state == ODMM_REQUEST_ACCEPTED) {
		odmm_count(odn, ODMM_STAT_AGENT_LOST);
		odmm_request_offer(odn, req);
	}
	odmm_request_left_check(odn, req, NULL);
}

void odmm_request_on_agent(struct odmm_net *odn, const struct odmm_agent *agent)
{
	lockdep_assert_held(&odn->lock);
	odmm_request_each(odn, odmm_request_agent_check, (void *)agent);
}

/* It answers the request that it was brought for, and all that it fits. */
static void odmm_request_prefix_came(struct odmm_net *odn,
				     struct odmm_prefix *p)
{
	struct odmm_request *req, *next;

	req = odmm_request_find(odn, p->cookie);
	if (req)
		odmm_request_grant(odn, req, p);
	if (p->flags & ODMM_PREFIX_F_EXCLUSIVE)
		return;
	list_for_each_entry_safe(req, next, &odn->shared[p->address.type],
				 shared)
		if (odmm_prefix_matches(p, &req->key))
			odmm_request_grant(odn, req, p);
}

static void odmm_request_prefix_failed(struct odmm_net *odn,
				       struct odmm_request *req, void *arg)
{
	const struct odmm_prefix *p = arg;

	if (req->cookie == p->cookie ||
	    (!odmm_request_taken(req) && odmm_prefix_matches(p, &req->key) &&
	     !odmm_request_served(odn, &req->key)))
		odmm_request_fail(odn, req, EADDRNOTAVAIL);
}

/*
 * A prefix is active, or will not be. One that was made for somebody who has
 * left can serve nobody.
 */
void odmm_request_on_prefix(struct odmm_prefix *p)
{
	struct odmm_net *odn = p->address.odn;

	lockdep_assert_held(&odn->lock);
	if (p->state != ODMM_PREFIX_ACTIVE) {
		odmm_request_each(odn, odmm_request_prefix_failed, p);
		return;
	}
	odmm_request_prefix_came(odn, p);
	if (p->flags & ODMM_PREFIX_F_EXCLUSIVE && !p->first_held)
		odmm_prefix_remove(p, ODMM_END_RELEASED);
}

/* It serves others now; who waited for it where it was may wait in vain. */
void odmm_request_on_move(struct odmm_prefix *p)
{
	struct odmm_net *odn = p->address.odn;

	lockdep_assert_held(&odn->lock);
	if (p->state == ODMM_PREFIX_ACTIVE)
		odmm_request_prefix_came(odn, p);
	odmm_request_each(odn, odmm_request_left_check, NULL);
}

void odmm_request_init(struct odmm_net *odn)
{
	int type;

	for (type = 0; type <= ODMM_TYPE_MAX; type++)
		INIT_LIST_HEAD(&odn->shared[type]);
	odn->requests = RB_ROOT;
}

/* Whoever waited has been told to leave. */
void odmm_request_exit(struct odmm_net *odn)
{
	WARN_ON_ONCE(odn->n_requests);
}
