/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pool of prefixes, given out in order.
 */
#ifndef _ODMM_POOL_H
#define _ODMM_POOL_H

#include "args.h"

struct pool {
	struct prefix from;
	uint32_t len;		/* of the prefixes given out */
	uint64_t taken;
};

void pool_check(const struct pool *pool);
bool pool_peek(const struct pool *pool, struct prefix *prefix);

#endif /* _ODMM_POOL_H */
