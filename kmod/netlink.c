// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: parse, call, print. Operations and attribute
 * policies are generated from Documentation/netlink/specs/odmm.yaml.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "netlink-gen.h"
#include "lifetime.h"
#include "netlink.h"
#include "odmm.h"

/* Prefixes whose users are counted by one walk of the sockets. */
#define ODMM_DUMP_BATCH		64

#define ODMM_CLAIM_IFINDEX_MAX	64

/**
 * struct odmm_nl_viewer - who looks, as of the start of a get or dump
 * @all: may see what belongs to others
 * @uid: who it is
 */
struct odmm_nl_viewer {
	bool	all;
	kuid_t	uid;
};

static void odmm_nl_viewer(struct odmm_nl_viewer *viewer, struct sk_buff *skb)
{
	const struct net *net = sock_net(skb->sk);

	viewer->all = netlink_ns_capable(skb, net->user_ns, CAP_NET_ADMIN);
	viewer->uid = current_euid();
}

static bool odmm_nl_may_see(const struct odmm_nl_viewer *viewer, kuid_t uid)
{
	return viewer->all || uid_eq(viewer->uid, uid);
}

/**
 * struct odmm_nl_dump - where a dump has got to, in netlink_callback.ctx
 * @viewer: who looks
 * @begun: the rest is set
 * @prefix: last one shown
 * @key: number or cookie of the last one shown
 */
struct odmm_nl_dump {
	struct odmm_nl_viewer	viewer;
	bool			begun;
	struct in6_addr		prefix;
	u64			key;
};

/* The first call is made in the context of whoever asks. */
static struct odmm_nl_dump *odmm_nl_dump(struct netlink_callback *cb)
{
	struct odmm_nl_dump *dump = (void *)cb->ctx;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	if (!dump->begun)
		odmm_nl_viewer(&dump->viewer, cb->skb);
	return dump;
}

static int odmm_nl_prefix_spec(struct genl_info *info,
			       struct odmm_prefix_spec *spec)
{
	struct nlattr **attrs = info->attrs;

	if (GENL_REQ_ATTR_CHECK(info, ODMM_A_PREFIX_PREFIX) ||
	    GENL_REQ_ATTR_CHECK(info, ODMM_A_PREFIX_LEN))
		return -EINVAL;
	spec->prefix = nla_get_in6_addr(attrs[ODMM_A_PREFIX_PREFIX]);
	spec->len = nla_get_u32(attrs[ODMM_A_PREFIX_LEN]);
	return 0;
}

/* With the net lock held. */
static struct odmm_prefix *odmm_nl_prefix(struct odmm_net *odn,
					  struct genl_info *info,
					  const struct odmm_prefix_spec *spec)
{
	struct odmm_prefix *p = odmm_prefix_find(odn, &spec->prefix, spec->len);

	if (p)
		return p;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[ODMM_A_PREFIX_PREFIX],
			    "odmm: no such prefix");
	return ERR_PTR(-ENOENT);
}

static int odmm_nl_prefix_err(struct genl_info *info,
			      const struct odmm_prefix_spec *spec, int err)
{
	if (err && spec->culprit)
		NL_SET_BAD_ATTR(info->extack, info->attrs[spec->culprit]);
	return err;
}

/* When a lifetime ends, as an attribute says; else @end. */
static ktime_t odmm_nl_lifetime(const struct genl_info *info, int attr,
				ktime_t now, ktime_t end)
{
	if (!info->attrs[attr])
		return end;
	return odmm_lifetime_end(now, nla_get_u32(info->attrs[attr]));
}

/* What is not said is as it was, but preferred no longer than valid. */
static void odmm_nl_lifetimes(const struct genl_info *info,
			      struct odmm_prefix_spec *spec, ktime_t preferred,
			      ktime_t valid)
{
	ktime_t now = odmm_now();

	spec->valid_until = odmm_nl_lifetime(info, ODMM_A_PREFIX_VALID_LFT,
					     now, valid);
	spec->preferred_until = odmm_nl_lifetime(info,
						 ODMM_A_PREFIX_PREFERRED_LFT,
						 now,
						 min(preferred,
						     spec->valid_until));
}

static int odmm_nl_prefix_wanted(struct genl_info *info,
				 struct odmm_prefix_spec *spec)
{
	struct nlattr **attrs = info->attrs;

