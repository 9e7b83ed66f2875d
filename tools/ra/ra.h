/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Router advertisements (RFC 4861) that announce typed prefixes.
 *
 * Whoever is on the link can send one. So a message is taken as a whole or not
 * at all: with one fault it changes nothing, and the fault has a name under
 * which it is counted.
 *
 * How the type is written is described in Documentation/router-advertisements.md.
 */
#ifndef _RA_H
#define _RA_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RA_PREFIXES_MAX		64	/* in one message */
#define RA_PREFIX_LEN		64	/* of typed ones: what makes addresses is the other half */
#define RA_MAGIC		0x4f444d4dU	/* "ODMM": experimental numbers are anybody's */

enum ra_encoding {
	RA_OPTION,		/* an option of its own, of experimental type */
	RA_PIO_FLAGS,		/* reserved bits beside the flags of a PIO */
	RA_PIO_RESERVED,	/* the reserved word of a PIO */
};

struct ra_format {
	enum ra_encoding encoding;
	uint8_t option;		/* of RA_OPTION: 253 or 254 (RFC 4727) */
};

enum ra_fault {
	RA_GOOD,
	RA_KIND,		/* not a router advertisement */
	RA_HOP_LIMIT,		/* not 255: it was forwarded */
	RA_SOURCE,		/* not link-local: not a router of this link */
	RA_CODE,
	RA_SHORT,
	RA_OPTION_LENGTH,	/* 0, beyond the end, or not that of this option */
	RA_LENGTH_OF_PREFIX,
	RA_NOT_UNICAST,		/* a typed prefix of which nobody has an address */
	RA_LIFETIMES,		/* preferred for longer than valid */
	RA_RESERVED_TYPE,
	RA_TWICE,		/* the same prefix */
	RA_TOO_MANY,
	RA_FAULTS
};

struct ra_prefix {
	struct in6_addr addr;
	uint8_t len;
	uint8_t type;		/* enum odmm_type, 0 if it has none */
	bool autonomous;	/* addresses may be made of it (SLAAC) */
	uint32_t valid, preferred;	/* seconds */
};

struct ra {
	uint16_t lifetime;	/* seconds as default router, 0 if it is none */
	bool has_lladdr;
	uint8_t lladdr[6];	/* where the router says it is */
	size_t n;
	struct ra_prefix prefix[RA_PREFIXES_MAX];
};

enum ra_fault ra_parse(const struct ra_format *format, const struct in6_addr *source,
		       int hop_limit, const void *message, size_t len, struct ra *ra);
const char *ra_fault_name(enum ra_fault fault);

#endif /* _RA_H */
