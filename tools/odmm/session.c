// SPDX-License-Identifier: GPL-2.0
/*
 * odmm session: the sockets that asked.
 */
#include "../common/attr.h"
#include "show.h"

struct selector {
	uint32_t type, uid;
	bool by_uid;
};

static bool is_selected(const struct nlmsghdr *nlh, const void *arg)
{
	const struct selector *s = arg;

	return (!s->type || s->type == attr_u32(nlh, ODMM_A_SESSION_TYPE)) &&
	       (!s->by_uid || s->uid == attr_u32(nlh, ODMM_A_SESSION_UID));
}

static int session_run(struct words *w)
{
	struct selector s = { 0 };
	struct keyword keywords[] = {
		{ "uid", ARG_U32, &s.uid, false },
		{ "type", ARG_TYPE, &s.type, false },
	};

	if (!next_is(w, "show"))
		next_is(w, "list");
	take_keywords(w, keywords, ARRAY_SIZE(keywords));
	s.by_uid = keywords[0].given;
	return show_all(ODMM_CMD_SESSION_GET, session_fields, is_selected, &s);
}

const struct object session_object = {
	"session",
	"Usage: odmm session [ show | list ] [ type TYPE ] [ uid UID ]\n"
	"TYPE := { fixed | session-lasting | non-persistent | graceful-replacement }\n",
	session_run
};
