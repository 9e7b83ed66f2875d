// SPDX-License-Identifier: GPL-2.0
#include "ia.h"
#include "send.h"

#define ID_MASK	0xffffff
#define RETRY	1000	/* milliseconds, if nobody says that it can be sent */

struct dhcp6_ia *send_find(const struct dhcp6_client *c, uint32_t id)
{
	struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &c->ias, next)
		if (ia->x.kind && ia->x.id == id)
			return ia;
	return NULL;
}

uint32_t send_new_id(struct dhcp6_client *c)
{
	uint32_t id = c->ops->random(c->data) & ID_MASK;

	while (send_find(c, id))
		id = (id + 1) & ID_MASK;
	return id;
}

bool send_names_server(uint8_t kind)
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
	if (send_names_server(ia->x.kind))
		m->server = ia->server;
	if (ia->x.kind == DHCP6_SOLICIT)
		return;
	for (i = 0; i < ia->n; i++)
		if (!ia->lease[i].over)
			m->prefix[m->n++] = (struct dhcp6_prefix) {
				.addr = ia->lease[i].addr, .len = ia->lease[i].len,
			};
}

/* What cannot be sent has not been: it counts for nothing. */
void send_again(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	uint64_t next = rate_next(&c->rate, now);
	struct dhcp6_message m;

	if (next > now) {
		exchange_put_off(&ia->x, next);
		return;
	}
	make_message(c, ia, now, &m);
	ia->x.unsent = c->ops->send(c->data, &m);
	if (ia->x.unsent) {
		exchange_put_off(&ia->x, now + RETRY);
		return;
	}
	rate_take(&c->rate, now);
	exchange_sent(&ia->x, now, c->ops->random(c->data));
}

static void begin(struct dhcp6_client *c, struct dhcp6_ia *ia, enum dhcp6_state state,
		  uint8_t kind, const struct dhcp6_timing *timing, uint64_t now, uint64_t end)
{
	ia->state = state;
	exchange_begin(&ia->x, kind, send_new_id(c), timing, now, end);
	send_again(c, ia, now);
}

void send_end(struct dhcp6_ia *ia)
{
	ia->x.kind = 0;
	ia->state = IA_BOUND;
}

void send_solicit(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	struct dhcp6_timing timing = dhcp6_solicit;

	timing.mrt = c->sol_max_rt;
	ia->n = 0;
	ia->preference = -1;
	ia->error = 0;
	begin(c, ia, IA_SOLICITING, DHCP6_SOLICIT, &timing, now, now + c->patience);
}

void send_request(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	begin(c, ia, IA_REQUESTING, DHCP6_REQUEST, &dhcp6_request, now, now + c->patience);
}

void send_renew(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	begin(c, ia, IA_RENEWING, DHCP6_RENEW, &dhcp6_renew, now, ia->t2);
}

void send_rebind(struct dhcp6_client *c, struct dhcp6_ia *ia,
		 const struct dhcp6_timing *timing, uint64_t now)
{
	uint64_t until = ia_valid_until(ia);

	if (until > now) {
		begin(c, ia, IA_REBINDING, DHCP6_REBIND, timing, now, until);
		return;
	}
	send_end(ia);
	ia_never_renew(ia);
}

/* If too much is given back at a time, the rest ends when its lifetime does. */
void send_release(struct dhcp6_client *c, const struct dhcp6_ia *of,
		  const struct dhcp6_duid *server, const struct dhcp6_prefix *p, uint64_t now)
{
	struct dhcp6_ia *ia = ia_new(c, of->type, of->iaid, 2 * DHCP6_IAS_MAX);

	if (!ia)
		return;
	ia->server = *server;
	ia_add(ia, p, now);
	begin(c, ia, IA_RELEASING, DHCP6_RELEASE, &dhcp6_release, now, NEVER);
}
