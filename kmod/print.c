// SPDX-License-Identifier: GPL-2.0
/*
 * Objects as netlink attributes: the same for gets, dumps and notifications.
 * Called with the net lock held. 0 or -EMSGSIZE.
 */
#include <net/netlink.h>
#include <net/sock.h>

#include "lifetime.h"
#include "odmm.h"

/* 0 is "none" for these: the attribute is left out. */
static int odmm_print_some(struct sk_buff *skb, int attr, u32 val)
{
	return val ? nla_put_u32(skb, attr, val) : 0;
}

/* As the owner of the network namespace sees it. */
static u32 odmm_print_uid(const struct odmm_net *odn, kuid_t uid)
{
	return from_kuid_munged(odn->net->user_ns, uid);
}

static int odmm_print_prefix_lives(struct sk_buff *skb,
				   const struct odmm_prefix *p)
{
	return nla_put_u32(skb, ODMM_A_PREFIX_VALID_LFT,
			   odmm_lifetime_left(p->valid_until)) ?:
	       nla_put_u32(skb, ODMM_A_PREFIX_PREFERRED_LFT,
			   odmm_lifetime_left(odmm_prefix_fresh_until(p))) ?:
	       nla_put_u32(skb, ODMM_A_PREFIX_SESSIONS, p->sessions);
}

/* What only some have. */
static int odmm_print_prefix_more(struct sk_buff *skb,
				  const struct odmm_prefix *p)
{
	const struct odmm_address *a = &p->address;
	int err = 0;

	if (a->made)
		err = nla_put_in6_addr(skb, ODMM_A_PREFIX_ADDRESS, &a->addr);
	if (!err && p->cookie)
		err = nla_put_u64_64bit(skb, ODMM_A_PREFIX_COOKIE, p->cookie,
					ODMM_A_PREFIX_PAD);
	if (!err && p->state == ODMM_PREFIX_GONE)
		err = nla_put_u32(skb, ODMM_A_PREFIX_END, p->end);
	if (!err && a->odn->policy.type[a->type].max_bytes)
		err = nla_put_u64_64bit(skb, ODMM_A_PREFIX_BYTES,
					atomic64_read(&p->bytes),
					ODMM_A_PREFIX_PAD);
	if (!err && uid_valid(p->uid))
		err = nla_put_u32(skb, ODMM_A_PREFIX_UID,
				  odmm_print_uid(a->odn, p->uid));
	return err;
}

/* Without the users: those are counted by walking all sockets. */
int odmm_print_prefix(struct sk_buff *skb, const struct odmm_prefix *p)
{
	const struct odmm_address *a = &p->address;

	return nla_put_in6_addr(skb, ODMM_A_PREFIX_PREFIX, &a->prefix) ?:
	       nla_put_u32(skb, ODMM_A_PREFIX_LEN, a->prefix_len) ?:
	       nla_put_u32(skb, ODMM_A_PREFIX_TYPE, a->type) ?:
	       odmm_print_some(skb, ODMM_A_PREFIX_IFINDEX, p->ifindex) ?:
	       nla_put_u32(skb, ODMM_A_PREFIX_HOME, a->target) ?:
	       nla_put_u32(skb, ODMM_A_PREFIX_STATE, p->state) ?:
	       nla_put_u32(skb, ODMM_A_PREFIX_FLAGS, p->flags) ?:
	       nla_put_string(skb, ODMM_A_PREFIX_ORIGIN, p->origin) ?:
	       odmm_print_prefix_lives(skb, p) ?:
	       odmm_print_prefix_more(skb, p);
}

int odmm_print_request(struct sk_buff *skb, const struct odmm_net *odn,
		       const struct odmm_request *req)
{
	ktime_t age = ktime_sub(odmm_now(), req->born);

	return nla_put_u64_64bit(skb, ODMM_A_REQUEST_COOKIE, req->cookie,
				 ODMM_A_REQUEST_PAD) ?:
	       nla_put_u32(skb, ODMM_A_REQUEST_TYPE, req->key.type) ?:
	       odmm_print_some(skb, ODMM_A_REQUEST_IFINDEX,
			       req->key.ifindex) ?:
	       nla_put_u32(skb, ODMM_A_REQUEST_FLAGS, req->key.flags) ?:
	       nla_put_u32(skb, ODMM_A_REQUEST_STATE, req->state) ?:
	       odmm_print_some(skb, ODMM_A_REQUEST_ERROR, req->error) ?:
	       nla_put_u32(skb, ODMM_A_REQUEST_WAITERS, req->waiters) ?:
	       nla_put_u32(skb, ODMM_A_REQUEST_UID,
			   odmm_print_uid(odn, req->uid)) ?:
	       odmm_print_some(skb, ODMM_A_REQUEST_AGENT, req->agent) ?:
	       nla_put_u32(skb, ODMM_A_REQUEST_AGE, ktime_to_ms(age));
}

/* Without the number of accepted requests, which has to be counted. */
int odmm_print_agent(struct sk_buff *skb, const struct odmm_agent *agent)
{
	u32 i;
	int err;

	err = nla_put_u32(skb, ODMM_A_AGENT_ID, agent->id) ?:
	      nla_put_u32(skb, ODMM_A_AGENT_PORT_ID, agent->portid) ?:
	      nla_put_u32(skb, ODMM_A_AGENT_TYPES, agent->types) ?:
	      nla_put_string(skb, ODMM_A_AGENT_NAME, agent->name);
	for (i = 0; !err && i < agent->n_ifindex; i++)
		err = nla_put_u32(skb, ODMM_A_AGENT_IFINDEX,
				  agent->ifindex[i]);
	return err;
}