	if (GENL_REQ_ATTR_CHECK(info, ODMM_A_PREFIX_TYPE) ||
	    GENL_REQ_ATTR_CHECK(info, ODMM_A_PREFIX_IFINDEX))
		return -EINVAL;
	spec->type = nla_get_u32(attrs[ODMM_A_PREFIX_TYPE]);
	spec->ifindex = nla_get_u32(attrs[ODMM_A_PREFIX_IFINDEX]);
	spec->home = odmm_nl_u32(info, ODMM_A_PREFIX_HOME, 0);
	spec->flags = odmm_nl_u32(info, ODMM_A_PREFIX_FLAGS, 0);
	odmm_nl_lifetimes(info, spec, KTIME_MAX, KTIME_MAX);
	spec->cookie = odmm_nl_u64(info, ODMM_A_PREFIX_COOKIE);
	spec->origin = attrs[ODMM_A_PREFIX_ORIGIN] ?
		       nla_data(attrs[ODMM_A_PREFIX_ORIGIN]) : "static";
	if (!(spec->flags & ODMM_PREFIX_F_EXCLUSIVE))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attrs[ODMM_A_PREFIX_FLAGS],
			    "odmm: the kernel alone makes a prefix exclusive");
	return -EINVAL;
}

int odmm_nl_prefix_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_prefix_spec spec = { .extack = info->extack };
	struct odmm_net *odn = odmm_nl_net(info);
	int err;

	err = odmm_nl_prefix_spec(info, &spec) ?:
	      odmm_nl_prefix_wanted(info, &spec);
	if (err)
		return err;

	spin_lock(&odn->lock);
	if (info->attrs[ODMM_A_PREFIX_COOKIE])
		err = odmm_request_answer(odn, &spec);
	else
		err = odmm_prefix_add(odn, &spec, NULL);
	spin_unlock(&odn->lock);
	return odmm_nl_prefix_err(info, &spec, err);
}

/* Sleeps: sessions are known, but children and others must be looked for. */
static bool odmm_nl_prefix_is_used(struct odmm_net *odn,
				   const struct odmm_prefix_spec *spec)
{
	struct odmm_prefix *p;
	bool used;

	spin_lock(&odn->lock);
	p = odmm_prefix_find(odn, &spec->prefix, spec->len);
	if (p && p->address.made && odmm_keep_is_promised(p->address.type))
		odmm_prefix_get(p);
	else
		p = NULL;
	spin_unlock(&odn->lock);
	if (!p)
		return false;
	used = odmm_keep_in_use(&p->address);
	odmm_prefix_put(p);
	return used;
}

static int odmm_nl_prefix_busy(struct genl_info *info)
{
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[ODMM_A_PREFIX_PREFIX],
			    "odmm: sockets hold that prefix; force takes it away all the same");
	return -EBUSY;
}

/*
 * Takes a prefix away by @take, unless sockets hold it to whom it is promised.
 * Those are looked for first, as that takes time; who comes meanwhile can but
 * be a session.
 */
static int odmm_nl_prefix_take(struct genl_info *info,
			       void (*take)(struct odmm_prefix *p,
					    const struct genl_info *info))
{
	struct odmm_prefix_spec spec = { .extack = info->extack };
	bool force = info->attrs[ODMM_A_PREFIX_FORCE];
	struct odmm_net *odn = odmm_nl_net(info);
	struct odmm_prefix *p;
	int err;

	err = odmm_nl_prefix_spec(info, &spec);
	if (err)
		return err;
	if (!force && odmm_nl_prefix_is_used(odn, &spec))
		return odmm_nl_prefix_busy(info);

	spin_lock(&odn->lock);
	p = odmm_nl_prefix(odn, info, &spec);
	if (IS_ERR(p))
		err = PTR_ERR(p);
	else if (!force && p->sessions &&
		 odmm_keep_is_promised(p->address.type))
		err = odmm_nl_prefix_busy(info);
	else
		take(p, info);
	spin_unlock(&odn->lock);
	return err;
}

static void odmm_nl_prefix_delete(struct odmm_prefix *p,
				  const struct genl_info *info)
{
	odmm_prefix_remove(p, ODMM_END_DELETED);
}

int odmm_nl_prefix_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return odmm_nl_prefix_take(info, odmm_nl_prefix_delete);
}

static void odmm_nl_prefix_withdraw(struct odmm_prefix *p,
				    const struct genl_info *info)
{
	u32 grace = p->address.odn->policy.type[p->address.type].grace;

	odmm_prefix_withdraw(p, odmm_nl_u32(info, ODMM_A_PREFIX_GRACE, grace));
}

