// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <linux/odmm.h>
#include "ia.h"

#define ID_MASK	0xffffff

/* --- IAs --- */

static struct dhcp6_ia *new_ia(struct dhcp6_client *c, uint8_t type, uint32_t iaid, size_t max)
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

static void forget(struct dhcp6_client *c, struct dhcp6_ia *ia)
{
	TAILQ_REMOVE(&c->ias, ia, next);
	c->n--;
	free(ia);
}

static struct dhcp6_ia *find_exchange(const struct dhcp6_client *c, uint32_t id)
{
	struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &c->ias, next)
		if (ia->x.kind && ia->x.id == id)
			return ia;
	return NULL;
}

static uint32_t new_id(struct dhcp6_client *c)
{
	uint32_t id;

	do
		id = c->ops->random(c->data) & ID_MASK;
	while (find_exchange(c, id));
	return id;
}

/* --- Sending --- */

static bool names_server(uint8_t kind)
{
	return kind != DHCP6_SOLICIT && kind != DHCP6_REBIND;
}

/* Lifetimes are the server's to say: a client leaves them 0. */
static void make_message(const struct dhcp6_client *c, const struct dhcp6_ia *ia, uint64_t now,
			 struct dhcp6_message *m)
{
	size_t i;

	*m = (struct dhcp6_message) {
		.kind = ia->x.kind, .id = ia->x.id, .client = c->duid,
		.elapsed = exchange_elapsed(&ia->x, now),
		.rapid_commit = ia->x.kind == DHCP6_SOLICIT,
		.has_ia = true, .iaid = ia->iaid,
		.type = ia->x.kind == DHCP6_RELEASE ? 0 : ia->type,
	};
	if (names_server(ia->x.kind))
		m->server = ia->server;
	if (ia->x.kind == DHCP6_SOLICIT)
		return;
	for (i = 0; i < ia->n; i++)
		if (!ia->lease[i].over)
			m->prefix[m->n++] = (struct dhcp6_prefix) {
				.addr = ia->lease[i].addr, .len = ia->lease[i].len,
			};
}

static void transmit(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	uint64_t next = rate_next(&c->rate, now);
	struct dhcp6_message m;

	if (next > now) {
		ia->x.due = next < ia->x.end ? next : ia->x.end;
		return;
	}
	make_message(c, ia, now, &m);
	ia->x.unsent = c->ops->send(c->data, &m);
	if (!ia->x.unsent)
		rate_take(&c->rate, now);
	exchange_sent(&ia->x, now, c->ops->random(c->data));
}

static void begin(struct dhcp6_client *c, struct dhcp6_ia *ia, enum dhcp6_state state,
		  uint8_t kind, const struct dhcp6_timing *timing, uint64_t now, uint64_t end)
{
	ia->state = state;
	exchange_begin(&ia->x, kind, new_id(c), timing, now, end);
	transmit(c, ia, now);
}

static void end_exchange(struct dhcp6_ia *ia)
{
	ia->x.kind = 0;
	ia->state = IA_BOUND;
}

static void solicit(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	struct dhcp6_timing timing = dhcp6_solicit;

	timing.mrt = c->sol_max_rt;
	ia->n = 0;
	ia->preference = -1;
	ia->error = 0;
	begin(c, ia, IA_SOLICITING, DHCP6_SOLICIT, &timing, now, now + c->patience);
}

static void request(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	begin(c, ia, IA_REQUESTING, DHCP6_REQUEST, &dhcp6_request, now, now + c->patience);
}

static void renew(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	begin(c, ia, IA_RENEWING, DHCP6_RENEW, &dhcp6_renew, now, ia->t2);
}

static void rebind(struct dhcp6_client *c, struct dhcp6_ia *ia,
		   const struct dhcp6_timing *timing, uint64_t now)
{
	begin(c, ia, IA_REBINDING, DHCP6_REBIND, timing, now, ia_valid_until(ia));
}

/* If too much is given back at a time, the rest ends when its lifetime does. */
static void release(struct dhcp6_client *c, const struct dhcp6_ia *of,
		    const struct dhcp6_duid *server, const struct dhcp6_prefix *p, uint64_t now)
{
	struct dhcp6_ia *ia = new_ia(c, of->type, of->iaid, 2 * DHCP6_IAS_MAX);

	if (!ia)
		return;
	ia->server = *server;
	ia_add(ia, p, now);
	begin(c, ia, IA_RELEASING, DHCP6_RELEASE, &dhcp6_release, now, NEVER);
}

