// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/odmm_netlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "measure.h"
#include "netlink.h"

#define NL_BUFFER	16384

static uint16_t family;
static uint32_t group_requests, group_events;

struct mnl_socket *nl_open(int bus)
{
	struct mnl_socket *nl = mnl_socket_open(bus);

	must(nl && !mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID), "netlink");
	return nl;
}

struct mnl_socket *nl_listen(const char *group)
{
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	int id = strcmp(group, ODMM_MCGRP_EVENTS) ? group_requests : group_events;

	must(!mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, &id,
				    sizeof(id)), group);
	return nl;
}

/* Sends, and calls @cb for each message until the end or the acknowledgment. */
int nl_talk(struct mnl_socket *nl, const struct nlmsghdr *request,
	    mnl_cb_t cb, void *arg)
{
	unsigned int port = mnl_socket_get_portid(nl);
	char buffer[NL_BUFFER];
	ssize_t len;
	int more;

	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -1;
	do {
		len = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
		if (len < 0)
			return -1;
		more = mnl_cb_run(buffer, len, 0, port, cb, arg);
	} while (more > 0);
	return more;
}

static struct nlmsghdr *genl_request(void *buffer, uint16_t type, uint8_t cmd,
				     uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = ODMM_FAMILY_VERSION;
	return nlh;
}

static void genl_do(struct mnl_socket *nl, const struct nlmsghdr *nlh,
		    const char *what)
{
	must(nl_talk(nl, nlh, NULL, NULL) >= 0, what);
}

/* The attribute @type of a generic netlink message, or NULL. */
static const struct nlattr *genl_attr(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static uint32_t genl_u32(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr = genl_attr(nlh, type);

	return attr ? mnl_attr_get_u32(attr) : 0;
}

static void learn_group(const struct nlattr *group)
{
	const struct nlattr *attr;
	const char *name = "";
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, group) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			id = mnl_attr_get_u32(attr);
	}
	if (!strcmp(name, ODMM_MCGRP_REQUESTS))
		group_requests = id;
	if (!strcmp(name, ODMM_MCGRP_EVENTS))
		group_events = id;
}

static int learn_family(const struct nlmsghdr *nlh, void *unused)
{
	const struct nlattr *groups = genl_attr(nlh, CTRL_ATTR_MCAST_GROUPS);
	const struct nlattr *id = genl_attr(nlh, CTRL_ATTR_FAMILY_ID);
	const struct nlattr *group;

	(void)unused;
	must(id && groups, "family odmm");
	family = mnl_attr_get_u16(id);
	mnl_attr_for_each_nested(group, groups)
		learn_group(group);
	return MNL_CB_OK;
}

/* Numbers are given anew each time the module is inserted. */
void nl_find_family(void)
{
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	char buffer[NL_BUFFER];
	struct nlmsghdr *nlh;

	nlh = genl_request(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, ODMM_FAMILY_NAME);
	must(nl_talk(nl, nlh, learn_family, NULL) >= 0, "family odmm");
	mnl_socket_close(nl);
}

void nl_claim(struct mnl_socket *nl, uint32_t types)
{
	char buffer[NL_BUFFER];
	struct nlmsghdr *nlh;

	nlh = genl_request(buffer, family, ODMM_CMD_AGENT_CLAIM, NLM_F_ACK);
	mnl_attr_put_u32(nlh, ODMM_A_AGENT_TYPES, types);
	genl_do(nl, nlh, "agent claim");
}

static int stop(const struct nlmsghdr *nlh, void *arg)
{
	(void)nlh;
	(void)arg;
	return MNL_CB_STOP;
}

/* The answer is the request: no acknowledgment besides. */
void nl_accept(struct mnl_socket *nl, uint64_t cookie)
{
	char buffer[NL_BUFFER];
	struct nlmsghdr *nlh;

	nlh = genl_request(buffer, family, ODMM_CMD_REQUEST_ACCEPT, 0);
	mnl_attr_put_u64(nlh, ODMM_A_REQUEST_COOKIE, cookie);
	must(nl_talk(nl, nlh, stop, NULL) >= 0, "request accept");
}

static void put_prefix(struct nlmsghdr *nlh, const struct in6_addr *prefix)
{
	mnl_attr_put(nlh, ODMM_A_PREFIX_PREFIX, sizeof(*prefix), prefix);
	mnl_attr_put_u32(nlh, ODMM_A_PREFIX_LEN, 64);
}

static void prefix_add(struct mnl_socket *nl, const struct in6_addr *prefix,
		       uint32_t type, uint32_t ifindex, uint64_t cookie)
{
	char buffer[NL_BUFFER];
	struct nlmsghdr *nlh;

	nlh = genl_request(buffer, family, ODMM_CMD_PREFIX_ADD, NLM_F_ACK);
	put_prefix(nlh, prefix);
	mnl_attr_put_u32(nlh, ODMM_A_PREFIX_TYPE, type);
	mnl_attr_put_u32(nlh, ODMM_A_PREFIX_IFINDEX, ifindex);
	if (cookie)
		mnl_attr_put_u64(nlh, ODMM_A_PREFIX_COOKIE, cookie);
	genl_do(nl, nlh, "prefix add");
}

