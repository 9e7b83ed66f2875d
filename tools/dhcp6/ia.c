// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "ia.h"

#define SECOND	1000

struct dhcp6_ia *ia_new(struct dhcp6_client *c, uint8_t type, uint32_t iaid, size_t max)
{
	struct dhcp6_ia *ia = c->n < max ? calloc(1, sizeof(*ia)) : NULL;

	if (!ia)
		return NULL;
	ia->type = type;
	ia->iaid = iaid;
	ia_never_renew(ia);
	TAILQ_INSERT_TAIL(&c->ias, ia, next);
	c->n++;
	return ia;
}

void ia_forget(struct dhcp6_client *c, struct dhcp6_ia *ia)
{
	TAILQ_REMOVE(&c->ias, ia, next);
	c->n--;
	free(ia);
}

static uint64_t end_of(uint32_t lifetime, uint64_t now)
{
	return lifetime == DHCP6_INFINITY ? NEVER : now + (uint64_t)lifetime * SECOND;
}

static uint32_t left_of(uint64_t until, uint64_t now)
{
	if (until == NEVER)
		return DHCP6_INFINITY;
	return until > now ? (uint32_t)((until - now + SECOND - 1) / SECOND) : 0;
}

struct dhcp6_lease *ia_find(struct dhcp6_ia *ia, const struct in6_addr *addr, uint8_t len)
{
	struct dhcp6_lease *l;

	for (l = ia->lease; l < ia->lease + ia->n; l++)
		if (l->len == len && IN6_ARE_ADDR_EQUAL(&l->addr, addr))
			return l;
	return NULL;
}

struct dhcp6_lease *ia_add(struct dhcp6_ia *ia, const struct dhcp6_prefix *p, uint64_t now)
{
	struct dhcp6_lease *lease;

	if (ia->n == DHCP6_PREFIXES_MAX)
		return NULL;
	lease = &ia->lease[ia->n++];
	*lease = (struct dhcp6_lease) { .addr = p->addr, .len = p->len };
	ia_last(lease, p, now);
	return lease;
}

void ia_remove(struct dhcp6_ia *ia, struct dhcp6_lease *lease)
{
	*lease = ia->lease[--ia->n];
}

void ia_last(struct dhcp6_lease *lease, const struct dhcp6_prefix *p, uint64_t now)
{
	lease->preferred_until = end_of(p->preferred, now);
	lease->valid_until = end_of(p->valid, now);
}

struct dhcp6_prefix ia_prefix(const struct dhcp6_lease *lease, uint64_t now)
{
	return (struct dhcp6_prefix) {
		.addr = lease->addr, .len = lease->len,
		.preferred = left_of(lease->preferred_until, now),
		.valid = left_of(lease->valid_until, now),
	};
}

bool ia_is_held(const struct dhcp6_ia *ia)
{
	size_t i;

	for (i = 0; i < ia->n; i++)
		if (ia->lease[i].held)
			return true;
	return false;
}

uint64_t ia_valid_until(const struct dhcp6_ia *ia)
{
	uint64_t until = 0;
	size_t i;

	for (i = 0; i < ia->n; i++)
		if (!ia->lease[i].over && ia->lease[i].valid_until > until)
			until = ia->lease[i].valid_until;
	return until;
}

/* The shortest preferred lifetime there is, in milliseconds; 0 if all are over. */
static uint64_t preferred_for(const struct dhcp6_ia *ia, uint64_t now)
{
	uint64_t until = 0;
	const struct dhcp6_lease *l;

	for (l = ia->lease; l < ia->lease + ia->n; l++)
		if (!l->over && l->preferred_until > now && (!until || l->preferred_until < until))
			until = l->preferred_until;
	return until == NEVER ? NEVER : until ? until - now : 0;
}

bool ia_is_fading(const struct dhcp6_ia *ia, uint64_t now)
{
	return ia_valid_until(ia) > now && !preferred_for(ia, now);
}

static uint64_t time_of(uint32_t said, uint64_t preferred, uint64_t share, uint64_t now)
{
	uint64_t in = end_of(said, 0);

	if (!said)
		in = preferred == NEVER ? NEVER : preferred * share / 10;
	if (in > preferred)
		in = preferred;
	return in == NEVER ? NEVER : now + in;
}

/* What the server leaves to the client is what the RFC recommends to servers. */
void ia_set_times(struct dhcp6_ia *ia, uint32_t t1, uint32_t t2, uint64_t now)
{
	uint64_t preferred = preferred_for(ia, now);

	if (!preferred) {
		ia_never_renew(ia);
		return;
	}
	ia->t1 = time_of(t1, preferred, 5, now);
	ia->t2 = time_of(t2, preferred, 8, now);
}

void ia_never_renew(struct dhcp6_ia *ia)
{
	ia->t1 = NEVER;
	ia->t2 = NEVER;
}
