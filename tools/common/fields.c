// SPDX-License-Identifier: GPL-2.0
/*
 * What the objects of the kernel consist of, in the order they are shown.
 */
#include "row.h"

const struct field prefix_fields[] = {
	{ "prefix",	   ODMM_A_PREFIX_PREFIX,	FIELD_PREFIX,	NULL },
	{ "dev",	   ODMM_A_PREFIX_IFINDEX,	FIELD_DEV,	NULL },
	{ "home",	   ODMM_A_PREFIX_HOME,		FIELD_HOME,	NULL },
	{ "type",	   ODMM_A_PREFIX_TYPE,		FIELD_TYPE,	NULL },
	{ "state",	   ODMM_A_PREFIX_STATE,		FIELD_NAME,	prefix_states },
	{ "end",	   ODMM_A_PREFIX_END,		FIELD_NAME,	prefix_ends },
	{ "flags",	   ODMM_A_PREFIX_FLAGS,		FIELD_FLAGS,	prefix_flags },
	{ "address",	   ODMM_A_PREFIX_ADDRESS,	FIELD_ADDR,	NULL },
	{ "sessions",	   ODMM_A_PREFIX_SESSIONS,	FIELD_U32,	NULL },
	{ "users",	   ODMM_A_PREFIX_USERS,		FIELD_U32,	NULL },
	{ "uid",	   ODMM_A_PREFIX_UID,		FIELD_U32,	NULL },
	{ "bytes",	   ODMM_A_PREFIX_BYTES,		FIELD_U64,	NULL },
	{ "origin",	   ODMM_A_PREFIX_ORIGIN,	FIELD_TEXT,	NULL },
	{ "valid_lft",	   ODMM_A_PREFIX_VALID_LFT,	FIELD_SECONDS,	NULL },
	{ "preferred_lft", ODMM_A_PREFIX_PREFERRED_LFT,	FIELD_SECONDS,	NULL },
	{ "cookie",	   ODMM_A_PREFIX_COOKIE,	FIELD_U64,	NULL },
	{ "length",	   ODMM_A_PREFIX_LEN,		FIELD_HIDDEN,	NULL },
	{ "force",	   ODMM_A_PREFIX_FORCE,		FIELD_HIDDEN,	NULL },
	{ "grace",	   ODMM_A_PREFIX_GRACE,		FIELD_HIDDEN,	NULL },
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
	{ "lifetime",	ODMM_A_SESSION_LIFETIME, FIELD_U32,	NULL },
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
	{ "forbidden",	   ODMM_A_STATS_FORBIDDEN,	FIELD_U64, NULL },
	{ "over_sessions", ODMM_A_STATS_OVER_SESSIONS,	FIELD_U64, NULL },
	{ "over_pending",  ODMM_A_STATS_OVER_PENDING,	FIELD_U64, NULL },
	{ "over_held",	   ODMM_A_STATS_OVER_HELD,	FIELD_U64, NULL },
	{ "over_rate",	   ODMM_A_STATS_OVER_RATE,	FIELD_U64, NULL },
	{ "deprecated",	   ODMM_A_STATS_DEPRECATED,	FIELD_U64, NULL },
	{ "aged",	   ODMM_A_STATS_AGED,		FIELD_U64, NULL },
	{ "withdrawn",	   ODMM_A_STATS_WITHDRAWN,	FIELD_U64, NULL },
	{ "released",	   ODMM_A_STATS_RELEASED,	FIELD_U64, NULL },
	{ "put_back",	   ODMM_A_STATS_PUT_BACK,	FIELD_U64, NULL },
	{ "retagged",	   ODMM_A_STATS_RETAGGED,	FIELD_U64, NULL },
	{ "adopted",	   ODMM_A_STATS_ADOPTED,	FIELD_U64, NULL },
	{ "adopt_refused", ODMM_A_STATS_ADOPT_REFUSED,	FIELD_U64, NULL },
	{ "aborted",	   ODMM_A_STATS_ABORTED,	FIELD_U64, NULL },
	{ "notices",	   ODMM_A_STATS_NOTICES,	FIELD_U64, NULL },
	{ "notices_merged", ODMM_A_STATS_NOTICES_MERGED, FIELD_U64, NULL },
	{ NULL, 0, FIELD_HIDDEN, NULL }
};

/* In the words of "policy set", so that each line can be given to it again. */
const struct field policy_fields[] = {
	{ "secret",	   ODMM_A_POLICY_SECRET,		FIELD_HIDDEN,	NULL },
	{ "type",	   ODMM_A_POLICY_TYPE,			FIELD_TYPE,	NULL },
	{ "access",	   ODMM_A_POLICY_ACCESS,		FIELD_NAME,	access_names },
	{ "group",	   ODMM_A_POLICY_GID_MIN,		FIELD_RANGE,	NULL },
	{ "gid-max",	   ODMM_A_POLICY_GID_MAX,		FIELD_HIDDEN,	NULL },
	{ "capability",	   ODMM_A_POLICY_CAPABILITY,		FIELD_WORD,	capabilities },
	{ "linger",	   ODMM_A_POLICY_LINGER,		FIELD_SECONDS,	NULL },
	{ "grace",	   ODMM_A_POLICY_GRACE,			FIELD_SECONDS,	NULL },
	{ "max-age",	   ODMM_A_POLICY_MAX_AGE,		FIELD_LIMIT,	NULL },
	{ "max-bytes",	   ODMM_A_POLICY_MAX_BYTES,		FIELD_LIMIT,	NULL },
	{ "timeout",	   ODMM_A_POLICY_TIMEOUT,		FIELD_TIMEOUT,	NULL },
	{ "abort",	   ODMM_A_POLICY_ABORT,			FIELD_ON_OFF,	NULL },
	{ "share",	   ODMM_A_POLICY_SHARE_UID,		FIELD_NAME,	share_names },
	{ "sessions",	   ODMM_A_POLICY_SESSIONS,		FIELD_U32,	NULL },
	{ "pending",	   ODMM_A_POLICY_PENDING,		FIELD_U32,	NULL },
	{ "held",	   ODMM_A_POLICY_HELD,			FIELD_U32,	NULL },
	{ "on-net-rate",   ODMM_A_POLICY_ON_NET_RATE,		FIELD_LIMIT,	NULL },
	{ "on-net-burst",  ODMM_A_POLICY_ON_NET_BURST,		FIELD_U32,	NULL },
	{ "requests-max",  ODMM_A_POLICY_REQUESTS_MAX,		FIELD_U32,	NULL },
	{ "prefixes-max",  ODMM_A_POLICY_PREFIXES_MAX,		FIELD_U32,	NULL },
	{ "default-types", ODMM_A_POLICY_DEFAULT_TYPES,		FIELD_TYPES,	NULL },
	{ "rfc5014",	   ODMM_A_POLICY_RFC5014,		FIELD_ON_OFF,	NULL },
	{ NULL, 0, FIELD_HIDDEN, NULL }
};
