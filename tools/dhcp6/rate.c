// SPDX-License-Identifier: GPL-2.0
#include "rate.h"

static uint64_t cost(const struct dhcp6_rate *r)
{
	return RATE_PERIOD / r->messages;
}

uint64_t rate_next(const struct dhcp6_rate *r, uint64_t now)
{
	uint64_t full = now + RATE_PERIOD - cost(r);

	return r->paid <= full ? now : now + (r->paid - full);
}

void rate_take(struct dhcp6_rate *r, uint64_t now)
{
	r->paid = (r->paid > now ? r->paid : now) + cost(r);
}
