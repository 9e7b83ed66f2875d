/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The link-local address of a link, from which its servers can be asked.
 */
#ifndef _ODMMD_LINK_LOCAL_H
#define _ODMMD_LINK_LOCAL_H

#include <netinet/in.h>
#include "daemon.h"

struct link_local {
	uint32_t ifindex;
	/* There is one now; or there is none any more (NULL), not even another one. */
	void (*changed)(void *data, const struct in6_addr *addr);
	void *data;

	/* link-local.c's */
	struct in6_addr addr;	/* "::" if there is none */
	struct mnl_socket *nl;
	sd_event_source *news;
};

/* With ifindex, changed and data filled in. -1, and it has said why. */
int link_local_start(struct link_local *l, sd_event *event);
void link_local_stop(struct link_local *l);

#endif /* _ODMMD_LINK_LOCAL_H */
