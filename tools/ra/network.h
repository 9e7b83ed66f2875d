/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which network a link leads to, as its routers show it. Routers of different
 * networks may have the same address, even the same link-layer address (RFC 5213
 * section 9.3), and a prefix that moves with the host is announced in both.
 */
#ifndef _RA_NETWORK_H
#define _RA_NETWORK_H

#include "ra.h"

#define NETWORK_ROUTERS		8
#define NETWORK_PREFIXES	16	/* of a router that are remembered */

struct network_prefix {
	struct in6_addr addr;
	uint8_t len;
	bool moves;		/* with the host: says nothing of the network */
};

struct network_router {
	struct in6_addr addr;
	bool has_lladdr;
	uint8_t lladdr[6];
	size_t n;
	struct network_prefix prefix[NETWORK_PREFIXES];
};

struct network {
	size_t n;
	struct network_router router[NETWORK_ROUTERS];
};

enum network_verdict {
	NETWORK_SAME,
	NETWORK_OTHER,
	NETWORK_STRANGER,	/* a router of another network, or another one of this */
};

enum network_verdict network_judge(const struct network *net, const struct in6_addr *router,
				   const struct ra *ra, bool complete);
void network_learn(struct network *net, const struct in6_addr *router, const struct ra *ra,
		   bool complete);
void network_join(struct network *net, const struct network *other);
struct network_router *network_find(struct network *net, const struct in6_addr *router);

#endif /* _RA_NETWORK_H */
