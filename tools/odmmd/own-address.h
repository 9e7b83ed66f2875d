/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A link-local address of our own on a link, beside those of the host. It is
 * deprecated, so that nobody takes it who does not ask for it.
 */
#ifndef _ODMMD_OWN_ADDRESS_H
#define _ODMMD_OWN_ADDRESS_H

#include <netinet/in.h>
#include "daemon.h"

struct own_address {
	uint32_t ifindex;
	struct in6_addr addr;
	bool usable;
	/* It can be used now, or cannot any more; not from within own_address_start(). */
	void (*changed)(void *data, bool usable);
	void *data;

	/* own-address.c's */
	struct mnl_socket *nl;
	sd_event_source *news;
};

/*
 * With ifindex, addr, changed and data filled in. It is added anew whenever the
 * link has lost it. -1, and it has said why.
 */
int own_address_start(struct own_address *a, sd_event *event);
/* Takes it away. */
void own_address_stop(struct own_address *a);

#endif /* _ODMMD_OWN_ADDRESS_H */
