// SPDX-License-Identifier: GPL-2.0
#include "exchange.h"

#define SECOND	1000
#define PARTS	10000	/* of one, in which RAND is counted */
#define RAND	1000	/* at most, either way: a tenth */

const struct dhcp6_timing dhcp6_solicit = { .irt = 1 * SECOND, .mrt = 3600 * SECOND,
					    .positive = true };
const struct dhcp6_timing dhcp6_request = { .irt = 1 * SECOND, .mrt = 30 * SECOND, .mrc = 10 };
const struct dhcp6_timing dhcp6_renew = { .irt = 10 * SECOND, .mrt = 600 * SECOND };
const struct dhcp6_timing dhcp6_rebind = { .irt = 10 * SECOND, .mrt = 600 * SECOND };
const struct dhcp6_timing dhcp6_release = { .irt = 1 * SECOND, .mrc = 4 };
/* A Rebind after a movement has those of Confirm (section 18.2.12). */
const struct dhcp6_timing dhcp6_moved = { .irt = 1 * SECOND, .mrt = 4 * SECOND,
					  .mrd = 10 * SECOND };

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void exchange_begin(struct dhcp6_exchange *x, uint8_t kind, uint32_t id,
		    const struct dhcp6_timing *timing, uint64_t now, uint64_t end)
{
	*x = (struct dhcp6_exchange) {
		.kind = kind, .id = id, .timing = *timing, .began = now, .due = now, .end = end,
	};
	if (timing->mrd)
		x->end = sooner(end, now + timing->mrd);
}

static uint32_t varied(uint64_t time, int64_t rand)
{
	return (uint32_t)((int64_t)time + (int64_t)time * rand / PARTS);
}

/* RT = 2*RTprev + RAND*RTprev, and MRT + RAND*MRT where that would be more */
static uint32_t next_rt(const struct dhcp6_exchange *x, int64_t rand)
{
	uint64_t rt = (uint64_t)x->rt + varied(x->rt, rand);

	if (!x->timing.mrt || rt <= x->timing.mrt)
		return (uint32_t)rt;
	return varied(x->timing.mrt, rand);
}

static uint32_t first_rt(const struct dhcp6_exchange *x, int64_t rand)
{
	if (x->timing.positive && rand <= 0)
		rand = rand ? -rand : 1;
	return varied(x->timing.irt, rand);
}

void exchange_sent(struct dhcp6_exchange *x, uint64_t now, uint32_t random)
{
	int64_t rand = (int64_t)(random % (2 * RAND + 1)) - RAND;

	x->rt = x->sent ? next_rt(x, rand) : first_rt(x, rand);
	x->sent++;
	x->due = sooner(now + x->rt, x->end);
}

void exchange_put_off(struct dhcp6_exchange *x, uint64_t until)
{
	x->due = sooner(until, x->end);
}

bool exchange_is_over(const struct dhcp6_exchange *x, uint64_t now)
{
	return now >= x->end || (x->timing.mrc && x->sent >= x->timing.mrc);
}

uint16_t exchange_elapsed(const struct dhcp6_exchange *x, uint64_t now)
{
	return (uint16_t)sooner((now - x->began) / 10, UINT16_MAX);
}
