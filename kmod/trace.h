/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, group "odmm". What is wanted is named by type and interface,
 * requests by their cookie, prefixes by prefix and length.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM odmm

#if !defined(_ODMM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _ODMM_TRACE_H

#include <linux/tracepoint.h>

#include "odmm.h"

DECLARE_EVENT_CLASS(odmm_request_class,
	TP_PROTO(const struct odmm_request *req),
	TP_ARGS(req),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u32, type)
		__field(int, ifindex)
		__field(u32, flags)
		__field(u32, waiters)
		__field(u32, agent)
	),
	TP_fast_assign(
		__entry->cookie = req->cookie;
		__entry->type = req->key.type;
		__entry->ifindex = req->key.ifindex;
		__entry->flags = req->key.flags;
		__entry->waiters = req->waiters;
		__entry->agent = req->agent;
	),
	TP_printk("cookie=%llu type=%u ifindex=%d flags=%#x waiters=%u agent=%u",
		  __entry->cookie, __entry->type, __entry->ifindex,
		  __entry->flags, __entry->waiters, __entry->agent)
);

#define ODMM_REQUEST_EVENT(name)				\
	DEFINE_EVENT(odmm_request_class, name,			\
		TP_PROTO(const struct odmm_request *req),	\
		TP_ARGS(req))

/* A request was made; a want joined it; an agent took it. */
ODMM_REQUEST_EVENT(odmm_submit);
ODMM_REQUEST_EVENT(odmm_coalesce);
ODMM_REQUEST_EVENT(odmm_accept);
/* A prefix was given for it; one of those who waited has waited too long. */
ODMM_REQUEST_EVENT(odmm_answer);
ODMM_REQUEST_EVENT(odmm_timeout);
/* Nobody waits for it any more; all who waited have a prefix. */
ODMM_REQUEST_EVENT(odmm_cancel);
ODMM_REQUEST_EVENT(odmm_grant);

DECLARE_EVENT_CLASS(odmm_prefix_class,
	TP_PROTO(const struct odmm_prefix *p),
	TP_ARGS(p),
	TP_STRUCT__entry(
		__array(u8, prefix, 16)
		__field(u8, len)
		__field(u8, type)
		__field(u8, end)
		__field(int, ifindex)
		__field(u32, sessions)
	),
	TP_fast_assign(
		memcpy(__entry->prefix, &p->address.prefix, 16);
		__entry->len = p->address.prefix_len;
		__entry->type = p->address.type;
		__entry->end = p->end;
		__entry->ifindex = p->ifindex;
		__entry->sessions = p->sessions;
	),
	TP_printk("prefix=%pI6c/%u type=%u ifindex=%d sessions=%u end=%u",
		  __entry->prefix, __entry->len, __entry->type,
		  __entry->ifindex, __entry->sessions, __entry->end)
);

#define ODMM_PREFIX_EVENT(name)					\
	DEFINE_EVENT(odmm_prefix_class, name,			\
		TP_PROTO(const struct odmm_prefix *p),		\
		TP_ARGS(p))

/* It serves no new requests; it is gone; it goes as nobody uses it. */
ODMM_PREFIX_EVENT(odmm_deprecate);
ODMM_PREFIX_EVENT(odmm_lose);
ODMM_PREFIX_EVENT(odmm_release);

/* The namespace, or the module, goes: what is left is given up. */
TRACE_EVENT(odmm_drain,
	TP_PROTO(const struct odmm_net *odn),
	TP_ARGS(odn),
	TP_STRUCT__entry(
		__field(u32, netns)
		__field(u32, sessions)
		__field(u32, requests)
		__field(u32, prefixes)
	),
	TP_fast_assign(
		__entry->netns = odn->net->ns.inum;
		__entry->sessions = atomic_read(&odn->n_sessions);
		__entry->requests = odn->n_requests;
		__entry->prefixes = odn->n_prefixes;
	),
	TP_printk("netns=%u sessions=%u requests=%u prefixes=%u",
		  __entry->netns, __entry->sessions, __entry->requests,
		  __entry->prefixes)
);

#endif /* _ODMM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
