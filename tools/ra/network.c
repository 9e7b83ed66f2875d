// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "network.h"
#include <linux/odmm.h>

static bool same(const struct network_prefix *a, const struct ra_prefix *b)
{
	return a->len == b->len && IN6_ARE_ADDR_EQUAL(&a->addr, &b->addr);
}

struct network_router *network_find(struct network *net, const struct in6_addr *router)
{
	size_t i;

	for (i = 0; i < net->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&net->router[i].addr, router))
			return &net->router[i];
	return NULL;
}

static size_t n_known(const struct network_router *r, const struct ra *ra)
{
	size_t i, j, n = 0;

	for (i = 0; i < ra->n; i++)
		for (j = 0; j < r->n; j++)
			n += same(&r->prefix[j], &ra->prefix[i]);
	return n;
}

/* Whether any network but its own would announce them. */
static bool is_of(const struct network_router *r, const struct ra *ra)
{
	size_t i, j;

	for (i = 0; i < ra->n; i++)
		for (j = 0; j < r->n; j++)
			if (!r->prefix[j].moves && same(&r->prefix[j], &ra->prefix[i]))
				return true;
	return false;
}

/*
 * A router may leave some of its prefixes out, or have new ones; both at a time
 * is another router. An answer to a solicitation has all of them.
 */
static bool fits(const struct network_router *r, const struct ra *ra, bool complete)
{
	size_t n = n_known(r, ra);

	return n == r->n || (n == ra->n && !complete);
}

/* @complete: it is the answer to a solicitation. */
enum network_verdict network_judge(const struct network *net, const struct in6_addr *router,
				   const struct ra *ra, bool complete)
{
	const struct network_router *r = network_find((struct network *)net, router);
	size_t i;

	if (!net->n)
		return NETWORK_SAME;
	if (r && (r->n || ra->n))
		return fits(r, ra, complete) ? NETWORK_SAME : NETWORK_OTHER;
	if (r && r->has_lladdr && ra->has_lladdr)
		return memcmp(r->lladdr, ra->lladdr, sizeof(r->lladdr)) ? NETWORK_OTHER : NETWORK_SAME;
	if (r)
		return NETWORK_SAME;
	for (i = 0; i < net->n; i++)
		if (is_of(&net->router[i], ra))
			return NETWORK_SAME;
	return NETWORK_STRANGER;
}

static void remember(struct network_router *r, const struct network_prefix *p)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->prefix[i].len == p->len && IN6_ARE_ADDR_EQUAL(&r->prefix[i].addr, &p->addr))
			return;
	if (r->n < NETWORK_PREFIXES)
		r->prefix[r->n++] = *p;
}

static void learn_prefix(struct network_router *r, const struct ra_prefix *p)
{
	struct network_prefix known = {
		.addr = p->addr, .len = p->len,
		.moves = p->type == ODMM_TYPE_FIXED || p->type == ODMM_TYPE_SESSION_LASTING,
	};

	if (p->valid)
		remember(r, &known);
}

/* The one that was met first makes room. */
static struct network_router *add_router(struct network *net, const struct in6_addr *router)
{
	if (net->n == NETWORK_ROUTERS)
		memmove(net->router, net->router + 1, --net->n * sizeof(net->router[0]));
	net->router[net->n] = (struct network_router) { .addr = *router };
	return &net->router[net->n++];
}

/* A router of this network has said it. */
void network_learn(struct network *net, const struct in6_addr *router, const struct ra *ra,
		   bool complete)
{
	struct network_router *r = network_find(net, router);
	size_t i;

	if (!r)
		r = add_router(net, router);
	if (ra->has_lladdr) {
		r->has_lladdr = true;
		memcpy(r->lladdr, ra->lladdr, sizeof(r->lladdr));
	}
	if (complete)
		r->n = 0;
	for (i = 0; i < ra->n; i++)
		learn_prefix(r, &ra->prefix[i]);
}

/* The routers of @other are of this network, too, or other things that they have said. */
void network_join(struct network *net, const struct network *other)
{
	const struct network_router *from;
	struct network_router *r;
	size_t i;

	for (from = other->router; from < other->router + other->n; from++) {
		r = network_find(net, &from->addr);
		if (!r) {
			*add_router(net, &from->addr) = *from;
			continue;
		}
		for (i = 0; i < from->n; i++)
			remember(r, &from->prefix[i]);
	}
}
