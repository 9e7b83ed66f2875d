/* SPDX-License-Identifier: GPL-2.0 */
/* What all operations of the netlink family need. */
#ifndef _ODMM_NETLINK_H
#define _ODMM_NETLINK_H

#include <net/genetlink.h>

#include "odmm.h"

static inline struct odmm_net *odmm_nl_net(const struct genl_info *info)
{
	return odmm_net(genl_info_net((struct genl_info *)info));
}

static inline struct sk_buff *odmm_nl_reply(struct genl_info *info, u8 cmd,
					    size_t size)
{
	struct sk_buff *skb = genlmsg_new(size, GFP_KERNEL);

	if (skb)
		genlmsg_put_reply(skb, info, &odmm_nl_family, 0, cmd);
	return skb;
}

/* Sends @skb, or frees it if there is an error. */
static inline int odmm_nl_finish(struct genl_info *info, struct sk_buff *skb,
				 int err)
{
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, genlmsg_data(nlmsg_data(nlmsg_hdr(skb))));
	return genlmsg_reply(skb, info);
}

static inline u32 odmm_nl_u32(const struct genl_info *info, int attr,
			      u32 missing)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : missing;
}

static inline u64 odmm_nl_u64(const struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_get_u64(info->attrs[attr]) : 0;
}

static inline void *odmm_nl_dump_put(struct sk_buff *skb,
				     struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			   cb->nlh->nlmsg_seq, &odmm_nl_family, NLM_F_MULTI,
			   cmd);
}

/* Ends one object of a dump; false if it did not fit. */
static inline bool odmm_nl_dump_end(struct sk_buff *skb, void *hdr, int err)
{
	if (err) {
		genlmsg_cancel(skb, hdr);
		return false;
	}
	genlmsg_end(skb, hdr);
	return true;
}

#endif /* _ODMM_NETLINK_H */
