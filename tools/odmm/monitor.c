// SPDX-License-Identifier: GPL-2.0
/*
 * odmm monitor: what happens, one line each.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include "show.h"

static const struct kind {
	const char *name;
	uint8_t cmd;
	const struct field *fields;
} kinds[] = {
	{ "prefix",  ODMM_CMD_PREFIX_NTF,  prefix_fields },
	{ "request", ODMM_CMD_REQUEST_NTF, request_fields },
	{ "agent",   ODMM_CMD_AGENT_NTF,   agent_fields },
};

static int on_event(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const bool *wanted = data;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (wanted[i] && genl->cmd == kinds[i].cmd)
			show_line(kinds[i].fields, kinds[i].name, row_of(kinds[i].fields, nlh));
	return MNL_CB_OK;
}

/*
 * The socket reports a loss at once, but what was lost comes after all that is
 * queued: nothing more is queued until that has been read. So the line about
 * it goes where the gap is.
 */
static int listen_on(struct genl *g, bool *wanted)
{
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd = mnl_socket_get_fd(g->nl);
	bool lost = false;
	ssize_t len;

	while (!ferror(stdout)) {
		len = recv(fd, buf, sizeof(buf), lost ? MSG_DONTWAIT : 0);
		if (len >= 0) {
			mnl_cb_run(buf, (size_t)len, 0, 0, on_event, wanted);
		} else if (errno == ENOBUFS) {
			lost = true;
		} else if (errno == EAGAIN) {
			show_line(prefix_fields, "events lost", json_object());
			lost = false;
		} else if (errno != EINTR) {
			break;
		}
	}
	perror("Error: odmm: monitor");
	return EXIT_REFUSED;
}

/* Marks the objects named, all of them if none is. */
static void take_kinds(struct words *w, bool *wanted)
{
	bool all = !peek(w);
	const char *word;
	size_t i;

	while (peek(w)) {
		word = next(w, "OBJECT");
		for (i = 0; i < ARRAY_SIZE(kinds) && !is(word, kinds[i].name); i++)
			;
		if (i < ARRAY_SIZE(kinds))
			wanted[i] = true;
		else if (is(word, "all"))
			all = true;
		else
			unknown_word(word);
	}
	for (i = 0; all && i < ARRAY_SIZE(kinds); i++)
		wanted[i] = true;
}

static int monitor_run(struct words *w)
{
	bool wanted[ARRAY_SIZE(kinds)] = { false };
	int code = EXIT_REFUSED;
	struct genl g;

	take_kinds(w, wanted);
	if (genl_open(&g))
		return EXIT_REFUSED;
	if (!genl_join(&g, g.events))
		code = listen_on(&g, wanted);
	genl_close(&g);
	return code;
}

const struct object monitor_object = {
	"monitor",
	"Usage: odmm monitor [ all | prefix | request | agent ] ...\n",
	monitor_run
};
