// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <net/if.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "daemon.h"
#include "tunnel.h"

/* By which it is known again */
#define ALIAS		"odmmd"
/* Behind the rule for the host's own addresses, before the one for table main */
#define PRIORITY	8653
#define METRIC		1024
#define METRIC_LAST	UINT32_MAX

int tunnel_open(struct tunnel *t)
{
	return genl_open_bus(&t->route, NETLINK_ROUTE);
}

void tunnel_close(struct tunnel *t)
{
	genl_close(&t->route);
}

static struct nlmsghdr *request(struct tunnel *t, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(t->route.request);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return nlh;
}

static int ask(struct tunnel *t, struct nlmsghdr *nlh, mnl_cb_t answer, void *data)
{
	return genl_ask(&t->route, nlh, NULL, answer, data);
}

/* What is there already, or not any more, is as it should be. */
static int tell(struct tunnel *t, struct nlmsghdr *nlh, int well)
{
	int ret = ask(t, nlh, NULL, NULL);

	if (!ret || ret == well)
		return 0;
	say(LOG_ERR, "tunnel %s: %s", t->name, t->route.refusal);
	return -1;
}

/* --- Rules and routes --- */

static struct nlmsghdr *rule(struct tunnel *t, uint16_t type, uint16_t flags,
			     const struct prefix *from)
{
	struct nlmsghdr *nlh = request(t, type, flags);
	struct fib_rule_hdr *frh = mnl_nlmsg_put_extra_header(nlh, sizeof(*frh));

	frh->family = AF_INET6;
	frh->src_len = (uint8_t)from->len;
	frh->action = FR_ACT_TO_TBL;
	mnl_attr_put(nlh, FRA_SRC, sizeof(from->addr), &from->addr);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, PRIORITY);
	mnl_attr_put_u32(nlh, FRA_TABLE, t->table);
	return nlh;
}

/* The route to everywhere, by link @oif or, if that is 0, to nowhere */
static struct nlmsghdr *route(struct tunnel *t, uint16_t type, uint16_t flags, uint32_t oif)
{
	struct nlmsghdr *nlh = request(t, type, flags);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	rtm->rtm_family = AF_INET6;
	rtm->rtm_protocol = RTPROT_STATIC;
	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	rtm->rtm_type = oif ? RTN_UNICAST : RTN_UNREACHABLE;
	mnl_attr_put_u32(nlh, RTA_TABLE, t->table);
	mnl_attr_put_u32(nlh, RTA_PRIORITY, oif ? METRIC : METRIC_LAST);
	if (oif)
		mnl_attr_put_u32(nlh, RTA_OIF, oif);
	return nlh;
}

int tunnel_guard(struct tunnel *t)
{
	const uint16_t flags = NLM_F_CREATE | NLM_F_EXCL;
	size_t i;

	if (tell(t, route(t, RTM_NEWROUTE, flags, 0), -EEXIST))
		return -1;
	for (i = 0; i < t->n_from; i++)
		if (tell(t, rule(t, RTM_NEWRULE, flags, &t->from[i]), -EEXIST))
			return -1;
	return 0;
}

void tunnel_unguard(struct tunnel *t)
{
	size_t i;

	for (i = 0; i < t->n_from; i++)
		tell(t, rule(t, RTM_DELRULE, 0, &t->from[i]), -ENOENT);
	tell(t, route(t, RTM_DELROUTE, 0, 0), -ESRCH);
}

/* --- The link --- */

static struct nlmsghdr *link_request(struct tunnel *t, uint16_t type, uint16_t flags, uint32_t up)
{
	struct nlmsghdr *nlh = request(t, type, flags);
	struct ifinfomsg *msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));

	msg->ifi_flags = up;
	msg->ifi_change = up;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, t->name);
	return nlh;
}

static int read_alias(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	bool *ours = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(attr) == IFLA_IFALIAS &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			*ours = !strcmp(mnl_attr_get_str(attr), ALIAS);
	return MNL_CB_OK;
}

/* 1 if it is there, 0 if no link has its name, -1 if somebody else's has, or may have. */
static int find(struct tunnel *t)
{
	bool ours = false;
	int ret = ask(t, link_request(t, RTM_GETLINK, 0, 0), read_alias, &ours);

	if (ret == -ENODEV)
		return 0;
	return ours ? 1 : -1;
}

static int make(struct tunnel *t)
{
	struct nlmsghdr *nlh = link_request(t, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);

	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "wireguard");
	mnl_attr_nest_end(nlh, info);
	return tell(t, nlh, 0);
}

/* A new link takes no alias while it is made. */
static int set_up(struct tunnel *t)
{
	struct nlmsghdr *nlh = link_request(t, RTM_NEWLINK, 0, IFF_UP);

	mnl_attr_put_strz(nlh, IFLA_IFALIAS, ALIAS);
	return tell(t, nlh, 0);
}

int tunnel_up(struct tunnel *t)
{
	int found = find(t);

	if (found < 0) {
		say(LOG_ERR, "tunnel %s: there is another link of that name", t->name);
		return -1;
	}
	if ((!found && make(t)) || set_up(t))
		return -1;
	if (!found)
		say(LOG_INFO, "tunnel %s: up", t->name);
	return tell(t, route(t, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, if_nametoindex(t->name)),
		    -EEXIST);
}

void tunnel_down(struct tunnel *t)
{
	if (find(t) > 0 && !tell(t, link_request(t, RTM_DELLINK, 0, 0), -ENODEV))
		say(LOG_INFO, "tunnel %s: down", t->name);
}
