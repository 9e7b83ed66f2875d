// SPDX-License-Identifier: GPL-2.0
/*
 * odmm stats: the counters.
 */
#include "show.h"

static int stats_run(struct words *w)
{
	json_t *rows;
	struct genl g;

	next_is(w, "show");
	no_more(w);
	if (genl_open(&g))
		return EXIT_REFUSED;
	rows = genl_rows(&g, genl_request(&g, ODMM_CMD_STATS_GET, 0), stats_fields, NULL, NULL);
	if (rows)
		show_columns(stats_fields, rows);
	genl_close(&g);
	return rows ? EXIT_OK : EXIT_REFUSED;
}

const struct object stats_object = {
	"stats",
	"Usage: odmm stats [ show ]\n",
	stats_run
};
