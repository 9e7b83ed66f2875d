/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's WireGuard: what a tunnel has as its peer, and what has become
 * of it. By netlink and not by wg(8): the key goes through no other program,
 * the answer is there at once, and no child has to be waited for.
 */
#ifndef _ODMMD_WG_H
#define _ODMMD_WG_H

#include <netinet/in.h>
#include "../common/genl.h"
#include "key.h"

struct wg_peer {
	uint8_t key[KEY_LEN];
	union {
		struct sockaddr addr;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} endpoint;
	uint16_t keepalive;	/* seconds, at least 1 */
};

/* "192.0.2.1:51820" or "[2001:db8::1]:51820"; false if it is none. */
bool wg_endpoint(const char *text, struct wg_peer *peer);

/* 0, or -1 and it has said why. */
int wg_open(struct genl *g);

/*
 * Gives a tunnel its key, and @peer as the only one, who may send from
 * anywhere. With that it sends to the peer at once, from whatever address the
 * host has now. What it has agreed upon with this peer already stays. 0 or
 * a negative errno.
 */
int wg_set(struct genl *g, const char *tunnel, const uint8_t key[KEY_LEN],
	   const struct wg_peer *peer);

/* Whether the peer has answered, so lately that what was agreed upon then still counts. */
bool wg_answered(struct genl *g, const char *tunnel, const struct wg_peer *peer);

#endif /* _ODMMD_WG_H */
