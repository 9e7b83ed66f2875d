// SPDX-License-Identifier: GPL-2.0
/*
 * odmm debug-report: what whoever looks for a fault would ask for.
 *
 * The secret of policy is not in it: the kernel does not give it away, and no
 * file of it is read here.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include "run.h"
#include "show.h"

#define SYSCTLS		"/proc/sys/net/ipv6/conf/*/"
#define TRACING		"/sys/kernel/tracing/"
#define LOG_LINES	200
#define MAX_ARGS	8

enum {
	SYSLOG_ACTION_READ_ALL = 3,
	SYSLOG_ACTION_SIZE_BUFFER = 10,
};

/* A command to run, files to print by a pattern, or a function of its own */
struct section {
	const char *title;
	const char *argv[MAX_ARGS];
	const char *files;
	bool (*print)(void);
};

static bool print_log(void);

static const struct section sections[] = {
	{ "command", { "odmm", "-V" }, NULL, NULL },
	{ "kernel", { "uname", "-srvm" }, NULL, NULL },
	{ "kernel taint", { NULL }, "/proc/sys/kernel/tainted", NULL },
	{ "module loaded", { NULL }, "/sys/module/odmm/{version,srcversion,refcnt,taint}", NULL },
	{ "module installed", { "modinfo", "odmm" }, NULL, NULL },
	{ "prefixes", { "odmm", "-j", "prefix" }, NULL, NULL },
	{ "requests", { "odmm", "-j", "request" }, NULL, NULL },
	{ "agents", { "odmm", "-j", "agent" }, NULL, NULL },
	{ "sessions", { "odmm", "-j", "session" }, NULL, NULL },
	{ "stats", { "odmm", "-j", "stats" }, NULL, NULL },
	{ "policy", { "odmm", "-j", "policy" }, NULL, NULL },
	{ "addresses", { "ip", "-d", "-6", "addr" }, NULL, NULL },
	{ "routes", { "ip", "-6", "route", "show", "table", "all" }, NULL, NULL },
	{ "rules", { "ip", "-6", "rule" }, NULL, NULL },
	{ "sysctls", { NULL },
	  SYSCTLS "{use_oif_addrs_only,keep_addr_on_down,disable_ipv6,forwarding,accept_ra}", NULL },
	{ "tracing", { NULL }, TRACING "{tracing_on,events/odmm/{enable,*/enable}}", NULL },
	{ "kernel log", { NULL }, NULL, print_log },
};

static bool print_file(const char *name)
{
	FILE *file = fopen(name, "re");
	char line[256];

	if (!file) {
		printf("failed: %s: %m\n", name);
		return false;
	}
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	printf("%s: %s\n", name, line);
	return true;
}

static bool print_files(const char *pattern)
{
	bool good = true;
	glob_t found;
	size_t i;

	if (glob(pattern, GLOB_BRACE, NULL, &found)) {
		puts("failed: there are no such files");
		return false;
	}
	for (i = 0; i < found.gl_pathc; i++)
		good &= print_file(found.gl_pathv[i]);
	globfree(&found);
	return good;
}

/* The last lines of the text that name the module. */
static void print_lines_of_odmm(char *text)
{
	const char *lines[LOG_LINES];
	size_t n = 0, i;
	char *line;

	while ((line = strsep(&text, "\n")))
		if (strstr(line, "odmm"))
			lines[n++ % LOG_LINES] = line;
	for (i = n > LOG_LINES ? n - LOG_LINES : 0; i < n; i++)
		puts(lines[i % LOG_LINES]);
}

static bool print_log(void)
{
	int size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0), len = -1;
	char *text = size > 0 ? malloc((size_t)size + 1) : NULL;

	if (text)
		len = klogctl(SYSLOG_ACTION_READ_ALL, text, size);
	if (len < 0) {
		printf("failed: %m\n");
	} else {
		text[len] = '\0';
		print_lines_of_odmm(text);
	}
	free(text);
	return len >= 0;
}

static bool print_command(const struct section *s)
{
	char *argv[MAX_ARGS + 1] = { NULL };
	size_t i;

	putchar('$');
	for (i = 0; i < MAX_ARGS && s->argv[i]; i++) {
		argv[i] = (char *)s->argv[i];
		printf(" %s", s->argv[i]);
	}
	putchar('\n');
	return run_program(argv);
}

static bool print_section(const struct section *s)
{
	printf("== %s ==\n", s->title);
	if (s->argv[0])
		return print_command(s);
	return s->files ? print_files(s->files) : s->print();
}

/* What fails says something too, so it is no end, and no failure of this. */
static int debug_report_run(struct words *w)
{
	bool failed[ARRAY_SIZE(sections)];
	size_t i, n = 0;

	no_more(w);
	for (i = 0; i < ARRAY_SIZE(sections); i++)
		failed[i] = !print_section(&sections[i]);
	puts("== failed ==");
	for (i = 0; i < ARRAY_SIZE(sections); i++)
		if (failed[i] && ++n)
			puts(sections[i].title);
	if (!n)
		puts("nothing");
	return EXIT_OK;
}

const struct object debug_report_object = {
	"debug-report",
	"Usage: odmm debug-report\n"
	"Prints what a bug report needs: versions, all objects of odmm, addresses, routes,\n"
	"sysctls and the lines of the kernel log about odmm. Run it as root to have all of\n"
	"it. It tells addresses and user numbers, but not the secret of policy.\n",
	debug_report_run
};
