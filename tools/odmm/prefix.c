// SPDX-License-Identifier: GPL-2.0
/*
 * odmm prefix: the typed prefixes of the network namespace.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "../common/attr.h"
#include "prefix.h"

/* "show" and "flush": which prefixes */
struct selector {
	uint32_t ifindex, type;
};

/* The words of "add" up to the end. */
void prefix_take_args(struct words *w, struct prefix_args *a)
{
	struct keyword keywords[] = {
		{ "valid_lft", ARG_SECONDS, &a->valid_lft, false },
		{ "preferred_lft", ARG_SECONDS, &a->preferred_lft, false },
		{ "dev", ARG_DEV, &a->ifindex, false },
		{ "type", ARG_TYPE, &a->type, false },
		{ "home", ARG_DEV, &a->home, false },
		{ "onlink", ARG_FLAG, &a->onlink, false },
		{ "origin", ARG_TEXT, &a->origin, false },
		{ "cookie", ARG_U64, &a->cookie, false },
	};

	take_keywords(w, keywords, ARRAY_SIZE(keywords));
	prefix_check_lifetimes(a, &keywords[0], &keywords[1]);
	if (!a->ifindex)
		usage_error("dev DEV is required");
}

/* Opens, asks once, closes; an exit code. */
static int run(int (*ask)(struct genl *g, const struct prefix *p, const struct prefix_args *a),
	       const struct prefix *p, const struct prefix_args *a)
{
	struct genl g;
	int ret;

	if (genl_open(&g))
		return EXIT_REFUSED;
	ret = ask(&g, p, a);
	genl_close(&g);
	return ret ? genl_refused(&g) : EXIT_OK;
}

static int do_add(struct words *w)
{
	struct prefix_args a = { 0 };
	struct prefix p;

	parse_prefix(next(w, "PREFIX"), &p);
	prefix_take_args(w, &a);
	if (!a.type)
		usage_error("type TYPE is required");
	return run(prefix_add, &p, &a);
}

static int do_change(struct words *w)
{
	struct prefix_args a = { 0 };
	struct prefix p;
	struct keyword keywords[] = {
		{ "valid_lft", ARG_SECONDS, &a.valid_lft, false },
		{ "preferred_lft", ARG_SECONDS, &a.preferred_lft, false },
		{ "dev", ARG_DEV, &a.ifindex, false },
	};

	parse_prefix(next(w, "PREFIX"), &p);
	take_keywords(w, keywords, ARRAY_SIZE(keywords));
	prefix_check_lifetimes(&a, &keywords[0], &keywords[1]);
	return run(prefix_change, &p, &a);
}

static int delete(struct genl *g, const struct prefix *p, bool force)
{
	struct nlmsghdr *nlh = prefix_request(g, ODMM_CMD_PREFIX_DEL, p);

	prefix_put_force(nlh, force);
	return genl_ask(g, nlh, prefix_fields, NULL, NULL);
}

static int do_del(struct words *w)
{
	struct prefix p;
	struct genl g;
	bool force;
	int ret;

	parse_prefix(next(w, "PREFIX"), &p);
	force = next_is(w, "force");
	no_more(w);
	if (genl_open(&g))
		return EXIT_REFUSED;
	ret = delete(&g, &p, force);
	genl_close(&g);
	return ret ? genl_refused(&g) : EXIT_OK;
}

static int do_withdraw(struct words *w)
{
	bool force = false;
	uint32_t grace;
	struct keyword keywords[] = {
		{ "grace", ARG_SECONDS, &grace, false },
		{ "force", ARG_FLAG, &force, false },
	};
	struct prefix p;
	struct genl g;
	int ret;

	parse_prefix(next(w, "PREFIX"), &p);
	take_keywords(w, keywords, ARRAY_SIZE(keywords));
	if (genl_open(&g))
		return EXIT_REFUSED;
	ret = prefix_withdraw(&g, &p, keywords[0].given ? &grace : NULL, force);
	genl_close(&g);
	return ret ? genl_refused(&g) : EXIT_OK;
}

static bool is_selected(const struct nlmsghdr *nlh, const void *arg)
{
	const struct selector *s = arg;

	return (!s->ifindex || s->ifindex == attr_u32(nlh, ODMM_A_PREFIX_IFINDEX)) &&
	       (!s->type || s->type == attr_u32(nlh, ODMM_A_PREFIX_TYPE));
}

