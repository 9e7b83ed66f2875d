// SPDX-License-Identifier: GPL-2.0
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "values.h"

#define ATTRIBUTES_MAX	128
#define NEST_DEPTH	200
#define HUGE_MIN	4096
#define HUGE_MAX	65531	/* an attribute has no room for more */

/**
 * struct draft - a message in the making
 * @r: numbers
 * @d: where it goes
 * @start: of the message
 * @n: attributes
 * @attributes: where they begin
 * @pool: what is known to live
 * @about: what it is about, or NULL
 * @hostile: percentage of values that are meant badly
 */
struct draft {
	struct rng *r;
	struct datagram *d;
	size_t start;
	unsigned int n;
	size_t attributes[ATTRIBUTES_MAX];
	const struct pool *pool;
	const struct record *about;
	unsigned int hostile;
};

static struct nlmsghdr *header(struct draft *m)
{
	return (struct nlmsghdr *)(m->d->data + m->start);
}

static struct genlmsghdr *generic_header(struct draft *m)
{
	return NLMSG_DATA(header(m));
}

static struct nlattr *attribute_at(struct draft *m, unsigned int i)
{
	return (struct nlattr *)(m->d->data + m->attributes[i]);
}

static bool has_room(const struct draft *m, size_t len)
{
	return m->d->len + NLA_HDRLEN + NLA_ALIGN(len) <= DATAGRAM_MAX;
}

/* Appends an attribute; what is between it and the next one is 0. */
static void put(struct draft *m, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr = (struct nlattr *)(m->d->data + m->d->len);

	if (!has_room(m, len))
		return;
	if (m->n < ATTRIBUTES_MAX)
		m->attributes[m->n++] = m->d->len;
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memset(attr + 1, 0, NLA_ALIGN(len));
	memcpy(attr + 1, data, len);
	m->d->len += NLA_HDRLEN + NLA_ALIGN(len);
}

static size_t of_the_living(const struct value *value, void *data)
{
	memcpy(data, value->data, value->len);
	return value->len;
}

/* A thing of that name elsewhere may have values that it has not here. */
static bool fits(const struct value *value, const struct attribute *a)
{
	uint64_t number = 0;

	if (!value)
		return false;
	if (a->kind != KIND_NUMBER)
		return true;
	memcpy(&number, value->data, sizeof(number));
	return number >= a->least && number <= a->greatest;
}

/* Draws the same whatever is known, as pool_pick() does. */
static size_t choose_value(struct draft *m, const struct attribute *a,
			   void *data)
{
	const struct value *value = record_value(m->about, a->same);
	unsigned int dice = below(m->r, 100);
	struct rng own = { rng_next(m->r) };

	if (dice < m->hostile)
		return value_hostile(&own, a, data);
	if (fits(value, a) && percent(&own, 80))
		return of_the_living(value, data);
	value = pool_latest(m->pool, a->same);
	if (fits(value, a) && percent(&own, 40))
		return of_the_living(value, data);
	return value_valid(&own, a, data);
}

static void put_attribute(struct draft *m, const struct attribute *a);

static void put_nest(struct draft *m, const struct attribute *a)
{
	size_t begin = m->d->len;
	unsigned int i;

	put(m, a->number | NLA_F_NESTED, NULL, 0);
	for (i = 0; i < a->inner->n; i++)
		if (percent(m->r, 50))
			put_attribute(m, &a->inner->attributes[i]);
	((struct nlattr *)(m->d->data + begin))->nla_len = m->d->len - begin;
}

static void put_attribute(struct draft *m, const struct attribute *a)
{
	unsigned char data[VALUE_MAX];
	unsigned int times = 1;
	size_t len;

	if (a->many)
		times = percent(m->r, 90) ? below(m->r, 4) : below(m->r, 100);
	for (; times; times--) {
		if (a->kind == KIND_NEST) {
			put_nest(m, a);
			continue;
		}
		len = choose_value(m, a, data);
		put(m, a->number, data, len);
	}
}

