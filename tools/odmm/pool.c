// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <string.h>
#include "pool.h"

/* What the kernel takes; shorter prefixes than /16 would not fit 64 bits. */
void pool_check(const struct pool *pool)
{
	if (pool->from.len < 16 || pool->from.len > 64)
		usage_error("a pool has a length from 16 to 64");
	if (pool->len < pool->from.len || pool->len > 64)
		usage_error("sub-len is from the length of the pool to 64");
}

/* The next prefix, still in the pool; false if there is none. */
bool pool_peek(const struct pool *pool, struct prefix *prefix)
{
	uint64_t high;

	if (pool->taken >> (pool->len - pool->from.len))
		return false;
	*prefix = pool->from;
	prefix->len = pool->len;
	memcpy(&high, &prefix->addr, sizeof(high));
	high = htobe64(be64toh(high) | pool->taken << (64 - pool->len));
	memcpy(&prefix->addr, &high, sizeof(high));
	return true;
}