static int show_one(struct words *w)
{
	struct prefix p;
	struct genl g;
	json_t *rows;

	parse_prefix(next(w, "PREFIX"), &p);
	no_more(w);
	if (genl_open(&g))
		return EXIT_REFUSED;
	rows = genl_rows(&g, prefix_request(&g, ODMM_CMD_PREFIX_GET, &p), prefix_fields,
			 NULL, NULL);
	if (rows)
		show_rows(prefix_fields, rows);
	genl_close(&g);
	return rows ? EXIT_OK : EXIT_REFUSED;
}

static int do_show(struct words *w)
{
	struct selector s = { 0 };
	struct keyword keywords[] = {
		{ "dev", ARG_DEV, &s.ifindex, false },
		{ "type", ARG_TYPE, &s.type, false },
	};

	if (peek(w) && strchr(peek(w), '/'))
		return show_one(w);
	take_keywords(w, keywords, ARRAY_SIZE(keywords));
	return show_all(ODMM_CMD_PREFIX_GET, prefix_fields, is_selected, &s);
}

/* Goes on after one that is in use, so that one call does what can be done. */
static int delete_all(struct genl *g, const json_t *rows, bool force)
{
	int ret, code = EXIT_OK;
	const char *name;
	struct prefix p;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		name = json_string_value(json_object_get(json_array_get(rows, i), "prefix"));
		parse_prefix(name, &p);
		ret = delete(g, &p, force);
		/* -ENOENT: went by itself in the meantime */
		if (!ret || ret == -ENOENT)
			continue;
		fprintf(stderr, "Error: odmm: %s: %s\n", name, g->refusal);
		code = EXIT_REFUSED;
		if (ret != -EBUSY)
			break;
	}
	return code;
}

static int do_flush(struct words *w)
{
	struct selector s = { 0 };
	bool force = false;
	struct keyword keywords[] = {
		{ "dev", ARG_DEV, &s.ifindex, false },
		{ "type", ARG_TYPE, &s.type, false },
		{ "force", ARG_FLAG, &force, false },
	};
	int code = EXIT_REFUSED;
	struct genl g;
	json_t *rows;

	take_keywords(w, keywords, ARRAY_SIZE(keywords));
	if (genl_open(&g))
		return EXIT_REFUSED;
	rows = genl_rows(&g, genl_request(&g, ODMM_CMD_PREFIX_GET, NLM_F_DUMP), prefix_fields,
			 is_selected, &s);
	if (rows)
		code = delete_all(&g, rows, force);
	json_decref(rows);
	genl_close(&g);
	return code;
}

static int prefix_run(struct words *w)
{
	if (!peek(w) || next_is(w, "show") || next_is(w, "list"))
		return do_show(w);
	if (next_is(w, "add"))
		return do_add(w);
	if (next_is(w, "change"))
		return do_change(w);
	if (next_is(w, "delete"))
		return do_del(w);
	if (next_is(w, "withdraw"))
		return do_withdraw(w);
	if (next_is(w, "flush"))
		return do_flush(w);
	unknown_word(peek(w));
}

const struct object prefix_object = {
	"prefix",
	"Usage: odmm prefix [ show | list ] [ PREFIX | [ dev DEV ] [ type TYPE ] ]\n"
	"       odmm prefix add PREFIX dev DEV type TYPE [ home DEV ] [ onlink ]\n"
	"               [ valid_lft LIFETIME ] [ preferred_lft LIFETIME ]\n"
	"               [ origin NAME ] [ cookie COOKIE ]\n"
	"       odmm prefix change PREFIX [ dev DEV ] [ valid_lft LIFETIME ]\n"
	"               [ preferred_lft LIFETIME ]\n"
	"       odmm prefix withdraw PREFIX [ grace LIFETIME ] [ force ]\n"
	"       odmm prefix del PREFIX [ force ]\n"
	"       odmm prefix flush [ dev DEV ] [ type TYPE ] [ force ]\n"
	"TYPE := { fixed | session-lasting | non-persistent | graceful-replacement }\n"
	"LIFETIME := { SECONDS | forever }\n",
	prefix_run
};
