// SPDX-License-Identifier: GPL-2.0
/*
 * What servers answer, and what follows. Documentation/dhcpv6.md has it as a
 * table.
 */
#include <errno.h>
#include <linux/odmm.h>
#include "answer.h"
#include "ia.h"
#include "send.h"

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
	uint32_t error = 0;
	size_t i;

	if (m->status || m->ia_status || !has_prefix(m))
		return m->types && !(m->types & 1U << ia->type) ? EOPNOTSUPP : EADDRNOTAVAIL;
	for (i = 0; i < m->n; i++)
		if (m->prefix[i].valid && !is_typed(ia, m, &m->prefix[i]))
			error = EOPNOTSUPP;
	return error;
}

static void give_back_all(struct dhcp6_client *c, const struct dhcp6_ia *ia,
			  const struct dhcp6_message *m, uint64_t now)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->prefix[i].valid)
			send_release(c, ia, &m->server, &m->prefix[i], now);
}

void answer_refuse(struct dhcp6_client *c, struct dhcp6_ia *ia, uint32_t error)
{
	if (!ia->abandoned)
		c->ops->refused(c->data, ia, error);
	ia_forget(c, ia);
}

static void take_new(struct dhcp6_client *c, struct dhcp6_ia *ia,
		     const struct dhcp6_duid *server, const struct dhcp6_prefix *p, uint64_t now)
{
	struct dhcp6_lease *lease = ia_add(ia, p, now);

	if (lease && !c->ops->granted(c->data, ia, p)) {
		lease->held = true;
		return;
	}
	if (lease)
		ia_remove(ia, lease);
	send_release(c, ia, server, p, now);
}

static void follow_server(struct dhcp6_ia *ia, const struct dhcp6_message *m, uint64_t now)
{
	ia->server = m->server;
	ia_set_times(ia, m->t1, m->t2, now);
}

/* The Reply to a Solicit or a Request */
static void hear_first(struct dhcp6_client *c, struct dhcp6_ia *ia,
		       const struct dhcp6_message *m, uint64_t now)
{
	uint32_t error = judge(ia, m);
	size_t i;

	if (error || ia->abandoned) {
		give_back_all(c, ia, m, now);
		answer_refuse(c, ia, error);
		return;
	}
	ia->n = 0;
	send_end(ia);
	for (i = 0; i < m->n; i++)
		if (m->prefix[i].valid)
			take_new(c, ia, &m->server, &m->prefix[i], now);
	if (ia->n)
		follow_server(ia, m, now);
	else
		answer_refuse(c, ia, EADDRNOTAVAIL);
}

/* Takes the best offer there was, or none. */
void answer_decide(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now)
{
	if (ia->abandoned || ia->preference < 0)
		answer_refuse(c, ia, ia->error ? ia->error : ETIMEDOUT);
	else
		send_request(c, ia, now);
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
		answer_decide(c, ia, now);
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
	if (!p->valid)
		return;
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
		take_new(c, ia, &m->server, &p, now);
	} else if (!lease && p.valid) {
		send_release(c, ia, &m->server, &p, now);
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

	if (m->status || !m->has_ia)
		return;
	if (m->ia_status == DHCP6_NO_BINDING && ia->state != IA_REQUESTING) {
		ia->server = m->server;
		send_request(c, ia, now);
		return;
	}
	send_end(ia);
	for (i = 0; i < m->n; i++)
		hear_prefix(c, ia, m, i, &confirmed, now);
	if (all)
		drop_unconfirmed(c, ia, n, confirmed, now);
	if (confirmed || ia->n > n)
		follow_server(ia, m, now);
	else if (all)
		ia_never_renew(ia);
	else
		ia->t1 = NEVER;
	if (ia->type == ODMM_TYPE_GRACEFUL_REPLACEMENT && ia_is_fading(ia, now))
		c->ops->fading(c->data, ia);
}

static void hear(struct dhcp6_client *c, struct dhcp6_ia *ia, const struct dhcp6_message *m,
		 uint64_t now)
{
	if (ia->state == IA_RELEASING)
		ia_forget(c, ia);
	else if (m->kind == DHCP6_ADVERTISE)
		hear_advertise(c, ia, m, now);
	else if (ia_is_held(ia))
		hear_renewal(c, ia, m, now);
	else
		hear_first(c, ia, m, now);
}

/* Whether it can be the answer to what this IA has sent. */
static enum dhcp6_fault check(const struct dhcp6_ia *ia, const struct dhcp6_message *m)
{
	if (!ia)
		return DHCP6_TRANSACTION;
	if (send_names_server(ia->x.kind) && !duid_is(&m->server, &ia->server))
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
	struct dhcp6_ia *ia = send_find(c, m->id);
	enum dhcp6_fault fault = check(ia, m);

	if (fault)
		return fault;
	learn_sol_max_rt(c, m->sol_max_rt);
	hear(c, ia, m, now);
	return DHCP6_GOOD;
}
