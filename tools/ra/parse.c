// SPDX-License-Identifier: GPL-2.0
#include <netinet/icmp6.h>
#include <string.h>
#include <linux/odmm.h>
#include "ra.h"

#define HOP_LIMIT		255
#define PIO_TYPE_BITS		0x0f	/* of the flags; L, A, R and P are before them */

/* The option of our own; a PIO has the same places for the same things. */
struct typed_option {
	uint8_t number;
	uint8_t length;		/* in units of 8 bytes */
	uint8_t prefix_len;
	uint8_t type;
	uint32_t valid, preferred;
	uint32_t magic;
	struct in6_addr prefix;
};

/* Options stand wherever they do: nothing in them is aligned. */
union option {
	struct nd_opt_hdr header;
	struct nd_opt_prefix_info pio;
	struct typed_option typed;
	struct {
		struct nd_opt_hdr header;
		uint8_t addr[6];
	} lladdr;
};

static const char * const names[] = {
	[RA_GOOD] = "good",
	[RA_KIND] = "kind",
	[RA_HOP_LIMIT] = "hop-limit",
	[RA_SOURCE] = "source",
	[RA_CODE] = "code",
	[RA_SHORT] = "short",
	[RA_OPTION_LENGTH] = "option-length",
	[RA_LENGTH_OF_PREFIX] = "prefix-length",
	[RA_NOT_UNICAST] = "not-unicast",
	[RA_LIFETIMES] = "lifetimes",
	[RA_RESERVED_TYPE] = "reserved-type",
	[RA_TWICE] = "twice",
	[RA_TOO_MANY] = "too-many",
};

const char *ra_fault_name(enum ra_fault fault)
{
	return names[fault];
}

static bool is_type(uint32_t type)
{
	return type >= ODMM_TYPE_FIXED && type <= ODMM_TYPE_GRACEFUL_REPLACEMENT;
}

/* What stands in bits that others may use one day is no type of ours. */
static uint8_t type_of_pio(const struct ra_format *format, const struct nd_opt_prefix_info *pio)
{
	uint32_t type = 0;

	if (format->encoding == RA_PIO_FLAGS)
		type = pio->nd_opt_pi_flags_reserved & PIO_TYPE_BITS;
	if (format->encoding == RA_PIO_RESERVED)
		type = ntohl(pio->nd_opt_pi_reserved2);
	return is_type(type) ? (uint8_t)type : 0;
}

static bool is_unicast(const struct in6_addr *addr)
{
	return !IN6_IS_ADDR_MULTICAST(addr) && !IN6_IS_ADDR_LINKLOCAL(addr) &&
	       !IN6_IS_ADDR_UNSPECIFIED(addr);
}

