/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attributes of a generic netlink message.
 */
#ifndef _ODMM_ATTR_H
#define _ODMM_ATTR_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdint.h>

#define attr_for_each(attr, nlh) \
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))

const struct nlattr *attr_find(const struct nlmsghdr *nlh, uint16_t type);
uint64_t attr_number(const struct nlattr *attr);
uint64_t attr_u64(const struct nlmsghdr *nlh, uint16_t type);
uint32_t attr_u32(const struct nlmsghdr *nlh, uint16_t type);

#endif /* _ODMM_ATTR_H */
