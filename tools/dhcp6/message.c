// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "encoding.h"

#define HEADER		4	/* octets: the kind, and the number of the transaction */
#define ID_MASK		0xffffff
#define IA_LEN		12	/* of an IA_PD, and of a prefix, without options */
#define PREFIX_LEN	25

enum option_code {
	OPTION_CLIENTID = 1,
	OPTION_SERVERID,
	OPTION_ORO = 6,
	OPTION_PREFERENCE,
	OPTION_ELAPSED_TIME,
	OPTION_STATUS_CODE = 13,
	OPTION_RAPID_COMMIT,
	OPTION_IA_PD = 25,
	OPTION_IAPREFIX,
	OPTION_SOL_MAX_RT = 82,
};

static const char * const names[] = {
	[DHCP6_GOOD] = "good",
	[DHCP6_KIND] = "kind",
	[DHCP6_SHORT] = "short",
	[DHCP6_OPTION_LENGTH] = "option-length",
	[DHCP6_TWICE] = "twice",
	[DHCP6_TOO_MANY] = "too-many",
	[DHCP6_LENGTH_OF_PREFIX] = "prefix-length",
	[DHCP6_NOT_UNICAST] = "not-unicast",
	[DHCP6_LIFETIMES] = "lifetimes",
	[DHCP6_NO_SERVER] = "no-server",
	[DHCP6_NO_CLIENT] = "no-client",
	[DHCP6_TRANSACTION] = "transaction",
	[DHCP6_OTHER_SERVER] = "other-server",
	[DHCP6_OTHER_IA] = "other-ia",
};

const char *dhcp6_fault_name(enum dhcp6_fault fault)
{
	return names[fault];
}

/* --- Writing --- */

static void put_prefix(struct dhcp6_packet *p, const struct dhcp6_format *f,
		       const struct dhcp6_prefix *prefix, uint8_t type)
{
	size_t at = option_begin(p, OPTION_IAPREFIX);

	put_u32(p, prefix->preferred);
	put_u32(p, prefix->valid);
	put_u8(p, prefix->len);
	put(p, &prefix->addr, sizeof(prefix->addr));
	encoding_put_prefix(p, f, type);
	option_end(p, at);
}

static void put_ia(struct dhcp6_packet *p, const struct dhcp6_format *f,
		   const struct dhcp6_message *m)
{
	static const struct dhcp6_prefix any;
	size_t at = option_begin(p, OPTION_IA_PD), i;

	put_u32(p, m->iaid);
	put_u32(p, m->t1);
	put_u32(p, m->t2);
	for (i = 0; i < m->n; i++)
		put_prefix(p, f, &m->prefix[i], m->type);
	/* Where the type is written in a prefix there has to be one. */
	if (!m->n && f->prefix_option)
		put_prefix(p, f, &any, m->type);
	option_end(p, at);
}

static void put_wishes(struct dhcp6_packet *p, const struct dhcp6_format *f)
{
	size_t at = option_begin(p, OPTION_ORO);

	put_u16(p, OPTION_SOL_MAX_RT);
	put_u16(p, OPTION_VENDOR_OPTS);
	if (f->prefix_option)
		put_u16(p, f->prefix_option);
	option_end(p, at);
}

void dhcp6_write(const struct dhcp6_format *f, const struct dhcp6_message *m,
		 struct dhcp6_packet *p)
{
	uint16_t elapsed = htons(m->elapsed);

	p->len = 0;
	put_u32(p, (uint32_t)m->kind << 24 | (m->id & ID_MASK));
	option_put(p, OPTION_CLIENTID, m->client.data, m->client.len);
	if (m->server.len)
		option_put(p, OPTION_SERVERID, m->server.data, m->server.len);
	option_put(p, OPTION_ELAPSED_TIME, &elapsed, sizeof(elapsed));
	if (m->kind != DHCP6_RELEASE)
		put_wishes(p, f);
	if (m->rapid_commit)
		option_put(p, OPTION_RAPID_COMMIT, "", 0);
	put_ia(p, f, m);
	encoding_put(p, f, m);
}

/* --- Reading --- */

static bool is_unicast(const struct in6_addr *addr)
{
	return !IN6_IS_ADDR_MULTICAST(addr) && !IN6_IS_ADDR_LINKLOCAL(addr) &&
	       !IN6_IS_ADDR_LOOPBACK(addr) && !IN6_IS_ADDR_UNSPECIFIED(addr);
}

/* The bits behind the length say nothing. */
static void mask(struct dhcp6_prefix *p)
{
	unsigned int bit;

	for (bit = p->len; bit < 128; bit++)
		p->addr.s6_addr[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

/* An empty one is what some servers answer with that have none to give. */
static enum dhcp6_fault check_prefix(struct dhcp6_prefix *p)
{
	if (p->len > 128)
		return DHCP6_LENGTH_OF_PREFIX;
	if (p->preferred > p->valid)
		return DHCP6_LIFETIMES;
	mask(p);
	return !p->valid || is_unicast(&p->addr) ? DHCP6_GOOD : DHCP6_NOT_UNICAST;
}

static enum dhcp6_fault add_prefix(struct dhcp6_message *m, const struct dhcp6_prefix *p)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->prefix[i].len == p->len &&
		    IN6_ARE_ADDR_EQUAL(&m->prefix[i].addr, &p->addr))
			return DHCP6_TWICE;
	if (m->n == DHCP6_PREFIXES_MAX)
		return DHCP6_TOO_MANY;
	m->prefix[m->n++] = *p;
	return DHCP6_GOOD;
}