/* The bits behind the length are to be ignored. */
static void mask(struct ra_prefix *p)
{
	unsigned int bit;

	for (bit = p->len; bit < 128; bit++)
		p->addr.s6_addr[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

static struct ra_prefix *find(struct ra *ra, const struct ra_prefix *p)
{
	size_t i;

	for (i = 0; i < ra->n; i++)
		if (ra->prefix[i].len == p->len &&
		    IN6_ARE_ADDR_EQUAL(&ra->prefix[i].addr, &p->addr))
			return &ra->prefix[i];
	return NULL;
}

static enum ra_fault check(const struct ra_prefix *p)
{
	if (p->len > 128 || (p->type && p->len != RA_PREFIX_LEN))
		return RA_LENGTH_OF_PREFIX;
	if (p->preferred > p->valid)
		return RA_LIFETIMES;
	return RA_GOOD;
}

static enum ra_fault append(struct ra *ra, const struct ra_prefix *p)
{
	if (ra->n == RA_PREFIXES_MAX)
		return RA_TOO_MANY;
	ra->prefix[ra->n++] = *p;
	return RA_GOOD;
}

/* A prefix may be there a second time to get its type. */
static enum ra_fault add(struct ra *ra, struct ra_prefix *p)
{
	enum ra_fault fault = check(p);
	struct ra_prefix *other;

	if (fault)
		return fault;
	mask(p);
	if (!is_unicast(&p->addr))
		return p->type ? RA_NOT_UNICAST : RA_GOOD;
	other = find(ra, p);
	if (!other)
		return append(ra, p);
	if (other->type && p->type)
		return RA_TWICE;
	if (p->type)
		*other = *p;
	return RA_GOOD;
}

static enum ra_fault read_pio(const struct ra_format *format, const union option *o,
			      struct ra *ra)
{
	struct ra_prefix p = {
		.addr = o->pio.nd_opt_pi_prefix,
		.len = o->pio.nd_opt_pi_prefix_len,
		.type = type_of_pio(format, &o->pio),
		.autonomous = o->pio.nd_opt_pi_flags_reserved & ND_OPT_PI_FLAG_AUTO,
		.valid = ntohl(o->pio.nd_opt_pi_valid_time),
		.preferred = ntohl(o->pio.nd_opt_pi_preferred_time),
	};

	return add(ra, &p);
}

static enum ra_fault read_typed(const union option *o, struct ra *ra)
{
	struct ra_prefix p = {
		.addr = o->typed.prefix,
		.len = o->typed.prefix_len,
		.type = o->typed.type,
		.valid = ntohl(o->typed.valid),
		.preferred = ntohl(o->typed.preferred),
	};

	return is_type(p.type) ? add(ra, &p) : RA_RESERVED_TYPE;
}

static void read_lladdr(const union option *o, struct ra *ra)
{
	ra->has_lladdr = true;
	memcpy(ra->lladdr, o->lladdr.addr, sizeof(ra->lladdr));
}

/* @size is the option's, of which @o has the beginning. */
static enum ra_fault read_option(const struct ra_format *format, const union option *o,
				 size_t size, struct ra *ra)
{
	switch (o->header.nd_opt_type) {
	case ND_OPT_SOURCE_LINKADDR:
		/* Other kinds of links have longer ones. */
		if (size == sizeof(o->lladdr))
			read_lladdr(o, ra);
		return RA_GOOD;
	case ND_OPT_PREFIX_INFORMATION:
		return size == sizeof(o->pio) ? read_pio(format, o, ra) : RA_OPTION_LENGTH;
	}
	if (format->encoding != RA_OPTION || o->header.nd_opt_type != format->option)
		return RA_GOOD;
	/* Without the magic it is of another experiment. */
	if (size < sizeof(o->typed) || o->typed.magic != htonl(RA_MAGIC))
		return RA_GOOD;
	return size == sizeof(o->typed) ? read_typed(o, ra) : RA_OPTION_LENGTH;
}

static enum ra_fault read_options(const struct ra_format *format, const uint8_t *data,
				  size_t len, struct ra *ra)
{
	enum ra_fault fault = RA_GOOD;
	union option o;
	size_t size;

	for (; len && !fault; data += size, len -= size) {
		if (len < sizeof(o.header))
			return RA_OPTION_LENGTH;
		size = 8 * (size_t)data[1];
		if (!size || size > len)
			return RA_OPTION_LENGTH;
		memset(&o, 0, sizeof(o));
		memcpy(&o, data, size < sizeof(o) ? size : sizeof(o));
		fault = read_option(format, &o, size, ra);
	}
	return fault;
}

static enum ra_fault read_all(const struct ra_format *format, const struct in6_addr *source,
			      int hop_limit, const uint8_t *data, size_t len, struct ra *ra)
{
	struct nd_router_advert head;

	if (!len || data[0] != ND_ROUTER_ADVERT)
		return RA_KIND;
	if (hop_limit != HOP_LIMIT)
		return RA_HOP_LIMIT;
	if (!IN6_IS_ADDR_LINKLOCAL(source))
		return RA_SOURCE;
	if (len < sizeof(head))
		return RA_SHORT;
	memcpy(&head, data, sizeof(head));
	if (head.nd_ra_code)
		return RA_CODE;
	ra->lifetime = ntohs(head.nd_ra_router_lifetime);
	return read_options(format, data + sizeof(head), len - sizeof(head), ra);
}

/*
 * Reads a message whose checksum the kernel has looked at. With a fault there is
 * nothing in @ra.
 */
enum ra_fault ra_parse(const struct ra_format *format, const struct in6_addr *source,
		       int hop_limit, const void *message, size_t len, struct ra *ra)
{
	enum ra_fault fault;

	memset(ra, 0, sizeof(*ra));
	fault = read_all(format, source, hop_limit, message, len, ra);
	if (fault)
		memset(ra, 0, sizeof(*ra));
	return fault;
}
