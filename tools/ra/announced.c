// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include "announced.h"
#include <linux/odmm.h>

#define TWO_HOURS	7200
#define ROUTER_LIFETIME	1800	/* of one that has not said so, the default of RFC 4861 */

static uint64_t end_of(uint64_t now, uint32_t lifetime)
{
	return lifetime == ODMM_LFT_INFINITY ? UINT64_MAX : now + lifetime;
}

static uint32_t left_of(uint64_t now, uint64_t until)
{
	if (until == UINT64_MAX)
		return ODMM_LFT_INFINITY;
	return until > now ? (uint32_t)(until - now) : 0;
}

static struct announced_prefix *find(struct announced *a, const struct in6_addr *addr)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&a->prefix[i].addr, addr))
			return &a->prefix[i];
	return NULL;
}

static void forget(struct announced *a, struct announced_prefix *e)
{
	*e = a->prefix[--a->n];
}

static struct ra_prefix say(const struct announced_prefix *e, uint32_t valid, uint32_t preferred)
{
	return (struct ra_prefix) {
		.addr = e->addr, .len = RA_PREFIX_LEN, .type = e->type,
		.valid = valid, .preferred = preferred,
	};
}

static uint32_t believed(const struct announced *a, uint32_t valid, uint32_t left)
{
	if (a->trusted || valid > TWO_HOURS || valid > left)
		return valid;
	return left < TWO_HOURS ? left : TWO_HOURS;
}

static void add(struct announced *a, const struct ra_prefix *p)
{
	/* What is deprecated from the start would serve nobody. */
	if (!p->preferred)
		return;
	if (a->n == ANNOUNCED_MAX || a->ops->add(a->data, p)) {
		a->refused++;
		return;
	}
	a->prefix[a->n++] = (struct announced_prefix) { .addr = p->addr, .type = p->type };
}

static void withdraw(struct announced *a, struct announced_prefix *e, uint64_t now)
{
	struct ra_prefix p = say(e, left_of(now, e->valid_until), 0);

	/* Those who hold a promised one keep it, as long as it is good for anything. */
	if (a->ops->withdraw(a->data, &p) == -EBUSY)
		a->ops->change(a->data, &p);
}

static void change(struct announced *a, struct announced_prefix *e, struct ra_prefix *p,
		   uint64_t now)
{
	p->valid = believed(a, p->valid, left_of(now, e->valid_until));
	if (!p->valid)
		withdraw(a, e, now);
	else
		a->ops->change(a->data, p);
}

/* What a router says of one prefix. */
static void take(struct announced *a, const struct in6_addr *router, struct ra_prefix *p,
		 uint32_t lifetime, uint32_t movement, uint64_t now)
{
	struct announced_prefix *e = find(a, &p->addr);

	if (!lifetime)
		p->preferred = 0;
	if (e && e->type != p->type) {
		a->refused++;
		return;
	}
	if (e)
		change(a, e, p, now);
	else
		add(a, p);
	e = find(a, &p->addr);
	if (!e)
		return;
	e->faded = !lifetime;
	e->router = *router;
	e->router_until = now + lifetime;
	e->valid_until = end_of(now, p->valid);
	e->movement = movement;
}

static void fade(struct announced *a, struct announced_prefix *e, uint64_t now)
{
	struct ra_prefix p = say(e, left_of(now, e->valid_until), 0);

	e->faded = true;
	if (p.valid)
		a->ops->change(a->data, &p);
}

/* Whom the host must not ask to forward what comes from their prefixes (RFC 8028). */
static void hear_router(struct announced *a, const struct in6_addr *router, uint16_t lifetime,
			uint64_t now)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&a->prefix[i].router, router))
			a->prefix[i].router_until = now + lifetime;
}

static uint8_t type_of(const struct announced *a, const struct ra_prefix *p)
{
	if (p->type)
		return p->type;
	return p->autonomous && p->len == RA_PREFIX_LEN ? a->plain : 0;
}

/* @movement: how many there have been; never less than before. */
void announced_hear(struct announced *a, const struct in6_addr *router, const struct ra *ra,
		    uint32_t movement, uint64_t now)
{
	struct ra_prefix p;
	size_t i;

	hear_router(a, router, ra->lifetime, now);
	for (i = 0; i < ra->n; i++) {
		p = ra->prefix[i];
		p.type = type_of(a, &p);
		if (p.type && a->types & 1U << p.type)
			take(a, router, &p, ra->lifetime, movement, now);
	}
	announced_expire(a, now);
}

/*
 * Since that movement the host is at another network: what was not announced
 * there is over.
 */
void announced_elsewhere(struct announced *a, uint32_t movement, uint64_t now)
{
	size_t i;

	/* gone() may be called in between, but takes the last one for it. */
	for (i = a->n; i--;)
		if (i < a->n && a->prefix[i].movement != movement)
			withdraw(a, &a->prefix[i], now);
}

/* The kernel has it from before the program began. */
void announced_adopt(struct announced *a, const struct ra_prefix *p, uint64_t now)
{
	if (a->n == ANNOUNCED_MAX)
		return;
	a->prefix[a->n++] = (struct announced_prefix) {
		.addr = p->addr, .type = p->type, .router_until = now + ROUTER_LIFETIME,
		.valid_until = end_of(now, p->valid),
	};
}

/* The kernel has it no more; whether it was ours. */
bool announced_gone(struct announced *a, const struct in6_addr *addr)
{
	struct announced_prefix *e = find(a, addr);

	if (e)
		forget(a, e);
	return e;
}

/* Routers that have not been heard for as long as they said. */
void announced_expire(struct announced *a, uint64_t now)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (!a->prefix[i].faded && a->prefix[i].router_until <= now)
			fade(a, &a->prefix[i], now);
}

/* When to call that, UINT64_MAX for never. */
uint64_t announced_next(const struct announced *a)
{
	uint64_t next = UINT64_MAX;
	size_t i;

	for (i = 0; i < a->n; i++)
		if (!a->prefix[i].faded && a->prefix[i].router_until < next)
			next = a->prefix[i].router_until;
	return next;
}