/* The first few that an operation takes are the ones that it needs. */
static void put_request(struct draft *m, const struct operation *op)
{
	unsigned int first = below(m->r, op->n + 1), share = below(m->r, 3), i;
	bool leading = percent(m->r, 60), in;

	for (i = 0; i < op->n; i++) {
		in = leading ? i < first : percent(m->r, 50 * share);
		if (in)
			put_attribute(m, &op->set->attributes[op->request[i] - 1]);
	}
}

/* Mistakes of form. */

static void cut(struct draft *m)
{
	size_t len = m->d->len - m->start;

	m->d->len -= below(m->r, len);
	if (percent(m->r, 50) && m->d->len - m->start >= sizeof(struct nlmsghdr))
		header(m)->nlmsg_len = m->d->len - m->start;
}

static void wrong_length(struct draft *m)
{
	static const uint16_t odd[] = { 0, 1, 3, 4, 5, 0x7fff, 0x8000, 0xffff };
	unsigned int dice = below(m->r, 16);

	if (m->n)
		attribute_at(m, below(m->r, m->n))->nla_len =
			dice < 8 ? odd[dice] : below(m->r, 64);
}

static void wrong_type(struct draft *m)
{
	struct nlattr *attr;

	if (!m->n)
		return;
	attr = attribute_at(m, below(m->r, m->n));
	switch (below(m->r, 4)) {
	case 0:
		attr->nla_type = below(m->r, 64);
		break;
	case 1:
		attr->nla_type = rng_next(m->r);
		break;
	default:
		attr->nla_type ^= 1u << (13 + below(m->r, 3));
	}
}

static void duplicate(struct draft *m)
{
	struct nlattr *attr;
	unsigned int times;

	if (!m->n)
		return;
	attr = attribute_at(m, below(m->r, m->n));
	for (times = 1 + below(m->r, 8); times; times--)
		put(m, attr->nla_type, attr + 1, attr->nla_len - NLA_HDRLEN);
}

static void unknown(struct draft *m)
{
	unsigned char data[64];

	rng_fill(m->r, data, sizeof(data));
	put(m, 32 + below(m->r, NLA_TYPE_MASK - 32), data,
	    below(m->r, sizeof(data)));
}

/* In one of the attributes, or where none is known. */
static void deep(struct draft *m)
{
	uint16_t type = NLA_F_NESTED | (1 + below(m->r, 24));
	unsigned int depth = 1 + below(m->r, NEST_DEPTH), i;
	struct nlattr nest[NEST_DEPTH];

	for (i = 0; i < depth; i++) {
		nest[i].nla_type = type;
		nest[i].nla_len = (depth - i) * NLA_HDRLEN;
	}
	put(m, type, nest, depth * NLA_HDRLEN);
}

static void garbage(struct draft *m)
{
	size_t len = 1 + below(m->r, 64);

	if (m->d->len + len > DATAGRAM_MAX)
		return;
	rng_fill(m->r, m->d->data + m->d->len, len);
	m->d->len += len;
}

static void huge(struct draft *m)
{
	static const unsigned char nothing[HUGE_MAX];
	unsigned int times;

	for (times = 1 + below(m->r, 4); times; times--)
		put(m, 1 + below(m->r, 40), nothing,
		    HUGE_MIN + below(m->r, HUGE_MAX - HUGE_MIN));
}

static void long_header(struct draft *m)
{
	static const uint32_t odd[] = {
		0, 1, 15, 16, 17, 19, 20, 0x7fffffff, 0x80000000, 0xffffffff
	};
	unsigned int dice = below(m->r, 20);

	header(m)->nlmsg_len = dice < 10 ? odd[dice] : below(m->r, 256);
}

static void control_type(struct draft *m)
{
	header(m)->nlmsg_type = below(m->r, NLMSG_MIN_TYPE);
}

static void odd_generic(struct draft *m)
{
	switch (below(m->r, 3)) {
	case 0:
		generic_header(m)->version = rng_next(m->r);
		break;
	case 1:
		generic_header(m)->cmd = rng_next(m->r);
		break;
	default:
		generic_header(m)->reserved = rng_next(m->r);
	}
}

