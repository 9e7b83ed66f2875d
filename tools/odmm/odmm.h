/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all of odmm(8) shares.
 */
#ifndef _ODMM_TOOL_H
#define _ODMM_TOOL_H

#include "../common/args.h"

struct options {
	bool json;
	bool pretty;
	bool timestamp;
};

extern struct options options;

/* An object of the grammar: "odmm OBJECT ..." */
struct object {
	const char *name;
	const char *grammar;
	int (*run)(struct words *w);
};

extern const struct object prefix_object, request_object, agent_object,
	session_object, stats_object, monitor_object, setsc_object, policy_object,
	debug_report_object;

#endif /* _ODMM_TOOL_H */
