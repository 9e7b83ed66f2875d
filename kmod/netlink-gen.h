/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/odmm.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_ODMM_GEN_H
#define _LINUX_ODMM_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/odmm_netlink.h>

extern const struct nla_policy odmm_prefix_get_nl_policy[ODMM_A_PREFIX_LEN + 1];

extern const struct nla_policy odmm_prefix_add_nl_policy[ODMM_A_PREFIX_COOKIE + 1];

extern const struct nla_policy odmm_prefix_del_nl_policy[ODMM_A_PREFIX_FORCE + 1];

extern const struct nla_policy odmm_prefix_change_nl_policy[ODMM_A_PREFIX_PREFERRED_LFT + 1];

extern const struct nla_policy odmm_request_get_nl_policy[ODMM_A_REQUEST_COOKIE + 1];

extern const struct nla_policy odmm_request_accept_nl_policy[ODMM_A_REQUEST_COOKIE + 1];

extern const struct nla_policy odmm_request_done_nl_policy[ODMM_A_REQUEST_ERROR + 1];

extern const struct nla_policy odmm_agent_get_nl_policy[ODMM_A_AGENT_ID + 1];

extern const struct nla_policy odmm_agent_claim_nl_policy[ODMM_A_AGENT_NAME + 1];

extern const struct nla_policy odmm_session_get_nl_policy[ODMM_A_SESSION_ID + 1];

extern const struct nla_policy odmm_stats_get_nl_policy[ODMM_A_STATS_PAD + 1];

extern const struct nla_policy odmm_policy_set_nl_policy[ODMM_A_POLICY_RFC5014 + 1];

extern const struct nla_policy odmm_policy_get_nl_policy[ODMM_A_POLICY_TYPE + 1];

extern const struct nla_policy odmm_prefix_withdraw_nl_policy[ODMM_A_PREFIX_GRACE + 1];

/* Ops table for odmm */
extern const struct genl_ops odmm_nl_ops[14];

int odmm_nl_prefix_get_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_prefix_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int odmm_nl_prefix_add_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_prefix_del_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_prefix_change_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_request_get_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_request_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int odmm_nl_request_accept_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_request_done_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_agent_get_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_agent_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int odmm_nl_agent_claim_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_session_get_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_session_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int odmm_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info);
int odmm_nl_policy_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int odmm_nl_prefix_withdraw_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	ODMM_NLGRP_REQUESTS,
	ODMM_NLGRP_EVENTS,
};

#endif /* _LINUX_ODMM_GEN_H */
