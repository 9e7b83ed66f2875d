// SPDX-License-Identifier: GPL-2.0
/*
 * Policy: who may ask for what, and the defaults. Called with the net lock
 * held, but for the start.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/random.h>

#include "lifetime.h"
#include "odmm.h"

/* Long enough for DHCPv6 with duplicate address detection on top. */
#define ODMM_TIMEOUT_DEFAULT	30000	/* ms */

/* For a connection to be opened again, or a server to be started again. */
#define ODMM_LINGER_DEFAULT	60	/* s */

/* Looking for other users again and again takes time. */
#define ODMM_LINGER_MIN		1	/* s */

/* What unprivileged users do must not make the network work all the time. */
#define ODMM_LINGER_FLOOR	10	/* s */

/* For clients to move to the new address. */
#define ODMM_GRACE_DEFAULT	60	/* s */

static void odmm_policy_init_type(struct odmm_type_policy *policy, int type)
{
	policy->linger = type == ODMM_TYPE_FIXED ? ODMM_LFT_INFINITY :
						   ODMM_LINGER_DEFAULT;
	policy->grace = type == ODMM_TYPE_GRACEFUL_REPLACEMENT ?
			ODMM_GRACE_DEFAULT : 0;
	policy->timeout = ODMM_TIMEOUT_DEFAULT;
	policy->access = ODMM_ACCESS_ALL;
	policy->abort = type == ODMM_TYPE_NON_PERSISTENT;
	policy->gid_min = GLOBAL_ROOT_GID;
	policy->gid_max = GLOBAL_ROOT_GID;
	policy->capability = CAP_NET_ADMIN;
}

void odmm_policy_init(struct odmm_net *odn)
{
	struct odmm_policy *policy = &odn->policy;
	int type;

	mutex_init(&odn->policy_mutex);
	get_random_bytes(&odn->secret, sizeof(odn->secret));
	for (type = 1; type <= ODMM_TYPE_MAX; type++)
		odmm_policy_init_type(&policy->type[type], type);
	policy->sessions = 65536;
	policy->pending = 8192;
	policy->held = 256;
	policy->on_net_rate = 10;
	policy->on_net_burst = 100;
	policy->requests_max = ODMM_REQUESTS_MAX;
	policy->prefixes_max = ODMM_PREFIXES_MAX;
}

/* How long a wait may last, in ms, or -1 for no limit. */
s32 odmm_policy_timeout(const struct odmm_net *odn, u32 type, s32 timeout)
{
	return timeout ?: odn->policy.type[type].timeout;
}

static bool odmm_policy_in_group(const struct odmm_type_policy *policy)
{
	const struct cred *cred = current_cred();
	int i;

	if (gid_lte(policy->gid_min, cred->egid) &&
	    gid_lte(cred->egid, policy->gid_max))
		return true;
	for (i = 0; i < cred->group_info->ngroups; i++)
		if (gid_lte(policy->gid_min, cred->group_info->gid[i]) &&
		    gid_lte(cred->group_info->gid[i], policy->gid_max))
			return true;
	return false;
}

/* Whether the caller may ask for that type. */
bool odmm_policy_allows(const struct odmm_net *odn, u32 type)
{
	const struct odmm_type_policy *policy = &odn->policy.type[type];

	switch (policy->access) {
	case ODMM_ACCESS_GROUP:
		return odmm_policy_in_group(policy);
	case ODMM_ACCESS_CAPABILITY:
		return ns_capable_noaudit(odn->net->user_ns,
					  policy->capability);
	default:
		return true;
	}
}

bool odmm_policy_room_for_request(const struct odmm_net *odn)
{
	return odn->n_requests < odn->policy.requests_max;
}

/* How long a prefix stays after its last user, in seconds. */
u32 odmm_policy_linger(const struct odmm_prefix *p)
{
	const struct odmm_net *odn = p->address.odn;
	u32 linger = odn->policy.type[p->address.type].linger;

	/* Nobody else can come who would want it. */
	if (p->flags & ODMM_PREFIX_F_EXCLUSIVE)
		linger = 0;
	return max_t(u32, linger, p->privileged ? ODMM_LINGER_MIN :
						  ODMM_LINGER_FLOOR);
}

static ktime_t odmm_policy_limit(ktime_t since, u32 seconds)
{
	return seconds ? odmm_lifetime_end(since, seconds) : KTIME_MAX;
}

/* When a prefix has been used for long enough. */
ktime_t odmm_policy_age_end(const struct odmm_prefix *p)
{
	const struct odmm_net *odn = p->address.odn;

	if (READ_ONCE(p->spent))
		return 0;
	return min(odmm_policy_limit(p->born,
				     odn->policy.type[p->address.type].max_age),
		   odmm_policy_limit(p->first_held, p->lifetime));
}
