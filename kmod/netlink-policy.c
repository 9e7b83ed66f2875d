// SPDX-License-Identifier: GPL-2.0
/* The operations of the netlink family that are about policy. */
#include <linux/capability.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "netlink-gen.h"
#include "netlink.h"
#include "odmm.h"

#define ODMM_NL_CAP_MAX		1048576

/* Of those that can be set: there are no more in genl_info.attrs. */
#define ODMM_NL_POLICY_LAST	ODMM_A_POLICY_RFC5014

static bool odmm_nl_flag(const struct genl_info *info, int attr, bool missing)
{
	return odmm_nl_u32(info, attr, missing);
}

/* A group as the caller names it; false if he has no such group. */
static bool odmm_nl_gid(const struct genl_info *info, int attr, kgid_t *gid)
{
	if (!info->attrs[attr])
		return true;
	*gid = make_kgid(current_user_ns(), nla_get_u32(info->attrs[attr]));
	if (gid_valid(*gid))
		return true;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
			    "odmm: no such group in this user namespace");
	return false;
}

static int odmm_nl_policy_access(const struct genl_info *info,
				 struct odmm_type_policy *policy)
{
	policy->access = odmm_nl_u32(info, ODMM_A_POLICY_ACCESS,
				     policy->access);
	policy->capability = odmm_nl_u32(info, ODMM_A_POLICY_CAPABILITY,
					 policy->capability);
	if (!odmm_nl_gid(info, ODMM_A_POLICY_GID_MIN, &policy->gid_min) ||
	    !odmm_nl_gid(info, ODMM_A_POLICY_GID_MAX, &policy->gid_max))
		return -EINVAL;
	if (gid_lte(policy->gid_min, policy->gid_max))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack,
			    info->attrs[ODMM_A_POLICY_GID_MIN] ?:
			    info->attrs[ODMM_A_POLICY_GID_MAX],
			    "odmm: first group is greater than the last");
	return -EINVAL;
}

static int odmm_nl_policy_type(const struct genl_info *info,
			       struct odmm_type_policy *policy)
{
	u32 timeout = odmm_nl_u32(info, ODMM_A_POLICY_TIMEOUT,
				  policy->timeout);

	if (timeout != U32_MAX && (!timeout || timeout > S32_MAX)) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[ODMM_A_POLICY_TIMEOUT],
				    "odmm: timeout is 1 to 2147483647 ms, or 4294967295 for no limit");
		return -ERANGE;
	}
	policy->timeout = timeout;
	policy->linger = odmm_nl_u32(info, ODMM_A_POLICY_LINGER,
				     policy->linger);
	policy->grace = odmm_nl_u32(info, ODMM_A_POLICY_GRACE, policy->grace);
	policy->max_age = odmm_nl_u32(info, ODMM_A_POLICY_MAX_AGE,
				      policy->max_age);
	if (info->attrs[ODMM_A_POLICY_MAX_BYTES])
		policy->max_bytes = odmm_nl_u64(info, ODMM_A_POLICY_MAX_BYTES);
	policy->abort = odmm_nl_flag(info, ODMM_A_POLICY_ABORT, policy->abort);
	policy->share_uid = odmm_nl_flag(info, ODMM_A_POLICY_SHARE_UID,
					 policy->share_uid);
	return odmm_nl_policy_access(info, policy);
}

static int odmm_nl_policy_types(const struct genl_info *info,
				struct odmm_policy *policy)
{
	u32 only = odmm_nl_u32(info, ODMM_A_POLICY_TYPE, 0);
	int type, err = 0;

	for (type = 1; !err && type <= ODMM_TYPE_MAX; type++)
		if (!only || only == type)
			err = odmm_nl_policy_type(info, &policy->type[type]);
	return err;
}

static bool odmm_nl_policy_is_empty(const struct genl_info *info)
{
	int attr;

	for (attr = 1; attr <= ODMM_NL_POLICY_LAST; attr++)
		if (attr != ODMM_A_POLICY_TYPE && info->attrs[attr])
			return false;
	return true;
}

static bool odmm_nl_policy_of_namespace(int attr)
{
	return attr == ODMM_A_POLICY_SECRET || attr >= ODMM_A_POLICY_SESSIONS;
}

/* What is said of the namespace while a type is named is a mistake. */
static int odmm_nl_policy_scope(const struct genl_info *info)
{
	int attr;

	if (!info->attrs[ODMM_A_POLICY_TYPE])
		return 0;
	for (attr = 1; attr <= ODMM_NL_POLICY_LAST; attr++) {
		if (!info->attrs[attr] || !odmm_nl_policy_of_namespace(attr))
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
				    "odmm: that is decided for the namespace, not for a type");
		return -EINVAL;
	}
	return 0;
}

/* Memory for addresses is charged to nobody. */
static int odmm_nl_policy_cap(const struct genl_info *info, int attr, u32 *cap)
{
	*cap = odmm_nl_u32(info, attr, *cap);
	if (*cap <= ODMM_NL_CAP_MAX)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
			    "odmm: that may be at most 1048576");
	return -ERANGE;
}

