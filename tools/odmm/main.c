// SPDX-License-Identifier: GPL-2.0
/*
 * odmm: on-demand mobility (RFC 8653) on the command line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../common/netns.h"
#include "show.h"

struct options options;
/* In the order of an abbreviation's meaning: "p" is prefix. */
static const struct object * const objects[] = {
	&prefix_object,
	&request_object,
	&agent_object,
	&session_object,
	&stats_object,
	&monitor_object,
	&setsc_object,
	&policy_object,
	&debug_report_object,
};

static const char usage[] =
	"Usage: odmm [ OPTIONS ] OBJECT { COMMAND | help }\n"
	"where  OBJECT := { prefix | request | agent | session | stats | monitor | setsc | policy |\n"
	"                   debug-report }\n"
	"       OPTIONS := { -V[ersion] | -h[elp] | -j[son] | -p[retty] | -t[imestamp] | -ts[hort] |\n"
	"                    -n[etns] NAME }\n";

static const struct object *find_object(const char *word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		if (is(word, objects[i]->name))
			return objects[i];
	usage_error("object \"%s\" is unknown, try \"odmm help\".", word);
}

static void print_and_exit(const char *text)
{
	fputs(text, stdout);
	exit(show_end());
}

static void take_option(const char *option, struct words *w)
{
	/* Both dashes will do, as with ip(8). */
	if (option[1] == '-')
		option++;
	if (is(option, "-json"))
		options.json = true;
	else if (is(option, "-pretty"))
		options.pretty = true;
	else if (is(option, "-timestamp") || is(option, "-tshort"))
		options.timestamp = true;
	else if (is(option, "-netns"))
		netns_enter(next(w, "NAME"));
	else if (is(option, "-help"))
		print_and_exit(usage);
	else if (is(option, "-Version"))
		print_and_exit("odmm " ODMM_VERSION "\n");
	else
		usage_error("option \"%s\" is unknown, try \"odmm -help\".", option);
}

int main(int argc, char **argv)
{
	struct words w = { argc - 1, argv + 1 };
	const struct object *object;
	static char help[64];
	int code, end;

	help_command = "odmm help";
	while (peek(&w) && peek(&w)[0] == '-')
		take_option(next(&w, "OPTION"), &w);
	if (!peek(&w)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (next_is(&w, "help"))
		print_and_exit(usage);
	object = find_object(next(&w, "OBJECT"));
	snprintf(help, sizeof(help), "odmm %s help", object->name);
	help_command = help;
	if (next_is(&w, "help"))
		print_and_exit(object->grammar);
	code = object->run(&w);
	end = show_end();
	return code ? code : end;
}
