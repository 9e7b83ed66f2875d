// SPDX-License-Identifier: GPL-2.0
#include "attr.h"

const struct nlattr *attr_find(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	attr_for_each(attr, nlh)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

/* What is shorter than it should be counts as 0, not as a reason to read on. */
uint64_t attr_number(const struct nlattr *attr)
{
	uint16_t len = mnl_attr_get_payload_len(attr);

	if (len >= sizeof(uint64_t))
		return mnl_attr_get_u64(attr);
	if (len >= sizeof(uint32_t))
		return mnl_attr_get_u32(attr);
	return len >= sizeof(uint16_t) ? mnl_attr_get_u16(attr) : 0;
}

/* What is not there counts as 0. */
uint64_t attr_u64(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr = attr_find(nlh, type);

	return attr ? attr_number(attr) : 0;
}

uint32_t attr_u32(const struct nlmsghdr *nlh, uint16_t type)
{
	return (uint32_t)attr_u64(nlh, type);
}
