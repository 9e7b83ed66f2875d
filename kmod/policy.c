// SPDX-License-Identifier: GPL-2.0
/* Limits and defaults. */
#include <linux/random.h>

#include "odmm.h"

/* Long enough for DHCPv6 with duplicate address detection on top. */
#define ODMM_TIMEOUT_DEFAULT	30000	/* ms */

/*
 * A request is some 200 bytes that anybody may ask for by
 * IPV6_REQUIRE_SRC_ON_NET.
 */
#define ODMM_REQUESTS_MAX	16384

void odmm_policy_init(struct odmm_net *odn)
{
	get_random_bytes(&odn->secret, sizeof(odn->secret));
}

/* In ms, or -1 for no limit. */
int odmm_policy_timeout(s32 timeout)
{
	return timeout ?: ODMM_TIMEOUT_DEFAULT;
}

bool odmm_policy_room_for_request(const struct odmm_net *odn)
{
	return odn->n_requests < ODMM_REQUESTS_MAX;
}