int odmm_nl_prefix_withdraw_doit(struct sk_buff *skb, struct genl_info *info)
{
	return odmm_nl_prefix_take(info, odmm_nl_prefix_withdraw);
}

int odmm_nl_prefix_change_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	struct odmm_prefix_spec spec = { .extack = info->extack };
	struct odmm_prefix *p;
	int err;

	err = odmm_nl_prefix_spec(info, &spec);
	if (err)
		return err;
	spec.ifindex = odmm_nl_u32(info, ODMM_A_PREFIX_IFINDEX, 0);

	spin_lock(&odn->lock);
	p = odmm_nl_prefix(odn, info, &spec);
	err = PTR_ERR_OR_ZERO(p);
	if (!err) {
		odmm_nl_lifetimes(info, &spec, p->preferred_until,
				  p->valid_until);
		err = odmm_prefix_change(odn, p, &spec);
	}
	spin_unlock(&odn->lock);
	return odmm_nl_prefix_err(info, &spec, err);
}

/**
 * struct odmm_nl_prefixes - a batch of prefixes and the users of them
 * @n: how many
 * @n_counts: how many of them have an address
 * @p: the prefixes, references held
 * @counts: users of the addresses
 */
struct odmm_nl_prefixes {
	unsigned int		n;
	unsigned int		n_counts;
	struct odmm_prefix	*p[ODMM_DUMP_BATCH];
	struct odmm_user_count	counts[ODMM_DUMP_BATCH];
};

/* With the net lock held. */
static void odmm_nl_prefixes_add(struct odmm_nl_prefixes *batch,
				 struct odmm_prefix *p)
{
	odmm_prefix_get(p);
	batch->p[batch->n++] = p;
	if (p->address.made)
		batch->counts[batch->n_counts++].addr = p->address.addr;
}

static void odmm_nl_prefixes_put(struct odmm_nl_prefixes *batch)
{
	unsigned int i;

	for (i = 0; i < batch->n; i++)
		odmm_prefix_put(batch->p[i]);
	kfree(batch);
}

static int odmm_nl_prefix_print(struct sk_buff *skb, struct odmm_prefix *p,
				const struct odmm_nl_prefixes *batch)
{
	u32 users = p->sessions;

	if (p->address.made)
		users += odmm_users_of(batch->counts, batch->n_counts,
				       &p->address.addr);
	return odmm_print_prefix(skb, p) ?:
	       nla_put_u32(skb, ODMM_A_PREFIX_USERS, users);
}

int odmm_nl_prefix_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	struct odmm_prefix_spec spec = { .extack = info->extack };
	struct odmm_nl_prefixes *batch;
	struct sk_buff *reply;
	struct odmm_prefix *p;
	int err;

	err = odmm_nl_prefix_spec(info, &spec);
	if (err)
		return err;
	batch = kzalloc(sizeof(*batch), GFP_KERNEL);
	reply = odmm_nl_reply(info, ODMM_CMD_PREFIX_GET,
			      ODMM_PRINT_PREFIX_SIZE);
	err = batch && reply ? 0 : -ENOMEM;
	if (err)
		goto out;

	spin_lock(&odn->lock);
	p = odmm_nl_prefix(odn, info, &spec);
	err = PTR_ERR_OR_ZERO(p);
	if (!err)
		odmm_nl_prefixes_add(batch, p);
	spin_unlock(&odn->lock);
	if (err)
		goto out;

	odmm_users_count(odn, batch->counts, batch->n_counts);
	spin_lock(&odn->lock);
	err = odmm_nl_prefix_print(reply, p, batch);
	spin_unlock(&odn->lock);
out:
	if (batch)
		odmm_nl_prefixes_put(batch);
	return odmm_nl_finish(info, reply, err);
}

static void odmm_nl_prefixes_collect(struct odmm_net *odn,
				     const struct odmm_nl_dump *dump,
				     struct odmm_nl_prefixes *batch)
{
	struct odmm_prefix *p;

	spin_lock(&odn->lock);
	p = dump->begun ? odmm_prefix_after(odn, &dump->prefix) :
			  odmm_prefix_next(odn, NULL);
	for (; p && batch->n < ODMM_DUMP_BATCH; p = odmm_prefix_next(odn, p))
		odmm_nl_prefixes_add(batch, p);
	spin_unlock(&odn->lock);
}

