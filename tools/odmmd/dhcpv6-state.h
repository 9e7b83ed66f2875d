/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What source dhcpv6 remembers: who we are, the same for all links, and what we
 * have got on one.
 */
#ifndef _ODMMD_DHCPV6_STATE_H
#define _ODMMD_DHCPV6_STATE_H

#include <jansson.h>
#include "../dhcp6/client.h"
#include "daemon.h"

struct identity {
	struct dhcp6_duid duid;
	uint32_t link;			/* its number, which no other link has */
};

/* What has not been thought up before is now. @duid: NULL, or one that is to be had. */
int identity_load(const struct daemon *d, const char *dev, const struct dhcp6_duid *duid,
		  struct identity *identity);

/* The leases of a client that are worth remembering, and back. */
json_t *leases_value(const struct dhcp6_client *c);
json_t *leases_load(const struct daemon *d, const char *dev, struct dhcp6_client *c);
int leases_save(const struct daemon *d, const char *dev, const json_t *leases);

#endif /* _ODMMD_DHCPV6_STATE_H */
