// SPDX-License-Identifier: GPL-2.0
/*
 * Source "pool": a prefix that somebody has routed here, cut into pieces.
 */
#include <errno.h>
#include "../common/pool.h"
#include "source.h"

struct pool_source {
	struct source source;
	struct pool pool;
	struct prefix_args args;
	uint32_t limit;		/* prefixes at a time */
};

static struct pool_source *pool_of(struct source *s)
{
	return (struct pool_source *)s;
}

static void pool_configure(struct source *s, struct words *w)
{
	struct pool_source *p = pool_of(s);
	struct keyword keywords[] = {
		{ "pool", ARG_PREFIX, &p->pool.from, false },
		{ "valid_lft", ARG_SECONDS, &p->args.valid_lft, false },
		{ "preferred_lft", ARG_SECONDS, &p->args.preferred_lft, false },
		{ "sub-len", ARG_U32, &p->pool.len, false },
		{ "onlink", ARG_FLAG, &p->args.onlink, false },
		{ "limit", ARG_U32, &p->limit, false },
	};

	p->pool.len = 64;
	p->limit = UINT32_MAX;
	source_words(s, w, keywords, ARRAY_SIZE(keywords));
	if (!keywords[0].given)
		usage_error("source pool: pool PREFIX is required");
	prefix_check_lifetimes(&p->args, &keywords[1], &keywords[2]);
	pool_check(&p->pool);
}

/* What somebody else has put into the kernel is passed over. */
static int give_next(struct pool_source *p, struct ask *ask)
{
	struct prefix prefix;
	int ret = -ENOSPC;

	while (p->source.n_prefixes < p->limit && pool_peek(&p->pool, &prefix)) {
		ret = ask_grant(ask, &prefix, &p->args);
		if (!ret)
			pool_give(&p->pool);
		if (ret != -EEXIST)
			break;
		pool_skip(&p->pool);
		ret = -ENOSPC;
	}
	return ret;
}

static void pool_ask(struct source *s, struct ask *ask)
{
	if (give_next(pool_of(s), ask))
		ask_refuse(ask, EADDRNOTAVAIL);
}

static bool pool_adopt(struct source *s, const struct prefix *p, const struct prefix_args *args)
{
	(void)args;
	return pool_has(&pool_of(s)->pool, p);
}

static void pool_gone(struct source *s, const struct prefix *p, uint32_t why)
{
	(void)why;
	pool_take_back(&pool_of(s)->pool, p);
}

static void pool_stop(struct source *s)
{
	pool_free(&pool_of(s)->pool);
}

const struct source_kind pool_source = {
	.name = "pool",
	.usage = "pool PREFIX [ sub-len LENGTH ] [ onlink ] [ valid_lft LIFETIME ]\n"
		 "               [ preferred_lft LIFETIME ] [ limit PREFIXES ]",
	.size = sizeof(struct pool_source),
	.configure = pool_configure,
	.ask = pool_ask,
	.adopt = pool_adopt,
	.gone = pool_gone,
	.stop = pool_stop,
};
