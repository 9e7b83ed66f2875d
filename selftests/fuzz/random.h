/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that are random enough (splitmix64). The stream of each call begins
 * anew from the seed, the thread and the number of the call: so any call can be
 * made again without those before it.
 */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static inline struct rng rng_of(uint64_t seed, uint64_t thread, uint64_t n)
{
	struct rng r = { seed };

	r.state = rng_next(&r) ^ thread;
	r.state = rng_next(&r) ^ n;
	return r;
}

/* 0 to @n - 1. */
static inline unsigned int below(struct rng *r, unsigned int n)
{
	return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}

static inline bool percent(struct rng *r, unsigned int p)
{
	return below(r, 100) < p;
}

static inline void rng_fill(struct rng *r, void *data, size_t len)
{
	unsigned char *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = rng_next(r);
}

#endif /* FUZZ_RANDOM_H */
