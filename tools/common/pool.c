// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
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

static void append(struct places *p, uint64_t place)
{
	if (p->n == p->room) {
		p->room = p->room ? 2 * p->room : 16;
		p->place = reallocarray(p->place, p->room, sizeof(*p->place));
		if (!p->place) {
			perror("Error: odmm: pool");
			exit(EXIT_REFUSED);
		}
	}
	p->place[p->n++] = place;
}

/* Whether it was there. */
static bool cut(struct places *p, uint64_t place)
{
	size_t i;

	for (i = 0; i < p->n && p->place[i] != place; i++)
		;
	if (i == p->n)
		return false;
	p->n--;
	memmove(p->place + i, p->place + i + 1, (p->n - i) * sizeof(*p->place));
	return true;
}

static uint64_t high_bits(const struct in6_addr *addr)
{
	uint64_t high;

	memcpy(&high, addr, sizeof(high));
	return be64toh(high);
}

static void make_prefix(const struct pool *pool, uint64_t place, struct prefix *prefix)
{
	uint64_t high = htobe64(high_bits(&pool->from.addr) | place << (64 - pool->len));

	*prefix = pool->from;
	prefix->len = pool->len;
	memcpy(&prefix->addr, &high, sizeof(high));
}

static bool has_fresh(const struct pool *pool)
{
	return !(pool->fresh >> (pool->len - pool->from.len));
}

static uint64_t next_place(const struct pool *pool)
{
	return has_fresh(pool) ? pool->fresh : pool->back.place[0];
}

/* The next prefix, still in the pool; false if there is none. */
bool pool_peek(const struct pool *pool, struct prefix *prefix)
{
	if (!has_fresh(pool) && !pool->back.n)
		return false;
	make_prefix(pool, next_place(pool), prefix);
	return true;
}

/* The next prefix is somebody else's, until it comes back. */
void pool_skip(struct pool *pool)
{
	if (has_fresh(pool))
		pool->fresh++;
	else
		cut(&pool->back, pool->back.place[0]);
}

/* The next prefix is given out. */
void pool_give(struct pool *pool)
{
	append(&pool->given, next_place(pool));
	pool_skip(pool);
}

/* What it has in other bits than the pool */
static uint64_t difference(const struct pool *pool, const struct prefix *prefix)
{
	return high_bits(&pool->from.addr) ^ high_bits(&prefix->addr);
}

/* Whether it is one of those that the pool is made of. */
bool pool_has(const struct pool *pool, const struct prefix *prefix)
{
	return prefix->len == pool->len &&
	       !(difference(pool, prefix) >> (64 - pool->from.len));
}

/* The place of a prefix; false if it has none, or was never looked at there. */
static bool find_place(const struct pool *pool, const struct prefix *prefix, uint64_t *place)
{
	if (!pool_has(pool, prefix))
		return false;
	*place = difference(pool, prefix) >> (64 - pool->len);
	return *place < pool->fresh;
}

/*
 * A prefix is gone. Whether it had been given out; one that was skipped comes
 * back too.
 */
bool pool_take_back(struct pool *pool, const struct prefix *prefix)
{
	uint64_t place;
	bool given;

	if (!find_place(pool, prefix, &place))
		return false;
	given = cut(&pool->given, place);
	cut(&pool->back, place);
	append(&pool->back, place);
	return given;
}

/* A look at all prefixes there are: this is one of them. */
void pool_see(struct pool *pool, const struct prefix *prefix)
{
	uint64_t place;

	if (find_place(pool, prefix, &place) && cut(&pool->given, place))
		append(&pool->seen, place);
}

/* After it: takes back one that was given out and not seen; false if none is. */
bool pool_take_unseen(struct pool *pool, struct prefix *prefix)
{
	if (!pool->given.n)
		return false;
	make_prefix(pool, pool->given.place[0], prefix);
	return pool_take_back(pool, prefix);
}

void pool_end_seeing(struct pool *pool)
{
	while (pool->seen.n) {
		append(&pool->given, pool->seen.place[0]);
		cut(&pool->seen, pool->seen.place[0]);
	}
}

/* It is as new then. */
void pool_free(struct pool *pool)
{
	free(pool->given.place);
	free(pool->seen.place);
	free(pool->back.place);
	*pool = (struct pool) { .from = pool->from, .len = pool->len };
}