int odmm_nl_prefix_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct odmm_net *odn = odmm_net(sock_net(cb->skb->sk));
	struct odmm_nl_dump *dump = odmm_nl_dump(cb);
	struct odmm_nl_prefixes *batch;
	unsigned int i;
	void *hdr;

	batch = kzalloc(sizeof(*batch), GFP_KERNEL);
	if (!batch)
		return -ENOMEM;
	odmm_nl_prefixes_collect(odn, dump, batch);
	odmm_users_count(odn, batch->counts, batch->n_counts);

	spin_lock(&odn->lock);
	for (i = 0; i < batch->n; i++) {
		hdr = odmm_nl_dump_put(skb, cb, ODMM_CMD_PREFIX_GET);
		if (!hdr ||
		    !odmm_nl_dump_end(skb, hdr,
				      odmm_nl_prefix_print(skb, batch->p[i],
							   batch)))
			break;
		dump->prefix = batch->p[i]->address.prefix;
		dump->begun = true;
	}
	spin_unlock(&odn->lock);
	odmm_nl_prefixes_put(batch);
	return skb->len;
}

int odmm_nl_request_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	struct odmm_nl_viewer viewer;
	struct odmm_request *req;
	struct sk_buff *reply;
	int err = -ENOENT;

	if (GENL_REQ_ATTR_CHECK(info, ODMM_A_REQUEST_COOKIE))
		return -EINVAL;
	reply = odmm_nl_reply(info, ODMM_CMD_REQUEST_GET,
			      ODMM_PRINT_REQUEST_SIZE);
	if (!reply)
		return -ENOMEM;
	odmm_nl_viewer(&viewer, skb);

	spin_lock(&odn->lock);
	req = odmm_request_find(odn, odmm_nl_u64(info, ODMM_A_REQUEST_COOKIE));
	if (req && odmm_nl_may_see(&viewer, req->uid))
		err = odmm_print_request(reply, odn, req);
	spin_unlock(&odn->lock);

	if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[ODMM_A_REQUEST_COOKIE],
				    "odmm: no such request, or it is over");
	return odmm_nl_finish(info, reply, err);
}

int odmm_nl_request_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct odmm_net *odn = odmm_net(sock_net(cb->skb->sk));
	struct odmm_nl_dump *dump = odmm_nl_dump(cb);
	struct odmm_request *req;
	void *hdr;

	spin_lock(&odn->lock);
	while ((req = odmm_request_after(odn, dump->key))) {
		if (odmm_nl_may_see(&dump->viewer, req->uid)) {
			hdr = odmm_nl_dump_put(skb, cb, ODMM_CMD_REQUEST_GET);
			if (!hdr || !odmm_nl_dump_end(skb, hdr,
						      odmm_print_request(skb, odn, req)))
				break;
		}
		dump->key = req->cookie;
		dump->begun = true;
		cond_resched_lock(&odn->lock);
	}
	spin_unlock(&odn->lock);
	return skb->len;
}

int odmm_nl_request_accept_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	u64 cookie = odmm_nl_u64(info, ODMM_A_REQUEST_COOKIE);
	struct odmm_request *req;
	struct sk_buff *reply;
	int err;

	reply = odmm_nl_reply(info, ODMM_CMD_REQUEST_ACCEPT,
			      ODMM_PRINT_REQUEST_SIZE);
	if (!reply)
		return -ENOMEM;

	spin_lock(&odn->lock);
	err = odmm_request_accept(odn, odmm_agent_of(odn, NETLINK_CB(skb).sk),
				  cookie, &req, info->extack);
	if (!err)
		err = odmm_print_request(reply, odn, req);
	spin_unlock(&odn->lock);

	if (err && info->attrs[ODMM_A_REQUEST_COOKIE])
		NL_SET_BAD_ATTR(info->extack,
				info->attrs[ODMM_A_REQUEST_COOKIE]);
	return odmm_nl_finish(info, reply, err);
}

/* What an application may get to see. */
static bool odmm_nl_is_refusal(u32 error)
{
	switch (error) {
	case EOPNOTSUPP:
	case EADDRNOTAVAIL:
	case ETIMEDOUT:
	case EACCES:
	case EDQUOT:
	case ENETDOWN:
		return true;
	default:
		return false;
	}
}

