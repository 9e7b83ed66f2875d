// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include "answer.h"
#include "ia.h"
#include "send.h"

/* --- Time --- */

/* Nobody has answered. */
static void give_up(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	bool moved = ia->x.timing.mrd;

	if (ia->state == IA_RELEASING) {
		ia_forget(c, ia);
	} else if (!ia_is_held(ia)) {
		answer_refuse(c, ia, ETIMEDOUT);
	} else if (ia->state == IA_RENEWING) {
		send_rebind(c, ia, &dhcp6_rebind, now);
	} else {
		send_end(ia);
		if (!moved)
			ia_never_renew(ia);
	}
}

static void on_due(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	if (!ia->x.kind && now >= ia->t2)
		send_rebind(c, ia, &dhcp6_rebind, now);
	else if (!ia->x.kind)
		send_renew(c, ia, now);
	else if (ia->state == IA_SOLICITING && (ia->preference >= 0 || ia->error))
		answer_decide(c, ia, now);
	else if (exchange_is_over(&ia->x, now))
		give_up(c, ia, now);
	else
		send_again(c, ia, now);
}

static uint64_t due(const struct dhcp6_ia *ia)
{
	if (ia->x.kind)
		return ia->x.due;
	return ia->t1 < ia->t2 ? ia->t1 : ia->t2;
}

void dhcp6_expire(struct dhcp6_client *c, uint64_t now)
{
	struct dhcp6_ia *ia, *next;

	for (ia = TAILQ_FIRST(&c->ias); ia; ia = next) {
		next = TAILQ_NEXT(ia, next);
		if (due(ia) <= now)
			on_due(c, ia, now);
	}
}

uint64_t dhcp6_next(const struct dhcp6_client *c)
{
	const struct dhcp6_ia *ia;
	uint64_t next = NEVER;

	TAILQ_FOREACH(ia, &c->ias, next)
		if (due(ia) < next)
			next = due(ia);
	return next;
}

/* --- For those who use it --- */

void dhcp6_init(struct dhcp6_client *c)
{
	TAILQ_INIT(&c->ias);
	c->n = 0;
	c->sol_max_rt = dhcp6_solicit.mrt;
}

void dhcp6_end(struct dhcp6_client *c)
{
	while (!TAILQ_EMPTY(&c->ias))
		ia_forget(c, TAILQ_FIRST(&c->ias));
}

static struct dhcp6_ia *find(const struct dhcp6_client *c, uint32_t iaid, bool abandoned)
{
	struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &c->ias, next)
		if (ia->iaid == iaid && ia->abandoned == abandoned)
			return ia;
	return NULL;
}

bool dhcp6_has(const struct dhcp6_client *c, uint32_t iaid)
{
	return find(c, iaid, false);
}

/* What was asked for in vain may have been given: the same number gets the same again. */
struct dhcp6_ia *dhcp6_get(struct dhcp6_client *c, uint8_t type, uint32_t iaid, void *private,
			   uint64_t now)
{
	struct dhcp6_ia *ia = find(c, iaid, true);

	if (ia)
		ia_forget(c, ia);
	ia = ia_new(c, type, iaid, DHCP6_IAS_MAX);
	if (!ia)
		return NULL;
	ia->private = private;
	send_solicit(c, ia, now);
	return ia;
}

/* What it has asked for may be on its way: it is heard, and given back. */
void dhcp6_abandon(struct dhcp6_client *c, struct dhcp6_ia *ia)
{
	ia->abandoned = true;
	ia->private = NULL;
	if (!ia->x.sent)
		ia_forget(c, ia);
	else
		ia->x.due = ia->x.end;
}

static struct dhcp6_ia *find_held(const struct dhcp6_client *c, const struct in6_addr *addr,
				  uint8_t len, struct dhcp6_lease **lease)
{
	struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &c->ias, next) {
		*lease = ia_find(ia, addr, len);
		if (*lease && (*lease)->held)
			return ia;
	}
	return NULL;
}

bool dhcp6_gone(struct dhcp6_client *c, const struct in6_addr *addr, uint8_t len, uint64_t now)
{
	struct dhcp6_lease *lease;
	struct dhcp6_ia *ia = find_held(c, addr, len, &lease);
	struct dhcp6_prefix p;

	if (!ia)
		return false;
	p = ia_prefix(lease, now);
	if (!lease->over)
		send_release(c, ia, &ia->server, &p, now);
	ia_remove(ia, lease);
	if (!ia->n) {
		ia_forget(c, ia);
	} else if (!ia_valid_until(ia)) {
		send_end(ia);
		ia_never_renew(ia);
	} else if (ia->x.kind) {
		/* The answer on its way would give it again. */
		ia->x.id = send_new_id(c);
		ia->x.due = now;
	}
	return true;
}

struct dhcp6_ia *dhcp6_remember(struct dhcp6_client *c, uint8_t type, uint32_t iaid,
				const struct dhcp6_duid *server)
{
	struct dhcp6_ia *ia = ia_new(c, type, iaid, 2 * DHCP6_IAS_MAX);

	if (!ia)
		return NULL;
	ia->state = IA_BOUND;
	ia->server = *server;
	return ia;
}

bool dhcp6_adopt(struct dhcp6_client *c, uint8_t type, const struct dhcp6_prefix *p,
		 uint64_t now)
{
	struct dhcp6_lease *lease;
	struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &c->ias, next) {
		lease = ia->type == type ? ia_find(ia, &p->addr, p->len) : NULL;
		if (!lease || lease->held || ia->state != IA_BOUND)
			continue;
		lease->held = true;
		ia_last(lease, p, now);
		return true;
	}
	return false;
}

static void give_back_unheld(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	struct dhcp6_prefix p;
	size_t i;

	for (i = ia->n; i--;)
		if (!ia->lease[i].held) {
			p = ia_prefix(&ia->lease[i], now);
			send_release(c, ia, &ia->server, &p, now);
			ia_remove(ia, &ia->lease[i]);
		}
}

/* The host may have moved while nobody looked: what is held is bound anew. */
void dhcp6_settle(struct dhcp6_client *c, uint32_t types, uint64_t now)
{
	struct dhcp6_ia *ia, *next;

	for (ia = TAILQ_FIRST(&c->ias); ia; ia = next) {
		next = TAILQ_NEXT(ia, next);
		if (ia->state != IA_BOUND || !(types & 1U << ia->type))
			continue;
		give_back_unheld(c, ia, now);
		if (!ia->n) {
			ia_forget(c, ia);
			continue;
		}
		ia_set_times(ia, 0, 0, now);
		send_rebind(c, ia, &dhcp6_moved, now);
	}
}

void dhcp6_resume(struct dhcp6_client *c, uint64_t now)
{
	struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &c->ias, next)
		if (ia->x.kind && ia->x.unsent) {
			exchange_begin(&ia->x, ia->x.kind, ia->x.id, &ia->x.timing, now,
				       ia->x.end);
			send_again(c, ia, now);
		}
}

static void move(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	if (ia->state == IA_RELEASING)
		return;
	if (ia_is_held(ia))
		send_rebind(c, ia, &dhcp6_moved, now);
	else if (ia->abandoned)
		ia_forget(c, ia);
	else if (ia->x.kind)
		send_solicit(c, ia, now);
}

void dhcp6_moved_all(struct dhcp6_client *c, uint64_t now)
{
	struct dhcp6_ia *ia, *next;

	for (ia = TAILQ_FIRST(&c->ias); ia; ia = next) {
		next = TAILQ_NEXT(ia, next);
		move(c, ia, now);
	}
}
