// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include "names.h"
#include "base.h"

/* Linux errnos a program can see end below this. */
#define ERRNO_MAX 134

const struct name prefix_states[] = {
	{ ODMM_PREFIX_TENTATIVE, "tentative" },
	{ ODMM_PREFIX_ACTIVE, "active" },
	{ ODMM_PREFIX_DEPRECATED, "deprecated" },
	{ ODMM_PREFIX_GONE, "gone" },
	{ 0, NULL }
};

const struct name prefix_ends[] = {
	{ ODMM_END_DELETED, "deleted" },
	{ ODMM_END_WITHDRAWN, "withdrawn" },
	{ ODMM_END_EXPIRED, "expired" },
	{ ODMM_END_RELEASED, "released" },
	{ ODMM_END_LOST, "lost" },
	{ ODMM_END_FAILED, "failed" },
	{ ODMM_END_LINK_REMOVED, "link-removed" },
	{ 0, NULL }
};

const struct name access_names[] = {
	{ ODMM_ACCESS_ALL, "all" },
	{ ODMM_ACCESS_GROUP, "group" },
	{ ODMM_ACCESS_CAPABILITY, "capability" },
	{ 0, NULL }
};

const struct name share_names[] = {
	{ 0, "all" },
	{ 1, "uid" },
	{ 0, NULL }
};

const struct name prefix_flags[] = {
	{ ODMM_PREFIX_F_ONLINK, "onlink" },
	{ ODMM_PREFIX_F_EXCLUSIVE, "exclusive" },
	{ 0, NULL }
};

const struct name request_states[] = {
	{ ODMM_REQUEST_NEW, "new" },
	{ ODMM_REQUEST_ACCEPTED, "accepted" },
	{ ODMM_REQUEST_ANSWERED, "answered" },
	{ ODMM_REQUEST_GRANTED, "granted" },
	{ ODMM_REQUEST_FAILED, "failed" },
	{ ODMM_REQUEST_CANCELLED, "cancelled" },
	{ 0, NULL }
};

const struct name socket_states[] = {
	{ ODMM_STATE_IDLE, "idle" },
	{ ODMM_STATE_PENDING, "pending" },
	{ ODMM_STATE_GRANTED, "granted" },
	{ ODMM_STATE_DEPRECATED, "deprecated" },
	{ ODMM_STATE_LOST, "lost" },
	{ ODMM_STATE_FAILED, "failed" },
	{ 0, NULL }
};

const struct name socket_flags[] = {
	{ IPV6_REQUIRE_SRC_ON_NET, "on-net" },
	{ IPV6_SC_BIND, "bind" },
	{ IPV6_SC_EVENTS, "events" },
	{ 0, NULL }
};

const struct name protocols[] = {
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_ICMPV6, "icmp" },
	{ IPPROTO_RAW, "raw" },
	{ 0, NULL }
};

/* The words of "request refuse"; the names of errno.h are known to libc. */
static const struct name refusals[] = {
	{ EOPNOTSUPP, "unsupported" },
	{ EADDRNOTAVAIL, "unavailable" },
	{ EACCES, "denied" },
	{ ETIMEDOUT, "timeout" },
	{ 0, NULL }
};

const char *name_of(const struct name *table, uint32_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

const char *errno_name(uint32_t error)
{
	return strerrorname_np((int)error);
}

uint32_t errno_from_name(const char *name)
{
	const struct name *r;
	const char *known;
	uint32_t error;

	for (r = refusals; r->name; r++)
		if (!strcmp(name, r->name))
			return r->value;
	for (error = 1; error < ERRNO_MAX; error++) {
		known = errno_name(error);
		if (known && !strcmp(name, known))
			return error;
	}
	return 0;
}