static void odd_flags(struct draft *m)
{
	header(m)->nlmsg_flags = rng_next(m->r);
}

static void flip(struct draft *m)
{
	size_t skip = m->start + sizeof(struct nlmsghdr);
	unsigned int times;

	for (times = 1 + below(m->r, 8); times; times--)
		m->d->data[skip + below(m->r, m->d->len - skip)] ^=
			1u << below(m->r, 8);
}

static const struct mistake {
	const char *name;
	void (*make)(struct draft *m);
	bool afterwards;	/* the length in the header knows nothing of it */
} mistakes[] = {
	{ "cut", cut, true },
	{ "wrong-length", wrong_length, false },
	{ "wrong-type", wrong_type, false },
	{ "duplicate", duplicate, false },
	{ "unknown", unknown, false },
	{ "deep", deep, false },
	{ "garbage", garbage, false },
	{ "huge", huge, false },
	{ "long-header", long_header, true },
	{ "control-type", control_type, false },
	{ "odd-generic", odd_generic, false },
	{ "odd-flags", odd_flags, false },
	{ "flip", flip, false },
};

#define N_MISTAKES	(sizeof(mistakes) / sizeof(*mistakes))

unsigned int message_rows(void)
{
	return 2 * n_operations + N_MISTAKES;
}

const struct operation *message_row_operation(unsigned int row, bool *dump)
{
	*dump = row & 1;
	return row < 2 * n_operations ? &operations[row / 2] : NULL;
}

void message_row_name(unsigned int row, char *name, size_t size)
{
	bool dump;
	const struct operation *op = message_row_operation(row, &dump);

	if (op)
		snprintf(name, size, "%s %s", dump ? "dump" : "do", op->name);
	else
		snprintf(name, size, "mistake %s",
			 mistakes[row - 2 * n_operations].name);
}

static void put_headers(struct draft *m, uint16_t family,
			const struct operation *op, bool dump)
{
	struct nlmsghdr *nlh = header(m);
	struct genlmsghdr *genl = generic_header(m);

	memset(nlh, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (dump ? NLM_F_DUMP : 0);
	nlh->nlmsg_seq = 2 * (op - operations) + dump;
	genl->cmd = op->cmd;
	genl->version = 1;
	m->d->len += NLMSG_HDRLEN + GENL_HDRLEN;
}

static void finish(struct draft *m)
{
	header(m)->nlmsg_len = m->d->len - m->start;
}

static void make_mistake(struct draft *m)
{
	unsigned int i = below(m->r, N_MISTAKES);

	header(m)->nlmsg_seq = 2 * n_operations + i;
	if (mistakes[i].afterwards)
		finish(m);
	mistakes[i].make(m);
	if (!mistakes[i].afterwards)
		finish(m);
}

/* Most are of good form, or little would be reached behind the parser. */
static void make_one(struct rng *r, const struct pool *pool, uint16_t family,
		     struct datagram *d)
{
	const struct operation *op = &operations[below(r, n_operations)];
	bool dump = percent(r, 20) && op->dump, of_form = percent(r, 75);
	struct draft m = { .r = r, .d = d, .start = d->len, .pool = pool };

	m.hostile = percent(r, 60) ? 0 : 30;
	m.about = pool_pick(pool, r);
	d->headers[d->n++] = d->len;
	put_headers(&m, family, op, dump);
	if (!dump || percent(r, 30))
		put_request(&m, op);
	if (of_form)
		finish(&m);
	else
		make_mistake(&m);
}

void message_make(struct rng *r, const struct pool *pool, uint16_t family,
		  struct datagram *d)
{
	unsigned int n = percent(r, 95) ? 1 : 2 + below(r, MESSAGES_MAX - 1);

	d->len = 0;
	d->n = 0;
	while (n-- && d->len + HUGE_MAX < DATAGRAM_MAX) {
		make_one(r, pool, family, d);
		while (d->len % NLMSG_ALIGNTO)
			d->data[d->len++] = 0;
	}
}