/* --- Answers --- */

static bool is_typed(const struct dhcp6_ia *ia, const struct dhcp6_message *m,
		     const struct dhcp6_prefix *p)
{
	return (p->type ? p->type : m->type) == ia->type;
}

static bool has_prefix(const struct dhcp6_message *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->prefix[i].valid)
			return true;
	return false;
}

/*
 * 0, or what who asked is to be told. That there is none counts before the type:
 * a server may say the type all the same.
 */
static uint32_t judge(const struct dhcp6_ia *ia, const struct dhcp6_message *m)
{
	size_t i;

	if (m->status || m->ia_status || !has_prefix(m))
		return m->types && !(m->types & 1U << ia->type) ? EOPNOTSUPP : EADDRNOTAVAIL;
	for (i = 0; i < m->n; i++)
		if (!is_typed(ia, m, &m->prefix[i]))
			return EOPNOTSUPP;
	return 0;
}

static void give_back_all(struct dhcp6_client *c, const struct dhcp6_ia *ia,
			  const struct dhcp6_message *m, uint64_t now)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->prefix[i].valid)
			release(c, ia, &m->server, &m->prefix[i], now);
}

static void refuse(struct dhcp6_client *c, struct dhcp6_ia *ia, uint32_t error)
{
	if (!ia->abandoned)
		c->ops->refused(c->data, ia, error);
	forget(c, ia);
}

static void take_new(struct dhcp6_client *c, struct dhcp6_ia *ia, const struct dhcp6_prefix *p,
		     uint64_t now)
{
	struct dhcp6_lease *lease = ia_add(ia, p, now);

	if (lease && !c->ops->granted(c->data, ia, p)) {
		lease->held = true;
		return;
	}
	if (lease)
		ia_remove(ia, lease);
	release(c, ia, &ia->server, p, now);
}

/* The Reply to a Solicit or a Request */
static void hear_first(struct dhcp6_client *c, struct dhcp6_ia *ia,
		       const struct dhcp6_message *m, uint64_t now)
{
	uint32_t error = judge(ia, m);
	size_t i;

	if (error || ia->abandoned) {
		give_back_all(c, ia, m, now);
		refuse(c, ia, error);
		return;
	}
	ia->n = 0;
	ia->server = m->server;
	end_exchange(ia);
	for (i = 0; i < m->n; i++)
		if (m->prefix[i].valid)
			take_new(c, ia, &m->prefix[i], now);
	if (ia->n)
		ia_set_times(ia, m->t1, m->t2, now);
	else
		refuse(c, ia, EADDRNOTAVAIL);
}

/* Takes the best offer there was, or none. */
static void decide(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	if (ia->abandoned || ia->preference < 0)
		refuse(c, ia, ia->error ? ia->error : ETIMEDOUT);
	else
		request(c, ia, now);
}

static void note_offer(struct dhcp6_ia *ia, const struct dhcp6_message *m, uint64_t now)
{
	size_t i;

	ia->preference = m->preference;
	ia->server = m->server;
	ia->n = 0;
	for (i = 0; i < m->n; i++)
		if (m->prefix[i].valid)
			ia_add(ia, &m->prefix[i], now);
}

/* Others have until the first Solicit would be sent again. */
static void hear_advertise(struct dhcp6_client *c, struct dhcp6_ia *ia,
			   const struct dhcp6_message *m, uint64_t now)
{
	uint32_t error = judge(ia, m);

	if (!error && m->preference > ia->preference)
		note_offer(ia, m, now);
	/* That there is none says more than that types are not known. */
	if (error && ia->error != EADDRNOTAVAIL)
		ia->error = error;
	if (m->preference == DHCP6_PREFERENCE_MAX || ia->x.sent > 1)
		decide(c, ia, now);
}

/* How long what is there already lasts */
static void take_known(struct dhcp6_client *c, struct dhcp6_ia *ia, struct dhcp6_lease *lease,
		       struct dhcp6_prefix *p, uint32_t grace, uint64_t now)
{
	struct dhcp6_prefix old = ia_prefix(lease, now);

