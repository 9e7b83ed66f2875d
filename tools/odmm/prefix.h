/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Telling the kernel of a prefix, for all who do.
 */
#ifndef _ODMM_PREFIX_H
#define _ODMM_PREFIX_H

#include "args.h"
#include "genl.h"

/* What "prefix add" takes besides the prefix, and "request done", and agents */
struct prefix_args {
	uint32_t ifindex, home, type;
	uint32_t valid_lft, preferred_lft;
	uint64_t cookie;
	const char *origin;
	bool onlink;
	bool has_preferred_lft;	/* 0 is a lifetime too */
};

void prefix_check_lifetimes(struct prefix_args *a, const struct keyword *valid,
			    const struct keyword *preferred);
void prefix_take_args(struct words *w, struct prefix_args *a);
struct nlmsghdr *prefix_request(struct genl *g, uint8_t cmd, const struct prefix *p);
int prefix_add(struct genl *g, const struct prefix *p, const struct prefix_args *a);

#endif /* _ODMM_PREFIX_H */
