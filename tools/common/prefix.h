/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Telling the kernel of a prefix, for all who do.
 */
#ifndef _ODMM_PREFIX_H
#define _ODMM_PREFIX_H

#include "args.h"
#include "genl.h"

/* What the kernel is told besides the prefix */
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
struct nlmsghdr *prefix_request(struct genl *g, uint8_t cmd, const struct prefix *p);
bool prefix_read(const struct nlmsghdr *nlh, struct prefix *prefix);
void prefix_put_force(struct nlmsghdr *nlh, bool force);
int prefix_add(struct genl *g, const struct prefix *p, const struct prefix_args *a);
int prefix_change(struct genl *g, const struct prefix *p, const struct prefix_args *a);
int prefix_withdraw(struct genl *g, const struct prefix *p, const uint32_t *grace, bool force);

#endif /* _ODMM_PREFIX_H */