int odmm_nl_request_done_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	u64 cookie = odmm_nl_u64(info, ODMM_A_REQUEST_COOKIE);
	u32 error = odmm_nl_u32(info, ODMM_A_REQUEST_ERROR, 0);
	int err;

	if (GENL_REQ_ATTR_CHECK(info, ODMM_A_REQUEST_COOKIE) ||
	    GENL_REQ_ATTR_CHECK(info, ODMM_A_REQUEST_ERROR))
		return -EINVAL;
	if (!odmm_nl_is_refusal(error)) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[ODMM_A_REQUEST_ERROR],
				    "odmm: not an error that a refusal can have");
		return -EINVAL;
	}

	spin_lock(&odn->lock);
	err = odmm_request_refuse(odn, cookie, error, info->extack);
	spin_unlock(&odn->lock);

	if (err)
		NL_SET_BAD_ATTR(info->extack,
				info->attrs[ODMM_A_REQUEST_COOKIE]);
	return err;
}

/* With the net lock held. */
static int odmm_nl_agent_print(struct sk_buff *skb, struct odmm_net *odn,
			       const struct odmm_agent *agent)
{
	return odmm_print_agent(skb, agent) ?:
	       nla_put_u32(skb, ODMM_A_AGENT_ACCEPTED, agent->accepted);
}

int odmm_nl_agent_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	u32 id = odmm_nl_u32(info, ODMM_A_AGENT_ID, 0);
	struct odmm_agent *agent = NULL;
	struct sk_buff *reply;
	int err = -ENOENT;

	if (GENL_REQ_ATTR_CHECK(info, ODMM_A_AGENT_ID))
		return -EINVAL;
	reply = odmm_nl_reply(info, ODMM_CMD_AGENT_GET, GENLMSG_DEFAULT_SIZE);
	if (!reply)
		return -ENOMEM;

	spin_lock(&odn->lock);
	if (id)
		agent = odmm_agent_after(odn, id - 1);
	if (agent && agent->id == id)
		err = odmm_nl_agent_print(reply, odn, agent);
	spin_unlock(&odn->lock);

	if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[ODMM_A_AGENT_ID],
				    "odmm: no such claim");
	return odmm_nl_finish(info, reply, err);
}

int odmm_nl_agent_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct odmm_net *odn = odmm_net(sock_net(cb->skb->sk));
	struct odmm_nl_dump *dump = odmm_nl_dump(cb);
	struct odmm_agent *agent;
	void *hdr;

	spin_lock(&odn->lock);
	while ((agent = odmm_agent_after(odn, dump->key))) {
		hdr = odmm_nl_dump_put(skb, cb, ODMM_CMD_AGENT_GET);
		if (!hdr || !odmm_nl_dump_end(skb, hdr,
					      odmm_nl_agent_print(skb, odn, agent)))
			break;
		dump->key = agent->id;
		dump->begun = true;
	}
	spin_unlock(&odn->lock);
	return skb->len;
}

/* Interfaces that a claim names: how many, or an error. */
static int odmm_nl_claim_count(struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	const struct nlattr *attr;
	int rem, n = 0;
	bool known;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != ODMM_A_AGENT_IFINDEX)
			continue;
		rcu_read_lock();
		known = dev_get_by_index_rcu(net, nla_get_u32(attr));
		rcu_read_unlock();
		if (!known) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "odmm: no such interface");
			return -ENODEV;
		}
		if (++n > ODMM_CLAIM_IFINDEX_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "odmm: claim names more than 64 interfaces");
			return -E2BIG;
		}
	}
	return n;
}

static struct odmm_agent *odmm_nl_claim(struct sk_buff *skb,
					struct genl_info *info)
{
	int n = odmm_nl_claim_count(info), rem, i = 0;
	struct nlattr **attrs = info->attrs;
	struct odmm_agent *agent;
	const struct nlattr *attr;

	if (n < 0)
		return ERR_PTR(n);
	agent = odmm_agent_alloc(n);
	if (!agent)
		return ERR_PTR(-ENOMEM);
	agent->sk = NETLINK_CB(skb).sk;
	agent->portid = info->snd_portid;
	/* Type 0 does not exist, but its bit fits into the attribute's range. */
	agent->types = nla_get_u32(attrs[ODMM_A_AGENT_TYPES]) & ~1U;
	if (attrs[ODMM_A_AGENT_NAME])
		nla_strscpy(agent->name, attrs[ODMM_A_AGENT_NAME],
			    sizeof(agent->name));
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		if (nla_type(attr) == ODMM_A_AGENT_IFINDEX)
			agent->ifindex[i++] = nla_get_u32(attr);
	return agent;
}

