// SPDX-License-Identifier: GPL-2.0
#include <linux/odmm.h>
#include "encoding.h"

#define ENTERPRISE	4	/* octets of its number */

void encoding_put(struct dhcp6_packet *p, const struct dhcp6_format *f,
		  const struct dhcp6_message *m)
{
	size_t at;

	if (f->prefix_option || !m->type)
		return;
	at = option_begin(p, OPTION_VENDOR_OPTS);
	put_u32(p, f->enterprise);
	option_put(p, f->type, &m->type, sizeof(m->type));
	option_end(p, at);
}

void encoding_put_prefix(struct dhcp6_packet *p, const struct dhcp6_format *f, uint8_t type)
{
	if (f->prefix_option && type)
		option_put(p, f->prefix_option, &type, sizeof(type));
}

/* A number that is no type is none that anybody has asked for. */
static enum dhcp6_fault read_type(struct dhcp6_bytes in, uint8_t *type)
{
	if (in.len != 1)
		return DHCP6_OPTION_LENGTH;
	if (*type)
		return DHCP6_TWICE;
	*type = in.data[0];
	return DHCP6_GOOD;
}

static enum dhcp6_fault read_types(struct dhcp6_bytes in, uint32_t *types)
{
	size_t i;

	for (i = 0; i < in.len; i++)
		if (in.data[i] <= ODMM_TYPE_GRACEFUL_REPLACEMENT)
			*types |= 1U << in.data[i];
	return DHCP6_GOOD;
}

static enum dhcp6_fault read_grace(struct dhcp6_bytes in, uint32_t *grace)
{
	if (in.len != sizeof(*grace))
		return DHCP6_OPTION_LENGTH;
	*grace = get_u32(in.data);
	return DHCP6_GOOD;
}

static enum dhcp6_fault read_one(const struct dhcp6_format *f, const struct dhcp6_option *o,
				 struct dhcp6_message *m)
{
	if (o->code == f->type)
		return read_type(o->in, &m->type);
	if (o->code == f->types)
		return read_types(o->in, &m->types);
	if (o->code == f->grace)
		return read_grace(o->in, &m->grace);
	return DHCP6_GOOD;
}

/* Of another enterprise it may hold anything. */
enum dhcp6_fault encoding_read(const struct dhcp6_format *f, struct dhcp6_bytes in,
			       struct dhcp6_message *m)
{
	enum dhcp6_fault fault = DHCP6_GOOD;
	struct dhcp6_option o;

	if (in.len < ENTERPRISE)
		return DHCP6_OPTION_LENGTH;
	if (get_u32(in.data) != f->enterprise)
		return DHCP6_GOOD;
	in.data += ENTERPRISE;
	in.len -= ENTERPRISE;
	while (option_next(&in, &o, &fault))
		fault = read_one(f, &o, m);
	return fault;
}

enum dhcp6_fault encoding_read_prefix(const struct dhcp6_format *f, const struct dhcp6_option *o,
				      struct dhcp6_prefix *prefix)
{
	if (!f->prefix_option || o->code != f->prefix_option)
		return DHCP6_GOOD;
	return read_type(o->in, &prefix->type);
}
