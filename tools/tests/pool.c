// SPDX-License-Identifier: GPL-2.0
/*
 * Works with a pool of "odmm agent run" as it is told, and prints what it gives.
 *
 *   pool PREFIX LENGTH STEP...
 *
 * STEP := give | skip | gone PREFIX | see PREFIX | unseen
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "../common/pool.h"

static void print(const char *what, const struct prefix *p)
{
	char text[INET6_ADDRSTRLEN];

	printf("%s %s/%u\n", what, inet_ntop(AF_INET6, &p->addr, text, sizeof(text)), p->len);
}

static void take(struct pool *pool, void (*call)(struct pool *pool), const char *what)
{
	struct prefix p;

	if (!pool_peek(pool, &p)) {
		puts("empty");
		return;
	}
	call(pool);
	print(what, &p);
}

static void take_unseen(struct pool *pool)
{
	struct prefix p;

	while (pool_take_unseen(pool, &p))
		print("unseen", &p);
	pool_end_seeing(pool);
}

static void step(struct pool *pool, struct words *w)
{
	struct prefix p;

	if (next_is(w, "give")) {
		take(pool, pool_give, "give");
	} else if (next_is(w, "skip")) {
		take(pool, pool_skip, "skip");
	} else if (next_is(w, "unseen")) {
		take_unseen(pool);
	} else if (next_is(w, "see")) {
		parse_prefix(next(w, "PREFIX"), &p);
		pool_see(pool, &p);
	} else if (next_is(w, "gone")) {
		parse_prefix(next(w, "PREFIX"), &p);
		print(pool_take_back(pool, &p) ? "back" : "not ours", &p);
	} else {
		no_more(w);
	}
}

int main(int argc, char **argv)
{
	struct words w = { argc - 1, argv + 1 };
	struct pool pool = { 0 };

	parse_prefix(next(&w, "PREFIX"), &pool.from);
	pool.len = parse_u32(next(&w, "LENGTH"));
	pool_check(&pool);
	while (peek(&w))
		step(&pool, &w);
	pool_free(&pool);
	return 0;
}