int odmm_nl_agent_claim_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	struct odmm_agent *agent;
	struct sk_buff *reply;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, ODMM_A_AGENT_TYPES))
		return -EINVAL;
	reply = odmm_nl_reply(info, ODMM_CMD_AGENT_CLAIM, GENLMSG_DEFAULT_SIZE);
	if (!reply)
		return -ENOMEM;
	agent = odmm_nl_claim(skb, info);
	if (IS_ERR(agent))
		return odmm_nl_finish(info, reply, PTR_ERR(agent));

	spin_lock(&odn->lock);
	err = odmm_agent_claim(odn, agent, info->extack);
	if (!err)
		err = nla_put_u32(reply, ODMM_A_AGENT_ID, agent->id);
	else
		kfree(agent);
	spin_unlock(&odn->lock);
	return odmm_nl_finish(info, reply, err);
}

/*
 * A session that is in the index while the lock is held keeps its socket until
 * the lock is let go.
 */
int odmm_nl_session_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	struct odmm_nl_viewer viewer;
	struct odmm_session *s;
	struct sk_buff *reply;
	int err = -ENOENT;

	if (GENL_REQ_ATTR_CHECK(info, ODMM_A_SESSION_ID))
		return -EINVAL;
	reply = odmm_nl_reply(info, ODMM_CMD_SESSION_GET, GENLMSG_DEFAULT_SIZE);
	if (!reply)
		return -ENOMEM;
	odmm_nl_viewer(&viewer, skb);

	spin_lock(&odn->lock);
	s = xa_load(&odn->session_ids, odmm_nl_u32(info, ODMM_A_SESSION_ID, 0));
	if (s && odmm_nl_may_see(&viewer, s->want.account->uid))
		err = odmm_print_session(reply, s);
	spin_unlock(&odn->lock);

	if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[ODMM_A_SESSION_ID],
				    "odmm: no such session");
	return odmm_nl_finish(info, reply, err);
}

int odmm_nl_session_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct odmm_net *odn = odmm_net(sock_net(cb->skb->sk));
	struct odmm_nl_dump *dump = odmm_nl_dump(cb);
	unsigned long id = dump->key;
	struct odmm_session *s;
	void *hdr;

	spin_lock(&odn->lock);
	while ((s = xa_find_after(&odn->session_ids, &id, ULONG_MAX,
				  XA_PRESENT))) {
		if (odmm_nl_may_see(&dump->viewer, s->want.account->uid)) {
			hdr = odmm_nl_dump_put(skb, cb, ODMM_CMD_SESSION_GET);
			if (!hdr || !odmm_nl_dump_end(skb, hdr,
						      odmm_print_session(skb, s)))
				break;
		}
		dump->key = id;
		dump->begun = true;
		cond_resched_lock(&odn->lock);
	}
	spin_unlock(&odn->lock);
	return skb->len;
}

int odmm_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	struct sk_buff *reply;
	int err;

	reply = odmm_nl_reply(info, ODMM_CMD_STATS_GET, GENLMSG_DEFAULT_SIZE);
	if (!reply)
		return -ENOMEM;
	spin_lock(&odn->lock);
	err = odmm_print_stats(reply, odn);
	spin_unlock(&odn->lock);
	return odmm_nl_finish(info, reply, err);
}

/* Both show what other users do. */
static const struct genl_multicast_group odmm_nl_groups[] = {
	[ODMM_NLGRP_REQUESTS] = {
		.name = ODMM_MCGRP_REQUESTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[ODMM_NLGRP_EVENTS] = {
		.name = ODMM_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family odmm_nl_family = {
	.name		= ODMM_FAMILY_NAME,
	.version	= ODMM_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= odmm_nl_ops,
	.n_ops		= ARRAY_SIZE(odmm_nl_ops),
	.mcgrps		= odmm_nl_groups,
	.n_mcgrps	= ARRAY_SIZE(odmm_nl_groups),
};

int odmm_netlink_init(void)
{
	int err;

	err = genl_register_family(&odmm_nl_family);
	if (!err)
		odmm_event_start();
	return err;
}

void odmm_netlink_exit(void)
{
	odmm_event_stop();
	genl_unregister_family(&odmm_nl_family);
}
