// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/odmm.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <uapi/linux/odmm_netlink.h>

/* ODMM_CMD_PREFIX_GET - do */
const struct nla_policy odmm_prefix_get_nl_policy[ODMM_A_PREFIX_LEN + 1] = {
	[ODMM_A_PREFIX_PREFIX] = NLA_POLICY_EXACT_LEN(16),
	[ODMM_A_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 16, 64),
};

/* ODMM_CMD_PREFIX_ADD - do */
const struct nla_policy odmm_prefix_add_nl_policy[ODMM_A_PREFIX_COOKIE + 1] = {
	[ODMM_A_PREFIX_PREFIX] = NLA_POLICY_EXACT_LEN(16),
	[ODMM_A_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 16, 64),
	[ODMM_A_PREFIX_TYPE] = NLA_POLICY_RANGE(NLA_U32, 1, 4),
	[ODMM_A_PREFIX_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[ODMM_A_PREFIX_HOME] = NLA_POLICY_MIN(NLA_U32, 1),
	[ODMM_A_PREFIX_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[ODMM_A_PREFIX_ORIGIN] = { .type = NLA_NUL_STRING, .len = 15, },
	[ODMM_A_PREFIX_VALID_LFT] = NLA_POLICY_MIN(NLA_U32, 1),
	[ODMM_A_PREFIX_PREFERRED_LFT] = { .type = NLA_U32, },
	[ODMM_A_PREFIX_COOKIE] = { .type = NLA_U64, },
};

/* ODMM_CMD_PREFIX_DEL - do */
const struct nla_policy odmm_prefix_del_nl_policy[ODMM_A_PREFIX_FORCE + 1] = {
	[ODMM_A_PREFIX_PREFIX] = NLA_POLICY_EXACT_LEN(16),
	[ODMM_A_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 16, 64),
	[ODMM_A_PREFIX_FORCE] = { .type = NLA_FLAG, },
};

/* ODMM_CMD_PREFIX_CHANGE - do */
const struct nla_policy odmm_prefix_change_nl_policy[ODMM_A_PREFIX_PREFERRED_LFT + 1] = {
	[ODMM_A_PREFIX_PREFIX] = NLA_POLICY_EXACT_LEN(16),
	[ODMM_A_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 16, 64),
	[ODMM_A_PREFIX_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[ODMM_A_PREFIX_VALID_LFT] = NLA_POLICY_MIN(NLA_U32, 1),
	[ODMM_A_PREFIX_PREFERRED_LFT] = { .type = NLA_U32, },
};

/* ODMM_CMD_REQUEST_GET - do */
const struct nla_policy odmm_request_get_nl_policy[ODMM_A_REQUEST_COOKIE + 1] = {
	[ODMM_A_REQUEST_COOKIE] = { .type = NLA_U64, },
};

/* ODMM_CMD_REQUEST_ACCEPT - do */
const struct nla_policy odmm_request_accept_nl_policy[ODMM_A_REQUEST_COOKIE + 1] = {
	[ODMM_A_REQUEST_COOKIE] = { .type = NLA_U64, },
};

/* ODMM_CMD_REQUEST_DONE - do */
const struct nla_policy odmm_request_done_nl_policy[ODMM_A_REQUEST_ERROR + 1] = {
	[ODMM_A_REQUEST_COOKIE] = { .type = NLA_U64, },
	[ODMM_A_REQUEST_ERROR] = NLA_POLICY_RANGE(NLA_U32, 1, 4095),
};

/* ODMM_CMD_AGENT_GET - do */
const struct nla_policy odmm_agent_get_nl_policy[ODMM_A_AGENT_ID + 1] = {
	[ODMM_A_AGENT_ID] = { .type = NLA_U32, },
};

/* ODMM_CMD_AGENT_CLAIM - do */
const struct nla_policy odmm_agent_claim_nl_policy[ODMM_A_AGENT_NAME + 1] = {
	[ODMM_A_AGENT_TYPES] = NLA_POLICY_RANGE(NLA_U32, 2, 30),
	[ODMM_A_AGENT_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[ODMM_A_AGENT_NAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* ODMM_CMD_SESSION_GET - do */
const struct nla_policy odmm_session_get_nl_policy[ODMM_A_SESSION_ID + 1] = {
	[ODMM_A_SESSION_ID] = { .type = NLA_U32, },
};

/* ODMM_CMD_STATS_GET - do */
const struct nla_policy odmm_stats_get_nl_policy[ODMM_A_STATS_PAD + 1] = {
};

/* ODMM_CMD_POLICY_SET - do */
const struct nla_policy odmm_policy_set_nl_policy[ODMM_A_POLICY_RFC5014 + 1] = {
	[ODMM_A_POLICY_SECRET] = NLA_POLICY_EXACT_LEN(16),
	[ODMM_A_POLICY_TYPE] = NLA_POLICY_RANGE(NLA_U32, 1, 4),
	[ODMM_A_POLICY_ACCESS] = NLA_POLICY_MAX(NLA_U32, 2),
	[ODMM_A_POLICY_GID_MIN] = { .type = NLA_U32, },
	[ODMM_A_POLICY_GID_MAX] = { .type = NLA_U32, },
	[ODMM_A_POLICY_CAPABILITY] = NLA_POLICY_MAX(NLA_U32, 40),
	[ODMM_A_POLICY_LINGER] = { .type = NLA_U32, },
	[ODMM_A_POLICY_GRACE] = { .type = NLA_U32, },
	[ODMM_A_POLICY_MAX_AGE] = { .type = NLA_U32, },
	[ODMM_A_POLICY_MAX_BYTES] = { .type = NLA_U64, },
	[ODMM_A_POLICY_TIMEOUT] = { .type = NLA_U32, },
	[ODMM_A_POLICY_ABORT] = NLA_POLICY_MAX(NLA_U32, 1),
	[ODMM_A_POLICY_SHARE_UID] = NLA_POLICY_MAX(NLA_U32, 1),
	[ODMM_A_POLICY_SESSIONS] = { .type = NLA_U32, },
	[ODMM_A_POLICY_PENDING] = { .type = NLA_U32, },
	[ODMM_A_POLICY_HELD] = { .type = NLA_U32, },
	[ODMM_A_POLICY_ON_NET_RATE] = NLA_POLICY_MAX(NLA_U32, 32767),
	[ODMM_A_POLICY_ON_NET_BURST] = NLA_POLICY_RANGE(NLA_U32, 1, 32767),
	[ODMM_A_POLICY_REQUESTS_MAX] = { .type = NLA_U32, },
	[ODMM_A_POLICY_PREFIXES_MAX] = { .type = NLA_U32, },
	[ODMM_A_POLICY_DEFAULT_TYPES] = NLA_POLICY_MAX(NLA_U32, 30),
	[ODMM_A_POLICY_RFC5014] = NLA_POLICY_MAX(NLA_U32, 1),
};

/* ODMM_CMD_POLICY_GET - do */
const struct nla_policy odmm_policy_get_nl_policy[ODMM_A_POLICY_TYPE + 1] = {
	[ODMM_A_POLICY_TYPE] = NLA_POLICY_RANGE(NLA_U32, 1, 4),
};

/* ODMM_CMD_PREFIX_WITHDRAW - do */
const struct nla_policy odmm_prefix_withdraw_nl_policy[ODMM_A_PREFIX_GRACE + 1] = {
	[ODMM_A_PREFIX_PREFIX] = NLA_POLICY_EXACT_LEN(16),
	[ODMM_A_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 16, 64),
	[ODMM_A_PREFIX_GRACE] = { .type = NLA_U32, },
	[ODMM_A_PREFIX_FORCE] = { .type = NLA_FLAG, },
};

/* Ops table for odmm */
const struct genl_ops odmm_nl_ops[14] = {
	{
		.cmd		= ODMM_CMD_PREFIX_GET,
		.doit		= odmm_nl_prefix_get_doit,
		.dumpit		= odmm_nl_prefix_get_dumpit,
		.policy		= odmm_prefix_get_nl_policy,
		.maxattr	= ODMM_A_PREFIX_LEN,
	},
	{
		.cmd		= ODMM_CMD_PREFIX_ADD,
		.doit		= odmm_nl_prefix_add_doit,
		.policy		= odmm_prefix_add_nl_policy,
		.maxattr	= ODMM_A_PREFIX_COOKIE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= ODMM_CMD_PREFIX_DEL,
		.doit		= odmm_nl_prefix_del_doit,
		.policy		= odmm_prefix_del_nl_policy,
		.maxattr	= ODMM_A_PREFIX_FORCE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= ODMM_CMD_PREFIX_CHANGE,
		.doit		= odmm_nl_prefix_change_doit,
		.policy		= odmm_prefix_change_nl_policy,
		.maxattr	= ODMM_A_PREFIX_PREFERRED_LFT,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= ODMM_CMD_REQUEST_GET,
		.doit		= odmm_nl_request_get_doit,
		.dumpit		= odmm_nl_request_get_dumpit,
		.policy		= odmm_request_get_nl_policy,
		.maxattr	= ODMM_A_REQUEST_COOKIE,
	},
	{
		.cmd		= ODMM_CMD_REQUEST_ACCEPT,
		.doit		= odmm_nl_request_accept_doit,
		.policy		= odmm_request_accept_nl_policy,
		.maxattr	= ODMM_A_REQUEST_COOKIE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= ODMM_CMD_REQUEST_DONE,
		.doit		= odmm_nl_request_done_doit,
		.policy		= odmm_request_done_nl_policy,
		.maxattr	= ODMM_A_REQUEST_ERROR,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= ODMM_CMD_AGENT_GET,
		.doit		= odmm_nl_agent_get_doit,
		.dumpit		= odmm_nl_agent_get_dumpit,
		.policy		= odmm_agent_get_nl_policy,
		.maxattr	= ODMM_A_AGENT_ID,
	},
	{
		.cmd		= ODMM_CMD_AGENT_CLAIM,
		.doit		= odmm_nl_agent_claim_doit,
		.policy		= odmm_agent_claim_nl_policy,
		.maxattr	= ODMM_A_AGENT_NAME,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= ODMM_CMD_SESSION_GET,
		.doit		= odmm_nl_session_get_doit,
		.dumpit		= odmm_nl_session_get_dumpit,
		.policy		= odmm_session_get_nl_policy,
		.maxattr	= ODMM_A_SESSION_ID,
	},
	{
		.cmd		= ODMM_CMD_STATS_GET,
		.doit		= odmm_nl_stats_get_doit,
		.policy		= odmm_stats_get_nl_policy,
		.maxattr	= ODMM_A_STATS_PAD,
	},
	{
		.cmd		= ODMM_CMD_POLICY_SET,
		.doit		= odmm_nl_policy_set_doit,
		.policy		= odmm_policy_set_nl_policy,
		.maxattr	= ODMM_A_POLICY_RFC5014,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= ODMM_CMD_POLICY_GET,
		.doit		= odmm_nl_policy_get_doit,
		.dumpit		= odmm_nl_policy_get_dumpit,
		.policy		= odmm_policy_get_nl_policy,
		.maxattr	= ODMM_A_POLICY_TYPE,
	},
	{
		.cmd		= ODMM_CMD_PREFIX_WITHDRAW,
		.doit		= odmm_nl_prefix_withdraw_doit,
		.policy		= odmm_prefix_withdraw_nl_policy,
		.maxattr	= ODMM_A_PREFIX_GRACE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

static const struct genl_multicast_group odmm_nl_mcgrps[] = {
	[ODMM_NLGRP_REQUESTS] = { "requests", },
	[ODMM_NLGRP_EVENTS] = { "events", },
};
