// SPDX-License-Identifier: GPL-2.0
/*
 * odmm policy: what the administrator decides.
 */
#include <string.h>
#include "../common/attr.h"
#include "settings.h"

static bool is_selected(const struct nlmsghdr *nlh, const void *arg)
{
	const uint32_t *type = arg;

	return !*type || *type == attr_u32(nlh, ODMM_A_POLICY_TYPE);
}

/* Who may ask is told in one way only; the fields are named like the ways. */
static void drop_other_access(json_t *row)
{
	const char *access = json_string_value(json_object_get(row, "access"));
	static const char * const ways[] = { "group", "capability" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		if (!access || strcmp(access, ways[i]))
			json_object_del(row, ways[i]);
}

static int do_show(struct words *w)
{
	uint32_t type = 0;
	struct keyword keywords[] = {
		{ "type", ARG_TYPE, &type, false },
	};
	struct genl g;
	json_t *rows;
	size_t i;

	take_keywords(w, keywords, ARRAY_SIZE(keywords));
	if (genl_open(&g))
		return EXIT_REFUSED;
	rows = genl_rows(&g, genl_request(&g, ODMM_CMD_POLICY_GET, NLM_F_DUMP), policy_fields,
			 is_selected, &type);
	for (i = 0; i < json_array_size(rows); i++)
		drop_other_access(json_array_get(rows, i));
	if (rows)
		show_rows(policy_fields, rows);
	genl_close(&g);
	return rows ? EXIT_OK : EXIT_REFUSED;
}

static int do_set(struct words *w)
{
	struct settings s;
	struct nlmsghdr *nlh;
	struct genl g;
	int ret;

	settings_take(w, &s);
	if (settings_load_secret(&s))
		return EXIT_USAGE;
	if (genl_open(&g))
		return EXIT_REFUSED;
	nlh = genl_request(&g, ODMM_CMD_POLICY_SET, 0);
	settings_put(nlh, &s);
	ret = genl_ask(&g, nlh, policy_fields, NULL, NULL);
	genl_close(&g);
	return ret ? genl_refused(&g) : EXIT_OK;
}

static int policy_run(struct words *w)
{
	if (!peek(w) || next_is(w, "show") || next_is(w, "list"))
		return do_show(w);
	if (next_is(w, "set"))
		return do_set(w);
	unknown_word(peek(w));
}

const struct object policy_object = {
	"policy",
	"Usage: odmm policy [ show | list ] [ type TYPE ]\n"
	"       odmm policy set [ type TYPE ] [ access ACCESS ] [ linger LIFETIME ]\n"
	"               [ grace LIFETIME ] [ max-age { SECONDS | none } ]\n"
	"               [ max-bytes { SIZE | none } ] [ timeout { MILLISECONDS | none } ]\n"
	"               [ abort { on | off } ] [ share { all | uid } ]\n"
	"       odmm policy set [ sessions N ] [ pending N ] [ held N ]\n"
	"               [ on-net-rate { N | none } ] [ on-net-burst N ] [ requests-max N ]\n"
	"               [ prefixes-max N ] [ default-types { none | TYPE[,TYPE]... } ]\n"
	"               [ rfc5014 { on | off } ] [ secret FILE [ create ] ]\n"
	"TYPE := { fixed | session-lasting | non-persistent | graceful-replacement }\n"
	"ACCESS := { all | group GID[-GID] | capability CAPABILITY }\n"
	"LIFETIME := { SECONDS | forever }\n"
	"SIZE := BYTES[ K | M | G | T ]\n"
	"Without a type the first form is about all types. The second is about the network\n"
	"namespace; both may be in one command, of which everything is done or nothing.\n"
	"FILE holds 32 hexadecimal digits, the key of the interface identifiers of fixed\n"
	"addresses. With \"create\" it is made if there is none, so that these addresses\n"
	"are the same after a reboot.\n",
	policy_run
};
