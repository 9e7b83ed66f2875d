// SPDX-License-Identifier: GPL-2.0
/*
 * What odmmd remembers, as it is told on the command line.
 *
 *   state FOLDER STEP...
 *
 * STEP := load NAME | save NAME JSON
 */
#include <stdio.h>
#include <stdlib.h>
#include "../odmmd/source.h"
#include "../odmmd/state.h"

static void load(const struct daemon *d, const char *name)
{
	json_t *value = state_load(d, name);
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	printf("%s: %s\n", name, text ? text : "nothing");
	fflush(stdout);
	free(text);
	json_decref(value);
}

static void save(const struct daemon *d, const char *name, const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	printf("%s: %s\n", name, state_save(d, name, value) ? "not saved" : "saved");
	fflush(stdout);
	json_decref(value);
}

int main(int argc, char **argv)
{
	struct words w = { argc - 1, argv + 1 };
	struct daemon d = { 0 };
	const char *name;

	log_open(false);
	d.state_dir = state_open(next(&w, "FOLDER"));
	if (d.state_dir < 0)
		return EXIT_REFUSED;
	while (peek(&w)) {
		if (next_is(&w, "load")) {
			load(&d, next(&w, "NAME"));
		} else if (next_is(&w, "save")) {
			name = next(&w, "NAME");
			save(&d, name, next(&w, "JSON"));
		} else {
			no_more(&w);
		}
	}
	return EXIT_OK;
}
