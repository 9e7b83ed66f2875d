// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "attr.h"
#include "prefix.h"

struct nlmsghdr *prefix_request(struct genl *g, uint8_t cmd, const struct prefix *p)
{
	struct nlmsghdr *nlh = genl_request(g, cmd, 0);

	mnl_attr_put(nlh, ODMM_A_PREFIX_PREFIX, sizeof(p->addr), &p->addr);
	mnl_attr_put_u32(nlh, ODMM_A_PREFIX_LEN, p->len);
	return nlh;
}

/* The prefix that a message is about; false if it is about none. */
bool prefix_read(const struct nlmsghdr *nlh, struct prefix *prefix)
{
	const struct nlattr *attr = attr_find(nlh, ODMM_A_PREFIX_PREFIX);

	if (!attr || mnl_attr_get_payload_len(attr) < sizeof(prefix->addr))
		return false;
	memcpy(&prefix->addr, mnl_attr_get_payload(attr), sizeof(prefix->addr));
	prefix->len = attr_u32(nlh, ODMM_A_PREFIX_LEN);
	return true;
}

static void put_u32(struct nlmsghdr *nlh, uint16_t type, uint32_t value)
{
	if (value)
		mnl_attr_put_u32(nlh, type, value);
}

static void put_change(struct nlmsghdr *nlh, const struct prefix_args *a)
{
	put_u32(nlh, ODMM_A_PREFIX_IFINDEX, a->ifindex);
	put_u32(nlh, ODMM_A_PREFIX_VALID_LFT, a->valid_lft);
	if (a->has_preferred_lft)
		mnl_attr_put_u32(nlh, ODMM_A_PREFIX_PREFERRED_LFT, a->preferred_lft);
}

int prefix_add(struct genl *g, const struct prefix *p, const struct prefix_args *a)
{
	struct nlmsghdr *nlh = prefix_request(g, ODMM_CMD_PREFIX_ADD, p);

	put_change(nlh, a);
	put_u32(nlh, ODMM_A_PREFIX_TYPE, a->type);
	put_u32(nlh, ODMM_A_PREFIX_HOME, a->home);
	put_u32(nlh, ODMM_A_PREFIX_FLAGS, a->onlink ? ODMM_PREFIX_F_ONLINK : 0);
	if (a->origin)
		mnl_attr_put_strz(nlh, ODMM_A_PREFIX_ORIGIN, a->origin);
	if (a->cookie)
		mnl_attr_put_u64(nlh, ODMM_A_PREFIX_COOKIE, a->cookie);
	return genl_ask(g, nlh, prefix_fields, NULL, NULL);
}

/*
 * Notes which lifetimes were given. The kernel compares the two; here is
 * caught only what could not be told to it: 0 would read as "not given".
 */
void prefix_check_lifetimes(struct prefix_args *a, const struct keyword *valid,
			    const struct keyword *preferred)
{
	a->has_preferred_lft = preferred->given;
	if (valid->given && !a->valid_lft)
		wrong("0", "valid_lft is at least 1; \"odmm prefix del\" ends a prefix");
}

int prefix_change(struct genl *g, const struct prefix *p, const struct prefix_args *a)
{
	struct nlmsghdr *nlh = prefix_request(g, ODMM_CMD_PREFIX_CHANGE, p);

	put_change(nlh, a);
	return genl_ask(g, nlh, prefix_fields, NULL, NULL);
}

/* No word of a grace time (NULL) is another thing than 0: policy has one per type. */
int prefix_withdraw(struct genl *g, const struct prefix *p, const uint32_t *grace, bool force)
{
	struct nlmsghdr *nlh = prefix_request(g, ODMM_CMD_PREFIX_WITHDRAW, p);

	if (grace)
		mnl_attr_put_u32(nlh, ODMM_A_PREFIX_GRACE, *grace);
	prefix_put_force(nlh, force);
	return genl_ask(g, nlh, prefix_fields, NULL, NULL);
}

void prefix_put_force(struct nlmsghdr *nlh, bool force)
{
	if (force)
		mnl_attr_put(nlh, ODMM_A_PREFIX_FORCE, 0, NULL);
}
