/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all of odmm(8) shares.
 */
#ifndef _ODMM_TOOL_H
#define _ODMM_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <odmm.h>
#include <linux/odmm_netlink.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	EXIT_OK,
	EXIT_USAGE,	/* the command line is wrong */
	EXIT_REFUSED,	/* the kernel said no */
};

struct options {
	bool json;
	bool pretty;
	bool timestamp;
};

extern struct options options;

/* The words of the command line that have not been looked at. */
struct words {
	int n;
	char **word;
};

/* An object of the grammar: "odmm OBJECT ..." */
struct object {
	const char *name;
	const char *grammar;
	int (*run)(struct words *w);
};

extern const struct object prefix_object, request_object, agent_object,
	session_object, stats_object, monitor_object, setsc_object, policy_object,
	debug_report_object;

/* The object being run, for messages that advise */
extern const struct object *current;

#endif /* _ODMM_TOOL_H */