	if (!p->valid) {
		lease->over = true;
		c->ops->withdrawn(c->data, ia, p, true);
		return;
	}
	if (grace && ia->type == ODMM_TYPE_GRACEFUL_REPLACEMENT) {
		p->preferred = 0;
		p->valid = grace < p->valid ? grace : p->valid;
	}
	/* What is on its way out does not get more time by asking again. */
	if (!p->preferred && !old.preferred && old.valid < p->valid)
		p->valid = old.valid;
	lease->over = false;
	ia_last(lease, p, now);
	c->ops->changed(c->data, ia, p);
}

/* One prefix of a Reply to a Renew or Rebind. Whether it confirms a known one. */
static void hear_prefix(struct dhcp6_client *c, struct dhcp6_ia *ia,
			const struct dhcp6_message *m, size_t i, uint32_t *confirmed,
			uint64_t now)
{
	struct dhcp6_prefix p = m->prefix[i];
	struct dhcp6_lease *lease = ia_find(ia, &p.addr, p.len);
	bool typed = is_typed(ia, m, &p);

	if (lease && (typed || !p.valid)) {
		take_known(c, ia, lease, &p, m->grace, now);
		*confirmed |= 1U << (lease - ia->lease);
	} else if (!lease && p.valid && typed) {
		take_new(c, ia, &p, now);
	} else if (!lease && p.valid) {
		release(c, ia, &m->server, &p, now);
	}
}

/* Who has bound anew knows all there is: what it does not say has not come along. */
static void drop_unconfirmed(struct dhcp6_client *c, struct dhcp6_ia *ia, size_t n,
			     uint32_t confirmed, uint64_t now)
{
	struct dhcp6_prefix p;
	size_t i;

	for (i = 0; i < n; i++) {
		p = ia_prefix(&ia->lease[i], now);
		if (!(confirmed & 1U << i) && !ia->lease[i].over)
			c->ops->withdrawn(c->data, ia, &p, false);
	}
}

static void hear_renewal(struct dhcp6_client *c, struct dhcp6_ia *ia,
			 const struct dhcp6_message *m, uint64_t now)
{
	bool all = ia->state != IA_RENEWING;
	uint32_t confirmed = 0;
	size_t i, n = ia->n;

	if (m->status == DHCP6_UNSPEC_FAIL || !m->has_ia)
		return;
	ia->server = m->server;
	if (m->ia_status == DHCP6_NO_BINDING && ia->state != IA_REQUESTING) {
		request(c, ia, now);
		return;
	}
	end_exchange(ia);
	for (i = 0; i < m->n; i++)
		hear_prefix(c, ia, m, i, &confirmed, now);
	if (all)
		drop_unconfirmed(c, ia, n, confirmed, now);
	if (confirmed || ia->n > n)
		ia_set_times(ia, m->t1, m->t2, now);
	else
		ia_never_renew(ia);
	if (ia->type == ODMM_TYPE_GRACEFUL_REPLACEMENT && ia_is_fading(ia, now))
		c->ops->fading(c->data, ia);
}

static void hear(struct dhcp6_client *c, struct dhcp6_ia *ia, const struct dhcp6_message *m,
		 uint64_t now)
{
	if (ia->state == IA_RELEASING)
		forget(c, ia);
	else if (m->kind == DHCP6_ADVERTISE)
		hear_advertise(c, ia, m, now);
	else if (ia_is_held(ia))
		hear_renewal(c, ia, m, now);
	else
		hear_first(c, ia, m, now);
}

/* Whether it can be the answer to what this IA has sent. */
static enum dhcp6_fault check(const struct dhcp6_client *c, const struct dhcp6_ia *ia,
			      const struct dhcp6_message *m)
{
	if (!ia)
		return DHCP6_TRANSACTION;
	if (!duid_is(&m->client, &c->duid))
		return DHCP6_OTHER_CLIENT;
	if (names_server(ia->x.kind) && !duid_is(&m->server, &ia->server))
		return DHCP6_OTHER_SERVER;
	if (m->has_ia && m->iaid != ia->iaid)
		return DHCP6_OTHER_IA;
	if (m->kind == DHCP6_ADVERTISE && ia->state != IA_SOLICITING)
		return DHCP6_KIND;
	if (m->kind == DHCP6_REPLY && ia->state == IA_SOLICITING && !m->rapid_commit)
		return DHCP6_KIND;
	return DHCP6_GOOD;
}