static int odmm_print_want(struct sk_buff *skb, const struct odmm_session *s)
{
	const struct odmm_prefix *p = odmm_session_prefix(s);
	const struct odmm_want *w = &s->want;
	int err = 0;

	if (p)
		err = nla_put_in6_addr(skb, ODMM_A_SESSION_ADDRESS,
				       &p->address.addr);
	if (!err && w->req)
		err = nla_put_u64_64bit(skb, ODMM_A_SESSION_COOKIE,
					w->req->cookie, ODMM_A_SESSION_PAD);
	return err;
}

int odmm_print_session(struct sk_buff *skb, const struct odmm_session *s)
{
	return nla_put_u32(skb, ODMM_A_SESSION_ID, s->id) ?:
	       nla_put_u32(skb, ODMM_A_SESSION_TYPE, s->want.type) ?:
	       nla_put_u32(skb, ODMM_A_SESSION_FLAGS, s->flags) ?:
	       nla_put_u32(skb, ODMM_A_SESSION_STATE, odmm_session_state(s)) ?:
	       odmm_print_some(skb, ODMM_A_SESSION_ERROR, s->want.error) ?:
	       odmm_print_some(skb, ODMM_A_SESSION_IFINDEX,
			       READ_ONCE(s->sk->sk_bound_dev_if)) ?:
	       nla_put_u32(skb, ODMM_A_SESSION_UID,
			   odmm_print_uid(s->odn, s->want.account->uid)) ?:
	       nla_put_u64_64bit(skb, ODMM_A_SESSION_INODE, sock_i_ino(s->sk),
				 ODMM_A_SESSION_PAD) ?:
	       nla_put_u32(skb, ODMM_A_SESSION_PROTOCOL, s->sk->sk_protocol) ?:
	       odmm_print_some(skb, ODMM_A_SESSION_LIFETIME,
			       s->want.lifetime) ?:
	       odmm_print_want(skb, s);
}

int odmm_print_stats(struct sk_buff *skb, struct odmm_net *odn)
{
	const u64 now[] = {
		[ODMM_A_STATS_SESSIONS] = atomic_read(&odn->n_sessions),
		[ODMM_A_STATS_REQUESTS] = odn->n_requests,
		[ODMM_A_STATS_PREFIXES] = odn->n_prefixes,
		[ODMM_A_STATS_AGENTS] = odn->n_agents,
	};
	int attr, err = 0;
	u64 val;

	BUILD_BUG_ON(ODMM_A_STATS_MAX - ODMM_A_STATS_SERVED + 1 !=
		     ODMM_STAT_MAX);
	for (attr = ODMM_A_STATS_SESSIONS; !err && attr <= ODMM_A_STATS_MAX;
	     attr++) {
		val = attr < ODMM_A_STATS_SERVED ? now[attr] :
		      odn->stats[attr - ODMM_A_STATS_SERVED];
		err = nla_put_u64_64bit(skb, attr, val, ODMM_A_STATS_PAD);
	}
	return err;
}

static u32 odmm_print_gid(const struct odmm_net *odn, kgid_t gid)
{
	return from_kgid_munged(odn->net->user_ns, gid);
}

static int odmm_print_policy_access(struct sk_buff *skb,
				    const struct odmm_net *odn,
				    const struct odmm_type_policy *policy)
{
	if (policy->access == ODMM_ACCESS_GROUP)
		return nla_put_u32(skb, ODMM_A_POLICY_GID_MIN,
				   odmm_print_gid(odn, policy->gid_min)) ?:
		       nla_put_u32(skb, ODMM_A_POLICY_GID_MAX,
				   odmm_print_gid(odn, policy->gid_max));
	if (policy->access == ODMM_ACCESS_CAPABILITY)
		return nla_put_u32(skb, ODMM_A_POLICY_CAPABILITY,
				   policy->capability);
	return 0;
}

static int odmm_print_policy_type(struct sk_buff *skb,
				  const struct odmm_net *odn, u32 type)
{
	const struct odmm_type_policy *policy = &odn->policy.type[type];

	return nla_put_u32(skb, ODMM_A_POLICY_TYPE, type) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_ACCESS, policy->access) ?:
	       odmm_print_policy_access(skb, odn, policy) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_LINGER, policy->linger) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_GRACE, policy->grace) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_MAX_AGE, policy->max_age) ?:
	       nla_put_u64_64bit(skb, ODMM_A_POLICY_MAX_BYTES,
				 policy->max_bytes, ODMM_A_POLICY_PAD) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_TIMEOUT, policy->timeout) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_ABORT, policy->abort) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_SHARE_UID, policy->share_uid);
}

/* The policy of a type, or with type 0 that of the namespace. */
int odmm_print_policy(struct sk_buff *skb, const struct odmm_net *odn,
		      u32 type)
{
	const struct odmm_policy *policy = &odn->policy;

	if (type)
		return odmm_print_policy_type(skb, odn, type);
	return nla_put_u32(skb, ODMM_A_POLICY_SESSIONS, policy->sessions) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_PENDING, policy->pending) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_HELD, policy->held) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_ON_NET_RATE,
			   policy->on_net_rate) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_ON_NET_BURST,
			   policy->on_net_burst) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_REQUESTS_MAX,
			   policy->requests_max) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_PREFIXES_MAX,
			   policy->prefixes_max) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_DEFAULT_TYPES,
			   policy->default_types) ?:
	       nla_put_u32(skb, ODMM_A_POLICY_RFC5014, policy->rfc5014);
}