static int odmm_nl_policy_change(const struct genl_info *info,
				 struct odmm_policy *policy)
{
	policy->sessions = odmm_nl_u32(info, ODMM_A_POLICY_SESSIONS,
				       policy->sessions);
	policy->pending = odmm_nl_u32(info, ODMM_A_POLICY_PENDING,
				      policy->pending);
	policy->held = odmm_nl_u32(info, ODMM_A_POLICY_HELD, policy->held);
	policy->on_net_rate = odmm_nl_u32(info, ODMM_A_POLICY_ON_NET_RATE,
					  policy->on_net_rate);
	policy->on_net_burst = odmm_nl_u32(info, ODMM_A_POLICY_ON_NET_BURST,
					   policy->on_net_burst);
	/* Type 0 does not exist, but its bit fits into the range. */
	policy->default_types = odmm_nl_u32(info, ODMM_A_POLICY_DEFAULT_TYPES,
					    policy->default_types) & ~1U;
	policy->rfc5014 = odmm_nl_flag(info, ODMM_A_POLICY_RFC5014,
				       policy->rfc5014);
	return odmm_nl_policy_scope(info) ?:
	       odmm_nl_policy_cap(info, ODMM_A_POLICY_REQUESTS_MAX,
				  &policy->requests_max) ?:
	       odmm_nl_policy_cap(info, ODMM_A_POLICY_PREFIXES_MAX,
				  &policy->prefixes_max) ?:
	       odmm_nl_policy_types(info, policy);
}

static bool odmm_nl_policy_meters(const struct odmm_policy *policy)
{
	u64 max = 0;
	int type;

	for (type = 1; type <= ODMM_TYPE_MAX; type++)
		max |= policy->type[type].max_bytes;
	return max;
}

static int odmm_nl_policy_refuse(const struct genl_info *info, int attr,
				 int err, const char *text)
{
	NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	info->extack->_msg = text;
	return err;
}

/*
 * What weighs on the whole machine: a probe in each setsockopt(), and memory
 * that the worker takes and nobody is charged for.
 */
static int odmm_nl_policy_rights(const struct odmm_net *odn,
				 const struct odmm_policy *policy,
				 const struct sk_buff *skb,
				 const struct genl_info *info)
{
	const struct odmm_policy *old = &odn->policy;
	int attr;

	if (policy->rfc5014 && !old->rfc5014)
		attr = ODMM_A_POLICY_RFC5014;
	else if (policy->prefixes_max > max(old->prefixes_max,
					    ODMM_PREFIXES_MAX))
		attr = ODMM_A_POLICY_PREFIXES_MAX;
	else if (policy->requests_max > max(old->requests_max,
					    ODMM_REQUESTS_MAX))
		attr = ODMM_A_POLICY_REQUESTS_MAX;
	else
		return 0;
	if (netlink_capable(skb, CAP_NET_ADMIN))
		return 0;
	return odmm_nl_policy_refuse(info, attr, -EPERM,
				     "odmm: that is for the administrator of the machine");
}

/* What has to be there before it is in force. */
static int odmm_nl_policy_prepare(struct odmm_net *odn,
				  const struct odmm_policy *policy,
				  const struct genl_info *info)
{
	int err = 0;

	if (policy->rfc5014)
		err = odmm_hooks_switch(odn, true);
	if (err)
		return odmm_nl_policy_refuse(info, ODMM_A_POLICY_RFC5014, err,
					     "odmm: this kernel cannot probe setsockopt()");
	err = odmm_meter_switch(odn, odmm_nl_policy_meters(policy));
	if (err)
		odmm_hooks_switch(odn, odn->policy.rfc5014);
	return err;
}

static void odmm_nl_policy_commit(struct odmm_net *odn,
				  const struct odmm_policy *policy,
				  const struct genl_info *info)
{
	spin_lock(&odn->lock);
	odn->policy = *policy;
	if (info->attrs[ODMM_A_POLICY_SECRET])
		nla_memcpy(&odn->secret, info->attrs[ODMM_A_POLICY_SECRET],
			   sizeof(odn->secret));
	odmm_prefix_review(odn);
	spin_unlock(&odn->lock);
	/* To switch it off cannot fail. */
	odmm_hooks_switch(odn, policy->rfc5014);
}

int odmm_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	struct odmm_policy policy;
	int err;

	if (odmm_nl_policy_is_empty(info)) {
		NL_SET_ERR_MSG(info->extack, "odmm: nothing to set");
		return -EINVAL;
	}
	mutex_lock(&odn->policy_mutex);
	policy = odn->policy;
	err = odmm_nl_policy_change(info, &policy) ?:
	      odmm_nl_policy_rights(odn, &policy, skb, info) ?:
	      odmm_nl_policy_prepare(odn, &policy, info);
	if (!err)
		odmm_nl_policy_commit(odn, &policy, info);
	mutex_unlock(&odn->policy_mutex);
	return err;
}

int odmm_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct odmm_net *odn = odmm_nl_net(info);
	struct sk_buff *reply;
	int err;

	reply = odmm_nl_reply(info, ODMM_CMD_POLICY_GET, GENLMSG_DEFAULT_SIZE);
	if (!reply)
		return -ENOMEM;
	spin_lock(&odn->lock);
	err = odmm_print_policy(reply, odn,
				odmm_nl_u32(info, ODMM_A_POLICY_TYPE, 0));
	spin_unlock(&odn->lock);
	return odmm_nl_finish(info, reply, err);
}

/* The namespace, then type after type; the context is the next one. */
int odmm_nl_policy_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct odmm_net *odn = odmm_net(sock_net(cb->skb->sk));
	void *hdr;

	spin_lock(&odn->lock);
	for (; cb->args[0] <= ODMM_TYPE_MAX; cb->args[0]++) {
		hdr = odmm_nl_dump_put(skb, cb, ODMM_CMD_POLICY_GET);
		if (!hdr || !odmm_nl_dump_end(skb, hdr,
					      odmm_print_policy(skb, odn, cb->args[0])))
			break;
	}
	spin_unlock(&odn->lock);
	return skb->len;
}
