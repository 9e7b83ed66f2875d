/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The typed prefixes that the routers of a link have announced, and what is to
 * be done about them. The time comes from outside.
 *
 * Nobody signs an advertisement, so it is not believed when it says that a
 * prefix ends soon (RFC 4862 section 5.5.3, the rule of two hours): it can take
 * a prefix from new use at once, not from those who use it. What ends a prefix
 * sooner is that the host is elsewhere, which the host finds out itself.
 */
#ifndef _RA_ANNOUNCED_H
#define _RA_ANNOUNCED_H

#include "ra.h"

#define ANNOUNCED_MAX	8	/* as many as the kernel takes on a link */

struct announced_prefix {
	struct in6_addr addr;
	uint8_t type;
	bool faded;		/* its router is none any more, so it was deprecated */
	struct in6_addr router;	/* who has announced it last */
	uint64_t router_until, valid_until;	/* seconds */
	uint32_t movement;	/* of the host, before the last announcement */
};

/* Each is 0 or a negative errno, and of a prefix everything but @autonomous counts. */
struct announced_ops {
	int (*add)(void *data, const struct ra_prefix *p);
	int (*change)(void *data, const struct ra_prefix *p);
	int (*withdraw)(void *data, const struct ra_prefix *p);
};

struct announced {
	const struct announced_ops *ops;
	void *data;
	uint32_t types;		/* that are wanted, a mask */
	uint8_t plain;		/* type that those for SLAAC count as, 0 if none */
	bool trusted;		/* routers are believed when they end prefixes */
	uint64_t refused;	/* announced and not taken: too many, or of another type before */
	size_t n;
	struct announced_prefix prefix[ANNOUNCED_MAX];
};

void announced_hear(struct announced *a, const struct in6_addr *router, const struct ra *ra,
		    uint32_t movement, uint64_t now);
void announced_elsewhere(struct announced *a, uint32_t movement, uint64_t now);
void announced_adopt(struct announced *a, const struct ra_prefix *p, uint64_t now);
bool announced_gone(struct announced *a, const struct in6_addr *addr);
void announced_expire(struct announced *a, uint64_t now);
uint64_t announced_next(const struct announced *a);

#endif /* _RA_ANNOUNCED_H */
