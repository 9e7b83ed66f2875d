// SPDX-License-Identifier: GPL-2.0
/*
 * odmm-run: a program that knows nothing of odmm, with addresses of a type.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "program.h"
#include "unit.h"
#include "wish.h"

#define LIBRARY "libodmm-preload.so"

static const char usage[] =
	"Usage: odmm-run WISH [--] PROGRAM [ARGUMENT...]\n"
	"       odmm-run enable WISH [--dry-run] [--root DIR] SERVICE\n"
	"       odmm-run disable [--dry-run] [--root DIR] SERVICE\n"
	"       odmm-run status [--root DIR] SERVICE\n"
	"WISH := --type TYPE [--on-net] [--timeout { MILLISECONDS | none }] [--fallback]\n"
	"TYPE := { fixed | session-lasting | non-persistent | graceful-replacement }\n";

struct line {
	struct wish wish;
	struct unit unit;
	char **rest;		/* of the words */
};

/* Bits, that getopt_long() has no letter for */
enum {
	OPT_TYPE	= 0x100,
	OPT_ON_NET	= 0x200,
	OPT_TIMEOUT	= 0x400,
	OPT_FALLBACK	= 0x800,
	OPT_DRY_RUN	= 0x1000,
	OPT_ROOT	= 0x2000,
	OPT_HELP	= 0x4000,

	/* Which of them go with what */
	WISH_OPTIONS	= OPT_TYPE | OPT_ON_NET | OPT_TIMEOUT | OPT_FALLBACK,
	UNIT_OPTIONS	= OPT_DRY_RUN | OPT_ROOT,
};

static const struct option options[] = {
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "on-net", no_argument, NULL, OPT_ON_NET },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "fallback", no_argument, NULL, OPT_FALLBACK },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 }
};

static void __attribute__((noreturn)) help(void)
{
	fputs(usage, stdout);
	exit(fflush(stdout) ? EXIT_FAILED : 0);
}

static void __attribute__((noreturn)) wrong_usage(void)
{
	fputs(usage, stderr);
	exit(EXIT_FAILED);
}

static void take_option(struct line *line, int option)
{
	switch (option) {
	case OPT_TYPE:
		line->wish.type = sc_type_from_name(optarg);
		if (!line->wish.type)
			errx(EXIT_FAILED, "\"%s\" is no type; there are fixed, session-lasting, non-persistent and graceful-replacement",
			     optarg);
		break;
	case OPT_ON_NET:
		line->wish.flags = IPV6_REQUIRE_SRC_ON_NET;
		break;
	case OPT_TIMEOUT:
		if (!wish_timeout(optarg, &line->wish.timeout))
			errx(EXIT_FAILED, "\"%s\" is no timeout: milliseconds, or none", optarg);
		break;
	case OPT_FALLBACK:
		line->wish.fallback = true;
		break;
	case OPT_DRY_RUN:
		line->unit.dry_run = true;
		break;
	case OPT_ROOT:
		line->unit.root = optarg;
		break;
	case OPT_HELP:
		help();
	default:
		wrong_usage();
	}
}

/* Up to the first word that is none: what follows is the program's. */
static void take_line(struct line *line, int argc, char **argv, int allowed)
{
	int option;

	memset(line, 0, sizeof(*line));
	line->unit.root = "";
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		take_option(line, option);
		if (!(allowed & option))
			wrong_usage();
	}
	line->rest = argv + optind;
	if (!line->rest[0])
		wrong_usage();
}

static void require_type(const struct line *line)
{
	if (!line->wish.type)
		errx(EXIT_FAILED, "--type TYPE is required");
}

/* Beside this program, in the build tree and where both are installed. */
static void find_library(char path[PATH_MAX])
{
	char self[PATH_MAX], beside[PATH_MAX + sizeof("/../lib/" LIBRARY)];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		err(EXIT_FAILED, "/proc/self/exe");
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(beside, sizeof(beside), "%s/../lib/" LIBRARY, self);
	if (!realpath(beside, path) && !realpath(ODMM_LIBDIR "/" LIBRARY, path))
		err(EXIT_FAILED, LIBRARY);
	/* The linker ends a name there, and systemd replaces some of them. */
	if (strpbrk(path, " \t\n:;%\"'\\$"))
		errx(EXIT_FAILED, "%s: such a name cannot be preloaded", path);
}

/* Without the module each call would fail, or none would have any effect. */
static void check_module(void)
{
	int type, fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(type);

	if (fd < 0)
		err(EXIT_FAILED, "no IPv6");
	if (getsockopt(fd, IPPROTO_IPV6, IPV6_SC_TYPE, &type, &len)) {
		if (errno == ENOPROTOOPT)
			errx(EXIT_FAILED, "the kernel module is not loaded: modprobe odmm");
		err(EXIT_FAILED, "odmm");
	}
	close(fd);
}

static void set_variable(const char *name, const char *value)
{
	if (setenv(name, value, 1))
		err(EXIT_FAILED, "%s", name);
}

/* In front of what others have there. */
static void set_environment(const struct wish *wish)
{
	const char *others = getenv("LD_PRELOAD");
	char library[PATH_MAX], text[WISH_SIZE], *all;

	find_library(library);
	if (asprintf(&all, "%s%s%s", library, others && *others ? ":" : "",
		     others ? others : "") < 0)
		err(EXIT_FAILED, "LD_PRELOAD");
	set_variable("LD_PRELOAD", all);
	free(all);
	wish_print(wish, text);
	set_variable(WISH_VARIABLE, text);
}

static int run(int argc, char **argv)
{
	char path[PATH_MAX];
	struct line line;

	take_line(&line, argc, argv, WISH_OPTIONS);
	require_type(&line);
	if (!program_find(line.rest[0], path, sizeof(path)))
		errx(EXIT_NOT_FOUND, "%s: not found", line.rest[0]);
	program_check(path);
	if (!line.wish.fallback)
		check_module();
	set_environment(&line.wish);
	execvp(path, line.rest);
	err(EXIT_CANNOT_RUN, "%s", path);
}

static void take_unit(struct line *line, int argc, char **argv, int allowed)
{
	argv[1] = argv[0];	/* for messages */
	take_line(line, argc - 1, argv + 1, allowed);
	if (line->rest[1])
		wrong_usage();
	unit_name(&line->unit, line->rest[0]);
}

static int enable(int argc, char **argv)
{
	char library[PATH_MAX];
	struct line line;

	take_unit(&line, argc, argv, WISH_OPTIONS | UNIT_OPTIONS);
	require_type(&line);
	find_library(library);
	return unit_enable(&line.unit, &line.wish, library);
}

static int disable(int argc, char **argv)
{
	struct line line;

	take_unit(&line, argc, argv, UNIT_OPTIONS);
	return unit_disable(&line.unit);
}

static int status(int argc, char **argv)
{
	struct line line;

	take_unit(&line, argc, argv, UNIT_OPTIONS);
	return unit_status(&line.unit);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} verbs[] = { { "enable", enable }, { "disable", disable }, { "status", status } };
	int ret;
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!argv[1] || strcmp(argv[1], verbs[i].name))
			continue;
		ret = verbs[i].run(argc, argv);
		if (fflush(stdout))
			err(EXIT_FAILED, "write");
		return ret;
	}
	return run(argc, argv);
}
