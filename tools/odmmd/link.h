/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: whether they have a carrier, which routers are there, and whether that
 * is the network that was there before.
 *
 * A movement is that another network may be there: the carrier came back,
 * a router that nobody knows has spoken, the default router has another
 * address, link-layer address or prefixes. All that is noticed of one movement
 * belongs to it, until the routers that answer our solicitations have shown
 * where the host is: so sources are told once (moved() of source.h).
 */
#ifndef _ODMMD_LINK_H
#define _ODMMD_LINK_H

#include "../ra/ra.h"
#include "daemon.h"

/* For those who want to hear routers; @movement is never less than before. */
struct link_listener {
	/* A good advertisement, heard after that many movements. */
	void (*heard)(void *data, const struct in6_addr *router, const struct ra *ra,
		      uint32_t movement);
	/* Since that movement it has been another network; its routers have been heard. */
	void (*elsewhere)(void *data, uint32_t movement);
};

/* What returns -1 has said why. */
int link_open(struct daemon *d);
void link_close(void);

/* Each watch has to be ended. @name finds it again after it was removed. */
int link_watch(uint32_t ifindex, const char *name);
void link_unwatch(uint32_t ifindex);

/* On a link that is watched. -1 as well if routers are read in another format there. */
int link_listen(uint32_t ifindex, const struct ra_format *format,
		const struct link_listener *listener, void *data);
void link_unlisten(void *data);

#endif /* _ODMMD_LINK_H */
