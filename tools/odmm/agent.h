/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What "odmm agent run" is told to do.
 */
#ifndef _ODMM_AGENT_H
#define _ODMM_AGENT_H

#include "../common/pool.h"
#include "prefix.h"
#include "show.h"

#define MAX_GROUPS 64
#define MAX_CLAIM_DEVS 64	/* as many as the kernel takes */

/* How requests of one type, and maybe of one interface, are answered */
struct group {
	uint32_t type;
	struct pool pool;
	struct prefix_args answer;
	uint32_t delay;		/* milliseconds */
	uint32_t refuse;	/* errno, or 0 */
	uint32_t limit;		/* prefixes at a time, UINT32_MAX if all there are */
	uint32_t lie;		/* type to answer with instead, or 0 */
	bool stall;		/* never answer */
};

struct plan {
	struct group group[MAX_GROUPS];
	size_t n_groups;
	uint32_t claim_dev[MAX_CLAIM_DEVS];
	size_t n_claim_devs;
	const char *name;
	uint32_t count;		/* answers to stop after, 0 if never */
};

void plan_take(struct words *w, struct plan *plan);
void plan_free(struct plan *plan);
int serve(struct plan *plan);

/* report.c */
void report(const char *event, uint64_t cookie, const char *what, json_t *value);
void report_return(const struct prefix *prefix, json_t *end);

/* reclaim.c */
int reclaim_gone(const struct nlmsghdr *nlh, void *data);
int reclaim_missed(struct genl *g, struct plan *plan);

#endif /* _ODMM_AGENT_H */
