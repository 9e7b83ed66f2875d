// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>
#include "attr.h"
#include "genl.h"

/* What libmnl's dispatcher hands to the callbacks below */
struct ask {
	struct genl *g;
	const struct field *fields;
	mnl_cb_t answer;
	void *data;
};

static void learn_group(struct genl *g, const struct nlattr *group)
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
		g->requests = id;
	if (!strcmp(name, ODMM_MCGRP_EVENTS))
		g->events = id;
}

static int learn_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *groups = attr_find(nlh, CTRL_ATTR_MCAST_GROUPS);
	const struct nlattr *group;
	struct genl *g = data;

	g->family = (uint16_t)attr_u32(nlh, CTRL_ATTR_FAMILY_ID);
	if (groups)
		mnl_attr_for_each_nested(group, groups)
			learn_group(g, group);
	return MNL_CB_OK;
}

/* 0 or a negative errno */
static int resolve(struct genl *g, const char *family)
{
	struct nlmsghdr *nlh;

	g->family = GENL_ID_CTRL;
	nlh = genl_request(g, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, family);
	return genl_ask(g, nlh, NULL, learn_family, g);
}

int genl_open_bus(struct genl *g, int bus)
{
	int on = 1;

	memset(g, 0, sizeof(*g));
	g->nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!g->nl || mnl_socket_bind(g->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		perror("Error: odmm: netlink");
		genl_close(g);
		return -1;
	}
	mnl_socket_setsockopt(g->nl, NETLINK_EXT_ACK, &on, sizeof(on));
	return 0;
}

int genl_open_family(struct genl *g, const char *family, const char *absent)
{
	int ret;

	if (genl_open_bus(g, NETLINK_GENERIC))
		return -1;
	ret = resolve(g, family);
	if (!ret)
		return 0;
	if (ret == -ENOENT)
		fprintf(stderr, "odmm: %s\n", absent);
	else
		genl_refused(g);
	genl_close(g);
	return -1;
}

int genl_open(struct genl *g)
{
	return genl_open_family(g, ODMM_FAMILY_NAME, "the kernel module is not loaded: modprobe odmm");
}

void genl_close(struct genl *g)
{
	if (g->nl)
		mnl_socket_close(g->nl);
	g->nl = NULL;
}

