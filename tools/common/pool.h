/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pool of prefixes: those that nobody has had yet are given out in order,
 * then those that came back, the longest back first.
 */
#ifndef _ODMM_POOL_H
#define _ODMM_POOL_H

#include "args.h"

/* Places of prefixes in the pool, the oldest first */
struct places {
	uint64_t *place;
	size_t n, room;
};

struct pool {
	struct prefix from;
	uint32_t len;		/* of the prefixes given out */
	uint64_t fresh;		/* place of the first that was never looked at */
	struct places given;
	struct places seen;	/* of the given, see pool_see() */
	struct places back;
};

void pool_check(const struct pool *pool);
bool pool_peek(const struct pool *pool, struct prefix *prefix);
void pool_give(struct pool *pool);
void pool_skip(struct pool *pool);
bool pool_has(const struct pool *pool, const struct prefix *prefix);
bool pool_take_back(struct pool *pool, const struct prefix *prefix);
void pool_see(struct pool *pool, const struct prefix *prefix);
bool pool_take_unseen(struct pool *pool, struct prefix *prefix);
void pool_end_seeing(struct pool *pool);
void pool_free(struct pool *pool);

#endif /* _ODMM_POOL_H */