static void learn_sol_max_rt(struct dhcp6_client *c, uint32_t seconds)
{
	if (seconds >= 60 && seconds <= 86400)
		c->sol_max_rt = seconds * 1000;
}

/* With a fault nothing has changed. */
enum dhcp6_fault dhcp6_receive(struct dhcp6_client *c, const struct dhcp6_message *m,
			       uint64_t now)
{
	struct dhcp6_ia *ia = find_exchange(c, m->id);
	enum dhcp6_fault fault = check(c, ia, m);

	if (fault)
		return fault;
	learn_sol_max_rt(c, m->sol_max_rt);
	hear(c, ia, m, now);
	return DHCP6_GOOD;
}

/* --- Time --- */

/* Nobody has answered. */
static void give_up(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	bool moved = ia->x.timing.mrd;

	if (ia->state == IA_RELEASING) {
		forget(c, ia);
	} else if (!ia_is_held(ia)) {
		refuse(c, ia, ETIMEDOUT);
	} else if (ia->state == IA_RENEWING) {
		rebind(c, ia, &dhcp6_rebind, now);
	} else {
		end_exchange(ia);
		if (!moved)
			ia_never_renew(ia);
	}
}

static void on_due(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	if (!ia->x.kind && now >= ia->t2)
		rebind(c, ia, &dhcp6_rebind, now);
	else if (!ia->x.kind)
		renew(c, ia, now);
	else if (ia->state == IA_SOLICITING && (ia->preference >= 0 || ia->error))
		decide(c, ia, now);
	else if (exchange_is_over(&ia->x, now))
		give_up(c, ia, now);
	else
		transmit(c, ia, now);
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
		forget(c, TAILQ_FIRST(&c->ias));
}

bool dhcp6_has(const struct dhcp6_client *c, uint32_t iaid)
{
	const struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &c->ias, next)
		if (ia->iaid == iaid)
			return true;
	return false;
}

struct dhcp6_ia *dhcp6_get(struct dhcp6_client *c, uint8_t type, uint32_t iaid, void *private,
			   uint64_t now)
{
	struct dhcp6_ia *ia = new_ia(c, type, iaid, DHCP6_IAS_MAX);

	if (!ia)
		return NULL;
	ia->private = private;
	solicit(c, ia, now);
	return ia;
}

/* What it has asked for may be on its way: it is heard, and given back. */
void dhcp6_abandon(struct dhcp6_client *c, struct dhcp6_ia *ia)
{
	ia->abandoned = true;
	ia->private = NULL;
	if (!ia->x.sent || ia->x.unsent)
		forget(c, ia);
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
		release(c, ia, &ia->server, &p, now);
	ia_remove(ia, lease);
	if (!ia->n) {
		forget(c, ia);
	} else if (ia->x.kind) {
		/* The answer on its way would give it again. */
		ia->x.id = new_id(c);
		ia->x.due = now;
	}
	return true;
}

struct dhcp6_ia *dhcp6_remember(struct dhcp6_client *c, uint8_t type, uint32_t iaid,
				const struct dhcp6_duid *server)
{
	struct dhcp6_ia *ia = new_ia(c, type, iaid, 2 * DHCP6_IAS_MAX);

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
			release(c, ia, &ia->server, &p, now);
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
		if (ia->n)
			rebind(c, ia, &dhcp6_moved, now);
		else
			forget(c, ia);
	}
}

void dhcp6_resume(struct dhcp6_client *c, uint64_t now)
{
	struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &c->ias, next)
		if (ia->x.kind && ia->x.unsent) {
			exchange_begin(&ia->x, ia->x.kind, ia->x.id, &ia->x.timing, now,
				       ia->x.end);
			transmit(c, ia, now);
		}
}

static void move(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	bool is_held = ia_is_held(ia);

	if (ia->state == IA_RELEASING)
		return;
	if (is_held && ia_valid_until(ia) > now)
		rebind(c, ia, &dhcp6_moved, now);
	else if (ia->abandoned)
		forget(c, ia);
	else if (ia->x.kind && !is_held)
		solicit(c, ia, now);
}

void dhcp6_moved_all(struct dhcp6_client *c, uint64_t now)
{
	struct dhcp6_ia *ia, *next;

	for (ia = TAILQ_FIRST(&c->ias); ia; ia = next) {
		next = TAILQ_NEXT(ia, next);
		move(c, ia, now);
	}
}