/* Says itself what went wrong. */
int genl_join(struct genl *g, uint32_t group)
{
	const int room = 4 << 20;
	int fd = mnl_socket_get_fd(g->nl);

	/* Beyond the limit of net.core.rmem_max for those who may */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (!mnl_socket_setsockopt(g->nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return 0;
	perror("Error: odmm: cannot listen");
	return -1;
}

/* Says what the kernel had against the last request; an exit code. */
int genl_refused(const struct genl *g)
{
	fprintf(stderr, "Error: odmm: %s\n", g->refusal);
	return EXIT_REFUSED;
}

struct nlmsghdr *genl_request(struct genl *g, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(g->request);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = g->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | (flags ? flags : NLM_F_ACK);
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = ODMM_GENL_VERSION;
	return nlh;
}

/* The name of the attribute that stands at @offset of the request. */
static const char *name_at(const struct ask *ask, uint32_t offset)
{
	const struct nlmsghdr *nlh = (const void *)ask->g->request;
	const struct nlattr *attr;

	attr_for_each(attr, nlh)
		if ((const char *)attr - ask->g->request == (ptrdiff_t)offset)
			return field_name(ask->fields, mnl_attr_get_type(attr));
	return NULL;
}

static void append(struct genl *g, const char *text)
{
	size_t len = strlen(g->refusal);

	snprintf(g->refusal + len, sizeof(g->refusal) - len, "%s", text);
}

static void append_attr(const struct ask *ask, const struct nlattr *const *tb)
{
	const struct nlattr *missing = tb[NLMSGERR_ATTR_MISS_TYPE];
	const struct nlattr *offset = tb[NLMSGERR_ATTR_OFFS];
	const char *name = NULL;

	if (offset)
		name = name_at(ask, mnl_attr_get_u32(offset));
	else if (missing)
		name = field_name(ask->fields, (uint16_t)mnl_attr_get_u32(missing));
	if (!name)
		return;
	append(ask->g, offset ? "(attribute " : "(missing attribute ");
	append(ask->g, name);
	append(ask->g, ") ");
}

/* "the kernel's words (attribute dev): the text of errno" */
static void write_refusal(const struct ask *ask, int error, const struct nlattr *const *tb)
{
	static const char prefix[] = "odmm: ";
	struct genl *g = ask->g;
	const char *text;

	if (tb[NLMSGERR_ATTR_MSG]) {
		text = mnl_attr_get_str(tb[NLMSGERR_ATTR_MSG]);
		append(g, text + (strncmp(text, prefix, strlen(prefix)) ? 0 : strlen(prefix)));
		append(g, " ");
	}
	if (ask->fields)
		append_attr(ask, tb);
	if (g->refusal[0])
		strcpy(strrchr(g->refusal, ' '), ": ");
	append(g, strerror(error));
}

static int refuse(const struct ask *ask, int error, const struct nlmsghdr *nlh, size_t hdr)
{
	const struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { NULL };
	const struct nlattr *attr;

	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_for_each(attr, nlh, (unsigned int)hdr)
			if (mnl_attr_get_type(attr) <= NLMSGERR_ATTR_MAX)
				tb[mnl_attr_get_type(attr)] = attr;
	write_refusal(ask, error, tb);
	errno = error;
	return MNL_CB_ERROR;
}

static int on_error(const struct nlmsghdr *nlh, void *data)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t hdr = sizeof(*err);

	if (!err->error)
		return MNL_CB_STOP;
	/* An uncapped message repeats the request before its attributes. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		hdr += err->msg.nlmsg_len - sizeof(err->msg);
	return refuse(data, -err->error, nlh, hdr);
}

static int on_done(const struct nlmsghdr *nlh, void *data)
{
	const int *error = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*error) || *error >= 0)
		return MNL_CB_STOP;
	return refuse(data, -*error, nlh, sizeof(*error));
}

static int on_answer(const struct nlmsghdr *nlh, void *data)
{
	struct ask *ask = data;

	return ask->answer ? ask->answer(nlh, ask->data) : MNL_CB_OK;
}

static int fail(struct genl *g, int error)
{
	snprintf(g->refusal, sizeof(g->refusal), "%s", strerror(error));
	return -error;
}

/*
 * Sends a request and hands each answer to @answer; @fields names attributes
 * in complaints. Returns 0 or a negative errno; genl_refused() says more.
 * A dump that was disturbed is -EINTR: begin again.
 */
int genl_ask(struct genl *g, struct nlmsghdr *nlh, const struct field *fields,
	     mnl_cb_t answer, void *data)
{
	mnl_cb_t control[] = { [NLMSG_ERROR] = on_error, [NLMSG_DONE] = on_done };
	struct ask ask = { g, fields, answer, data };
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t len;
	int ret = MNL_CB_OK;

	g->refusal[0] = '\0';
	nlh->nlmsg_seq = ++g->seq;
	if (mnl_socket_sendto(g->nl, nlh, nlh->nlmsg_len) < 0)
		return fail(g, errno);
	while (ret > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(g->nl, buf, sizeof(buf));
		if (len < 0)
			return fail(g, errno);
		/* The rest of a dump that was disturbed */
		if (((struct nlmsghdr *)buf)->nlmsg_seq != nlh->nlmsg_seq)
			continue;
		ret = mnl_cb_run2(buf, (size_t)len, 0, 0, on_answer, &ask, control,
				  ARRAY_SIZE(control));
	}
	if (ret == MNL_CB_STOP)
		return 0;
	return g->refusal[0] ? -errno : fail(g, errno);
}

struct collect {
	const struct field *fields;
	genl_filter filter;
	const void *arg;
	json_t *rows;
};

static int collect_row(const struct nlmsghdr *nlh, void *data)
{
	struct collect *c = data;

	if (!c->filter || c->filter(nlh, c->arg))
		json_array_append_new(c->rows, row_of(c->fields, nlh));
	return MNL_CB_OK;
}

/* All rows or, when the kernel refuses and has been quoted, NULL. */
json_t *genl_rows(struct genl *g, struct nlmsghdr *nlh, const struct field *fields,
		  genl_filter filter, const void *arg)
{
	struct collect c = { fields, filter, arg, json_array() };
	int ret;

	do {
		json_array_clear(c.rows);
		ret = genl_ask(g, nlh, fields, collect_row, &c);
	} while (ret == -EINTR);
	if (!ret)
		return c.rows;
	json_decref(c.rows);
	genl_refused(g);
	return NULL;
}