static enum dhcp6_fault read_prefix(const struct dhcp6_format *f, struct dhcp6_bytes in,
				    struct dhcp6_message *m)
{
	enum dhcp6_fault fault;
	struct dhcp6_prefix p = { 0 };
	struct dhcp6_option o;

	if (in.len < PREFIX_LEN)
		return DHCP6_OPTION_LENGTH;
	p.preferred = get_u32(in.data);
	p.valid = get_u32(in.data + 4);
	p.len = in.data[8];
	memcpy(&p.addr, in.data + 9, sizeof(p.addr));
	in.data += PREFIX_LEN;
	in.len -= PREFIX_LEN;
	fault = check_prefix(&p);
	while (option_next(&in, &o, &fault))
		fault = encoding_read_prefix(f, &o, &p);
	return fault ? fault : add_prefix(m, &p);
}

static enum dhcp6_fault read_status(struct dhcp6_bytes in, uint16_t *status)
{
	if (in.len < sizeof(*status))
		return DHCP6_OPTION_LENGTH;
	*status = get_u16(in.data);
	return DHCP6_GOOD;
}

static enum dhcp6_fault read_of_ia(const struct dhcp6_format *f, const struct dhcp6_option *o,
				   struct dhcp6_message *m)
{
	switch (o->code) {
	case OPTION_IAPREFIX:
		return read_prefix(f, o->in, m);
	case OPTION_STATUS_CODE:
		return read_status(o->in, &m->ia_status);
	}
	return DHCP6_GOOD;
}

static enum dhcp6_fault read_ia(const struct dhcp6_format *f, struct dhcp6_bytes in,
				struct dhcp6_message *m)
{
	enum dhcp6_fault fault = DHCP6_GOOD;
	struct dhcp6_option o;

	if (in.len < IA_LEN)
		return DHCP6_OPTION_LENGTH;
	if (m->has_ia)
		return DHCP6_TWICE;
	m->has_ia = true;
	m->iaid = get_u32(in.data);
	m->t1 = get_u32(in.data + 4);
	m->t2 = get_u32(in.data + 8);
	if (m->t1 > m->t2 && m->t2)
		return DHCP6_LIFETIMES;
	in.data += IA_LEN;
	in.len -= IA_LEN;
	while (option_next(&in, &o, &fault))
		fault = read_of_ia(f, &o, m);
	return fault;
}

static enum dhcp6_fault read_duid(struct dhcp6_bytes in, struct dhcp6_duid *duid)
{
	if (duid->len)
		return DHCP6_TWICE;
	return duid_read(duid, in.data, in.len) ? DHCP6_GOOD : DHCP6_OPTION_LENGTH;
}

/* Those that are numbers, or only there */
static enum dhcp6_fault read_plain(const struct dhcp6_option *o, struct dhcp6_message *m)
{
	switch (o->code) {
	case OPTION_PREFERENCE:
		if (o->in.len != 1)
			return DHCP6_OPTION_LENGTH;
		m->preference = o->in.data[0];
		break;
	case OPTION_RAPID_COMMIT:
		m->rapid_commit = true;
		break;
	case OPTION_SOL_MAX_RT:
		if (o->in.len != 4)
			return DHCP6_OPTION_LENGTH;
		m->sol_max_rt = get_u32(o->in.data);
		break;
	}
	return DHCP6_GOOD;
}

static enum dhcp6_fault read_option(const struct dhcp6_format *f, const struct dhcp6_option *o,
				    struct dhcp6_message *m)
{
	switch (o->code) {
	case OPTION_CLIENTID:
		return read_duid(o->in, &m->client);
	case OPTION_SERVERID:
		return read_duid(o->in, &m->server);
	case OPTION_STATUS_CODE:
		return read_status(o->in, &m->status);
	case OPTION_IA_PD:
		return read_ia(f, o->in, m);
	case OPTION_VENDOR_OPTS:
		return encoding_read(f, o->in, m);
	}
	return read_plain(o, m);
}

static enum dhcp6_fault read_all(const struct dhcp6_format *f, struct dhcp6_bytes in,
				 struct dhcp6_message *m)
{
	enum dhcp6_fault fault = DHCP6_GOOD;
	struct dhcp6_option o;

	if (in.len < HEADER)
		return DHCP6_SHORT;
	m->kind = in.data[0];
	m->id = get_u32(in.data) & ID_MASK;
	if (m->kind != DHCP6_ADVERTISE && m->kind != DHCP6_REPLY)
		return DHCP6_KIND;
	in.data += HEADER;
	in.len -= HEADER;
	while (option_next(&in, &o, &fault))
		fault = read_option(f, &o, m);
	if (fault)
		return fault;
	return !m->server.len ? DHCP6_NO_SERVER : !m->client.len ? DHCP6_NO_CLIENT : DHCP6_GOOD;
}

bool dhcp6_is_to(const struct dhcp6_duid *client, struct dhcp6_bytes bytes)
{
	enum dhcp6_fault fault = DHCP6_GOOD;
	struct dhcp6_option o;

	if (bytes.len < HEADER)
		return true;
	bytes.data += HEADER;
	bytes.len -= HEADER;
	while (option_next(&bytes, &o, &fault))
		if (o.code == OPTION_CLIENTID)
			return o.in.len == client->len &&
			       !memcmp(o.in.data, client->data, client->len);
	return true;
}

/* Reads what a server has sent. With a fault there is nothing in @m. */
enum dhcp6_fault dhcp6_parse(const struct dhcp6_format *f, struct dhcp6_bytes bytes,
			     struct dhcp6_message *m)
{
	enum dhcp6_fault fault;

	memset(m, 0, sizeof(*m));
	fault = read_all(f, bytes, m);
	if (fault)
		memset(m, 0, sizeof(*m));
	return fault;
}
