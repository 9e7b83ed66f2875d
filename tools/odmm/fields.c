// SPDX-License-Identifier: GPL-2.0
/*
 * What the objects of the kernel consist of, in the order they are shown.
 */
#include "show.h"

const struct field prefix_fields[] = {
	{ "prefix",	   ODMM_A_PREFIX_PREFIX,	FIELD_PREFIX,	NULL },
	{ "dev",	   ODMM_A_PREFIX_IFINDEX,	FIELD_DEV,	NULL },
	{ "home",	   ODMM_A_PREFIX_HOME,		FIELD_HOME,	NULL },
	{ "type",	   ODMM_A_PREFIX_TYPE,		FIELD_TYPE,	NULL },
	{ "state",	   ODMM_A_PREFIX_STATE,		FIELD_NAME,	prefix_states },
	{ "flags",	   ODMM_A_PREFIX_FLAGS,		FIELD_FLAGS,	prefix_flags },
	{ "address",	   ODMM_A_PREFIX_ADDRESS,	FIELD_ADDR,	NULL },
	{ "sessions",	   ODMM_A_PREFIX_SESSIONS,	FIELD_U32,	NULL },
	{ "users",	   ODMM_A_PREFIX_USERS,		FIELD_U32,	NULL },
	{ "origin",	   ODMM_A_PREFIX_ORIGIN,	FIELD_TEXT,	NULL },
	{ "valid_lft",	   ODMM_A_PREFIX_VALID_LFT,	FIELD_SECONDS,	NULL },
	{ "preferred_lft", ODMM_A_PREFIX_PREFERRED_LFT,	FIELD_SECONDS,	NULL },
	{ "cookie",	   ODMM_A_PREFIX_COOKIE,	FIELD_U64,	NULL },
	{ "length",	   ODMM_A_PREFIX_LEN,		FIELD_HIDDEN,	NULL },
	{ "force",	   ODMM_A_PREFIX_FORCE,		FIELD_HIDDEN,	NULL },
	{ NULL, 0, FIELD_HIDDEN, NULL }
};

const struct field request_fields[] = {
	{ "cookie",	ODMM_A_REQUEST_COOKIE,	FIELD_U64,	NULL },
	{ "type",	ODMM_A_REQUEST_TYPE,	FIELD_TYPE,	NULL },
	{ "dev",	ODMM_A_REQUEST_IFINDEX,	FIELD_DEV,	NULL },
	{ "flags",	ODMM_A_REQUEST_FLAGS,	FIELD_FLAGS,	socket_flags },
	{ "state",	ODMM_A_REQUEST_STATE,	FIELD_NAME,	request_states },
	{ "error",	ODMM_A_REQUEST_ERROR,	FIELD_ERRNO,	NULL },
	{ "waiters",	ODMM_A_REQUEST_WAITERS,	FIELD_U32,	NULL },
	{ "uid",	ODMM_A_REQUEST_UID,	FIELD_U32,	NULL },
	{ "agent",	ODMM_A_REQUEST_AGENT,	FIELD_U32,	NULL },
	{ "age_ms",	ODMM_A_REQUEST_AGE,	FIELD_U32,	NULL },
	{ NULL, 0, FIELD_HIDDEN, NULL }
};

const struct field agent_fields[] = {
	{ "id",		ODMM_A_AGENT_ID,	FIELD_U32,	NULL },
	{ "name",	ODMM_A_AGENT_NAME,	FIELD_TEXT,	NULL },
	{ "types",	ODMM_A_AGENT_TYPES,	FIELD_TYPES,	NULL },
	{ "devs",	ODMM_A_AGENT_IFINDEX,	FIELD_DEVS,	NULL },
	{ "accepted",	ODMM_A_AGENT_ACCEPTED,	FIELD_U32,	NULL },
	{ "port_id",	ODMM_A_AGENT_PORT_ID,	FIELD_U32,	NULL },
	{ NULL, 0, FIELD_HIDDEN, NULL }
};

const struct field session_fields[] = {
	{ "id",		ODMM_A_SESSION_ID,	FIELD_U32,	NULL },
	{ "type",	ODMM_A_SESSION_TYPE,	FIELD_TYPE,	NULL },
	{ "flags",	ODMM_A_SESSION_FLAGS,	FIELD_FLAGS,	socket_flags },
	{ "state",	ODMM_A_SESSION_STATE,	FIELD_NAME,	socket_states },
	{ "error",	ODMM_A_SESSION_ERROR,	FIELD_ERRNO,	NULL },
	{ "address",	ODMM_A_SESSION_ADDRESS,	FIELD_ADDR,	NULL },
	{ "dev",	ODMM_A_SESSION_IFINDEX,	FIELD_DEV,	NULL },
	{ "uid",	ODMM_A_SESSION_UID,	FIELD_U32,	NULL },
	{ "proto",	ODMM_A_SESSION_PROTOCOL, FIELD_NAME,	protocols },
	{ "inode",	ODMM_A_SESSION_INODE,	FIELD_U64,	NULL },
	{ "cookie",	ODMM_A_SESSION_COOKIE,	FIELD_U64,	NULL },
	{ NULL, 0, FIELD_HIDDEN, NULL }
};

const struct field stats_fields[] = {
	{ "sessions",	   ODMM_A_STATS_SESSIONS,	FIELD_U64, NULL },
	{ "requests",	   ODMM_A_STATS_REQUESTS,	FIELD_U64, NULL },
	{ "prefixes",	   ODMM_A_STATS_PREFIXES,	FIELD_U64, NULL },
	{ "agents",	   ODMM_A_STATS_AGENTS,		FIELD_U64, NULL },
	{ "served",	   ODMM_A_STATS_SERVED,		FIELD_U64, NULL },
	{ "submitted",	   ODMM_A_STATS_SUBMITTED,	FIELD_U64, NULL },
	{ "coalesced",	   ODMM_A_STATS_COALESCED,	FIELD_U64, NULL },
	{ "accepted",	   ODMM_A_STATS_ACCEPTED,	FIELD_U64, NULL },
	{ "granted",	   ODMM_A_STATS_GRANTED,	FIELD_U64, NULL },
	{ "refused",	   ODMM_A_STATS_REFUSED,	FIELD_U64, NULL },
	{ "cancelled",	   ODMM_A_STATS_CANCELLED,	FIELD_U64, NULL },
	{ "timed_out",	   ODMM_A_STATS_TIMED_OUT,	FIELD_U64, NULL },
	{ "interrupted",   ODMM_A_STATS_INTERRUPTED,	FIELD_U64, NULL },
	{ "unsupported",   ODMM_A_STATS_UNSUPPORTED,	FIELD_U64, NULL },
	{ "over_quota",	   ODMM_A_STATS_OVER_QUOTA,	FIELD_U64, NULL },
	{ "link_removed",  ODMM_A_STATS_LINK_REMOVED,	FIELD_U64, NULL },
	{ "agent_lost",	   ODMM_A_STATS_AGENT_LOST,	FIELD_U64, NULL },
	{ "late_answers",  ODMM_A_STATS_LATE_ANSWERS,	FIELD_U64, NULL },
	{ "dad_failed",	   ODMM_A_STATS_DAD_FAILED,	FIELD_U64, NULL },
	{ "prefixes_lost", ODMM_A_STATS_PREFIXES_LOST,	FIELD_U64, NULL },
	{ NULL, 0, FIELD_HIDDEN, NULL }
};