/* Answers the request @cookie, unless that is 0. */
void nl_prefix_add(struct mnl_socket *nl, const struct in6_addr *prefix,
		   uint32_t type, uint64_t cookie)
{
	prefix_add(nl, prefix, type, NL_LO, cookie);
}

void nl_prefix_add_by(struct mnl_socket *nl, const struct in6_addr *prefix,
		      uint32_t type, uint32_t ifindex)
{
	prefix_add(nl, prefix, type, ifindex, 0);
}

void nl_prefix_del(struct mnl_socket *nl, const struct in6_addr *prefix)
{
	char buffer[NL_BUFFER];
	struct nlmsghdr *nlh;

	nlh = genl_request(buffer, family, ODMM_CMD_PREFIX_DEL, NLM_F_ACK);
	put_prefix(nlh, prefix);
	mnl_attr_put(nlh, ODMM_A_PREFIX_FORCE, 0, NULL);
	genl_do(nl, nlh, "prefix del");
}

static int is_active(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *prefix = genl_attr(nlh, ODMM_A_PREFIX_PREFIX);
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	if (genl->cmd == ODMM_CMD_PREFIX_NTF && prefix &&
	    !memcmp(mnl_attr_get_payload(prefix), arg, sizeof(struct in6_addr)) &&
	    genl_u32(nlh, ODMM_A_PREFIX_STATE) == ODMM_PREFIX_ACTIVE)
		return MNL_CB_STOP;
	return MNL_CB_OK;
}

/* Reads news until @cb stops it. */
void nl_hear(struct mnl_socket *listener, mnl_cb_t cb, void *arg)
{
	char buffer[NL_BUFFER];
	ssize_t len;

	do {
		len = mnl_socket_recvfrom(listener, buffer, sizeof(buffer));
		must(len >= 0, "news");
	} while (mnl_cb_run(buffer, len, 0, 0, cb, arg) > 0);
}

void nl_wait_active(struct mnl_socket *listener, const struct in6_addr *prefix)
{
	nl_hear(listener, is_active, (void *)prefix);
}

static int is_offer(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *cookie = genl_attr(nlh, ODMM_A_REQUEST_COOKIE);

	if (!cookie || genl_u32(nlh, ODMM_A_REQUEST_STATE) != ODMM_REQUEST_NEW)
		return MNL_CB_OK;
	*(uint64_t *)arg = mnl_attr_get_u64(cookie);
	return MNL_CB_STOP;
}

/* The cookie of the request that the doorbell rings for. */
uint64_t nl_wait_doorbell(struct mnl_socket *listener)
{
	uint64_t cookie = 0;

	nl_hear(listener, is_offer, &cookie);
	return cookie;
}

static int add_waiters(const struct nlmsghdr *nlh, void *arg)
{
	*(uint32_t *)arg += genl_u32(nlh, ODMM_A_REQUEST_WAITERS);
	return MNL_CB_OK;
}

/* How many sockets wait, over all requests. */
uint32_t nl_waiters(struct mnl_socket *nl)
{
	char buffer[NL_BUFFER];
	struct nlmsghdr *nlh;
	uint32_t n = 0;

	nlh = genl_request(buffer, family, ODMM_CMD_REQUEST_GET, NLM_F_DUMP);
	must(nl_talk(nl, nlh, add_waiters, &n) >= 0, "request dump");
	return n;
}

struct stat {
	uint16_t attr;
	uint64_t value;
};

static int read_stat(const struct nlmsghdr *nlh, void *arg)
{
	struct stat *stat = arg;
	const struct nlattr *attr = genl_attr(nlh, stat->attr);

	must(!!attr, "stats");
	stat->value = mnl_attr_get_u64(attr);
	return MNL_CB_OK;
}

uint64_t nl_stat(struct mnl_socket *nl, uint16_t attr)
{
	struct stat stat = { .attr = attr };
	char buffer[NL_BUFFER];
	struct nlmsghdr *nlh;

	nlh = genl_request(buffer, family, ODMM_CMD_STATS_GET, NLM_F_ACK);
	must(nl_talk(nl, nlh, read_stat, &stat) >= 0, "stats");
	return stat.value;
}

void nl_policy_set(struct mnl_socket *nl, uint32_t type, uint16_t attr,
		   uint64_t value)
{
	char buffer[NL_BUFFER];
	struct nlmsghdr *nlh;

	nlh = genl_request(buffer, family, ODMM_CMD_POLICY_SET, NLM_F_ACK);
	if (type)
		mnl_attr_put_u32(nlh, ODMM_A_POLICY_TYPE, type);
	if (attr == ODMM_A_POLICY_MAX_BYTES)
		mnl_attr_put_u64(nlh, attr, value);
	else
		mnl_attr_put_u32(nlh, attr, value);
	genl_do(nl, nlh, "policy set");
}
