// SPDX-License-Identifier: GPL-2.0
/*
 * odmm request: what applications wait for.
 */
#include <errno.h>
#include <stdlib.h>
#include "../common/attr.h"
#include "prefix.h"

static struct nlmsghdr *request(struct genl *g, uint8_t cmd, uint64_t cookie)
{
	struct nlmsghdr *nlh = genl_request(g, cmd, 0);

	if (cookie)
		mnl_attr_put_u64(nlh, ODMM_A_REQUEST_COOKIE, cookie);
	return nlh;
}

/* Asks for one request by a command that answers with it, and shows it. */
static int show_answer(uint8_t cmd, uint64_t cookie)
{
	struct genl g;
	json_t *rows;

	if (genl_open(&g))
		return EXIT_REFUSED;
	rows = genl_rows(&g, request(&g, cmd, cookie), request_fields, NULL, NULL);
	if (rows)
		show_rows(request_fields, rows);
	genl_close(&g);
	return rows ? EXIT_OK : EXIT_REFUSED;
}

static int do_show(struct words *w)
{
	uint64_t cookie;

	if (!peek(w))
		return show_all(ODMM_CMD_REQUEST_GET, request_fields, NULL, NULL);
	cookie = parse_cookie(next(w, "COOKIE"));
	no_more(w);
	return show_answer(ODMM_CMD_REQUEST_GET, cookie);
}

static int do_accept(struct words *w)
{
	uint64_t cookie = peek(w) ? parse_cookie(next(w, "COOKIE")) : 0;

	no_more(w);
	return show_answer(ODMM_CMD_REQUEST_ACCEPT, cookie);
}

static int learn_type(const struct nlmsghdr *nlh, void *data)
{
	struct prefix_args *a = data;

	a->type = attr_u32(nlh, ODMM_A_REQUEST_TYPE);
	return MNL_CB_OK;
}

/* The answer is of the type asked for, so nobody has to repeat it. */
static int answer(struct genl *g, const struct prefix *p, struct prefix_args *a)
{
	int ret;

	if (!a->type) {
		ret = genl_ask(g, request(g, ODMM_CMD_REQUEST_GET, a->cookie), request_fields,
			       learn_type, a);
		if (ret)
			return ret;
	}
	return prefix_add(g, p, a);
}

static int do_done(struct words *w)
{
	uint64_t cookie = parse_cookie(next(w, "COOKIE"));
	struct prefix_args a = { 0 };
	struct prefix p;
	struct genl g;
	int ret;

	parse_prefix(next(w, "PREFIX"), &p);
	prefix_take_args(w, &a);
	if (a.cookie && a.cookie != cookie)
		usage_error("two different cookies are given");
	a.cookie = cookie;
	if (genl_open(&g))
		return EXIT_REFUSED;
	ret = answer(&g, &p, &a);
	genl_close(&g);
	return ret ? genl_refused(&g) : EXIT_OK;
}

static int do_refuse(struct words *w)
{
	uint64_t cookie = parse_cookie(next(w, "COOKIE"));
	uint32_t error = EADDRNOTAVAIL;
	struct keyword keywords[] = {
		{ "error", ARG_ERRNO, &error, false },
	};
	struct nlmsghdr *nlh;
	struct genl g;
	int ret;

	take_keywords(w, keywords, ARRAY_SIZE(keywords));
	if (genl_open(&g))
		return EXIT_REFUSED;
	nlh = request(&g, ODMM_CMD_REQUEST_DONE, cookie);
	mnl_attr_put_u32(nlh, ODMM_A_REQUEST_ERROR, error);
	ret = genl_ask(&g, nlh, request_fields, NULL, NULL);
	genl_close(&g);
	return ret ? genl_refused(&g) : EXIT_OK;
}

static int request_run(struct words *w)
{
	if (!peek(w) || next_is(w, "show") || next_is(w, "list"))
		return do_show(w);
	if (next_is(w, "accept"))
		return do_accept(w);
	if (next_is(w, "done"))
		return do_done(w);
	if (next_is(w, "refuse"))
		return do_refuse(w);
	unknown_word(peek(w));
}

const struct object request_object = {
	"request",
	"Usage: odmm request [ show | list ] [ COOKIE ]\n"
	"       odmm request accept [ COOKIE ]\n"
	"       odmm request done COOKIE PREFIX dev DEV [ type TYPE ] [ home DEV ] [ onlink ]\n"
	"               [ valid_lft LIFETIME ] [ preferred_lft LIFETIME ] [ origin NAME ]\n"
	"       odmm request refuse COOKIE [ error ERROR ]\n"
	"TYPE := { fixed | session-lasting | non-persistent | graceful-replacement }\n"
	"LIFETIME := { SECONDS | forever }\n"
	"ERROR := { unsupported | unavailable | denied | timeout | EACCES | ... }\n",
	request_run
};
