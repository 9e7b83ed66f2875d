// SPDX-License-Identifier: GPL-2.0
/*
 * odmm agent: who answers requests.
 */
#include <stdlib.h>
#include "agent.h"

static int do_run(struct words *w)
{
	static struct plan plan;
	int code;

	plan_take(w, &plan);
	code = serve(&plan);
	plan_free(&plan);
	return code;
}

static int agent_run(struct words *w)
{
	if (next_is(w, "run"))
		return do_run(w);
	if (!next_is(w, "show"))
		next_is(w, "list");
	no_more(w);
	return show_all(ODMM_CMD_AGENT_GET, agent_fields, NULL, NULL);
}

const struct object agent_object = {
	"agent",
	"Usage: odmm agent [ show | list ]\n"
	"       odmm agent run { GROUP | file FILE } ... [ name NAME ] [ claim-dev DEV ] ...\n"
	"               [ count ANSWERS ]\n"
	"GROUP := type TYPE { pool PREFIX [ sub-len LENGTH ] dev DEV [ ANSWER ] |\n"
	"                     refuse ERROR | stall } [ delay MILLISECONDS ]\n"
	"ANSWER := [ home DEV ] [ onlink ] [ valid_lft LIFETIME ] [ preferred_lft LIFETIME ]\n"
	"          [ origin NAME ] [ limit PREFIXES ] [ lie type TYPE ]\n"
	"TYPE := { fixed | session-lasting | non-persistent | graceful-replacement }\n"
	"LIFETIME := { SECONDS | forever }\n"
	"ERROR := { unsupported | unavailable | denied | timeout | EACCES | ... }\n"
	"FILE holds the same words, # begins a comment. Prefixes that are gone return to\n"
	"their pool; limit is how many may be out at a time.\n",
	agent_run
};
