/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often a client may send, whatever makes it (RFC 8415 section 14.1): so
 * many messages in twenty seconds, which may come at once.
 */
#ifndef _DHCP6_RATE_H
#define _DHCP6_RATE_H

#include <stdint.h>

#define RATE_PERIOD	20000	/* milliseconds */

struct dhcp6_rate {
	uint32_t messages;	/* in a period */
	uint64_t paid;		/* what was sent takes until then */
};

/* When the next one may be sent: now, or later. */
uint64_t rate_next(const struct dhcp6_rate *r, uint64_t now);
void rate_take(struct dhcp6_rate *r, uint64_t now);

#endif /* _DHCP6_RATE_H */
