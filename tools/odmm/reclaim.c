// SPDX-License-Identifier: GPL-2.0
/*
 * Prefixes that are gone, for whatever reason, return to the pools that they
 * are of. The kernel tells all agents of all prefixes.
 */
#include <errno.h>
#include "../common/attr.h"
#include "agent.h"

static bool has_pool(const struct group *g)
{
	return g->pool.from.len;
}

static bool is_gone(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	return genl->cmd == ODMM_CMD_PREFIX_NTF &&
	       attr_u32(nlh, ODMM_A_PREFIX_STATE) == ODMM_PREFIX_GONE;
}

/* @nlh is any notification; @data is the plan. */
int reclaim_gone(const struct nlmsghdr *nlh, void *data)
{
	struct plan *plan = data;
	struct prefix prefix;
	struct group *g;

	if (!is_gone(nlh) || !prefix_read(nlh, &prefix))
		return MNL_CB_OK;
	for (g = plan->group; g < plan->group + plan->n_groups; g++)
		if (has_pool(g) && pool_take_back(&g->pool, &prefix))
			report_return(&prefix, value_name(prefix_ends,
							  attr_u32(nlh, ODMM_A_PREFIX_END)));
	return MNL_CB_OK;
}

static int see(const struct nlmsghdr *nlh, void *data)
{
	struct plan *plan = data;
	struct prefix prefix;
	struct group *g;

	if (!prefix_read(nlh, &prefix))
		return MNL_CB_OK;
	for (g = plan->group; g < plan->group + plan->n_groups; g++)
		if (has_pool(g))
			pool_see(&g->pool, &prefix);
	return MNL_CB_OK;
}

/*
 * Notifications were lost: what is given out but not there any more has gone
 * unnoticed. Returns as genl_ask().
 */
int reclaim_missed(struct genl *g, struct plan *plan)
{
	struct prefix prefix;
	struct group *group;
	int ret;

	do {
		ret = genl_ask(g, genl_request(g, ODMM_CMD_PREFIX_GET, NLM_F_DUMP),
			       prefix_fields, see, plan);
	} while (ret == -EINTR);
	for (group = plan->group; group < plan->group + plan->n_groups; group++) {
		while (!ret && pool_take_unseen(&group->pool, &prefix))
			report_return(&prefix, NULL);
		pool_end_seeing(&group->pool);
	}
	return ret;
}
