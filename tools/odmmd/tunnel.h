/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tunnel that takes all packets from some prefixes, and no others: a link of
 * kind wireguard, a table of routes, and rules that lead there.
 *
 *	from PREFIX lookup TABLE	default dev NAME
 *					unreachable default
 *
 * The rules and the second route stay when the link is away: a packet from the
 * prefix, which nothing but the tunnel may carry, then goes nowhere.
 */
#ifndef _ODMMD_TUNNEL_H
#define _ODMMD_TUNNEL_H

#include "../common/args.h"
#include "../common/genl.h"

#define TUNNEL_PREFIXES 2

struct tunnel {
	const char *name;
	uint32_t table;
	struct prefix from[TUNNEL_PREFIXES];
	size_t n_from;
	struct genl route;	/* rtnetlink */
};

/* What returns an int: 0, or -1 and it has said why. */
int tunnel_open(struct tunnel *t);
void tunnel_close(struct tunnel *t);

/* The rules, and that what they are for goes nowhere. Once is enough. */
int tunnel_guard(struct tunnel *t);
void tunnel_unguard(struct tunnel *t);

/* The link, if it is not there, and the way into it. A link that is not ours is left alone. */
int tunnel_up(struct tunnel *t);
void tunnel_down(struct tunnel *t);

#endif /* _ODMMD_TUNNEL_H */
