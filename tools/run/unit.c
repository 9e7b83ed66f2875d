// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "private.h"
#include "program.h"
#include "unit.h"

#define SUFFIX	".service"
#define LINE	"Environment=\"" WISH_VARIABLE "="

/* Where systemd looks for units, in its order. */
static const char * const unit_dirs[] = {
	"/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
	"/run/systemd/generator.late",
};

/* Ends the process rather than use half a path. */
static void join(char path[PATH_MAX], const char *a, const char *b, const char *c)
{
	if (snprintf(path, PATH_MAX, "%s%s%s", a, b, c) >= PATH_MAX)
		errx(EXIT_FAILED, "%s: too long", c);
}

static bool unit_exists(const struct unit *unit, const char *name)
{
	char dir[PATH_MAX], path[PATH_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unit_dirs); i++) {
		join(dir, unit->root, unit_dirs[i], "/");
		join(path, dir, "", name);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

/* The unit of "ssh@1.service" is "ssh@.service". */
static bool template_exists(const struct unit *unit)
{
	const char *at = strchr(unit->name, '@');
	char name[PATH_MAX];

	if (!at)
		return false;
	snprintf(name, sizeof(name), "%.*s" SUFFIX, (int)(at - unit->name + 1), unit->name);
	return unit_exists(unit, name);
}

void unit_name(struct unit *unit, const char *name)
{
	const char *dot = strrchr(name, '.');
	bool bare = !dot || strcmp(dot, SUFFIX);

	if (!*name || *name == '.' || strchr(name, '/') ||
	    snprintf(unit->name, sizeof(unit->name), "%s%s", name, bare ? SUFFIX : "") >=
	    (int)sizeof(unit->name))
		errx(EXIT_FAILED, "\"%s\" is no name of a service", name);
	if (!unit_exists(unit, unit->name) && !template_exists(unit))
		errx(EXIT_FAILED, "there is no service %s", unit->name);
	join(unit->dir, unit->root, "/etc/systemd/system/", unit->name);
	strncat(unit->dir, ".d", sizeof(unit->dir) - strlen(unit->dir) - 1);
	join(unit->file, unit->dir, "/", "odmm.conf");
}

static void print_drop_in(FILE *f, const struct wish *wish, const char *library)
{
	char text[WISH_SIZE];

	wish_print(wish, text);
	fprintf(f, "# Made by odmm-run enable; odmm-run disable removes it.\n"
		   "[Service]\n"
		   "Environment=\"LD_PRELOAD=%s\"\n"
		   LINE "%s\"\n", library, text);
}

static void make_dir(const char *dir)
{
	char path[PATH_MAX];
	char *slash;

	join(path, dir, "/", "");
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			err(EXIT_FAILED, "%s", path);
		*slash = '/';
	}
}

/* The old one or the new one is there, whatever happens. */
static void write_drop_in(const struct unit *unit, const struct wish *wish, const char *library)
{
	char path[PATH_MAX];
	FILE *f;

	join(path, unit->file, ".new", "");
	f = fopen(path, "we");
	if (!f)
		err(EXIT_FAILED, "%s", path);
	print_drop_in(f, wish, library);
	if (fflush(f) || fsync(fileno(f)) || fclose(f) || rename(path, unit->file)) {
		warn("%s", path);
		unlink(path);
		exit(EXIT_FAILED);
	}
}

static void advise(const struct unit *unit)
{
	printf("to be in force: systemctl daemon-reload && systemctl restart %s\n", unit->name);
}

int unit_enable(const struct unit *unit, const struct wish *wish, const char *library)
{
	if (unit->dry_run) {
		printf("%s:\n", unit->file);
		print_drop_in(stdout, wish, library);
		return 0;
	}
	make_dir(unit->dir);
	write_drop_in(unit, wish, library);
	advise(unit);
	return 0;
}

int unit_disable(const struct unit *unit)
{
	if (unit->dry_run) {
		printf("remove %s\n", unit->file);
		return 0;
	}
	if (unlink(unit->file)) {
		if (errno != ENOENT)
			err(EXIT_FAILED, "%s", unit->file);
		return 0;
	}
	/* Somebody else may have files in it. */
	if (rmdir(unit->dir) && errno != ENOTEMPTY)
		err(EXIT_FAILED, "%s", unit->dir);
	advise(unit);
	return 0;
}

/* The wish in a line of the file; NULL if it is another line. */
static const char *wish_of(char *line)
{
	if (strncmp(line, LINE, strlen(LINE)))
		return NULL;
	line += strlen(LINE);
	line[strcspn(line, "\"\n")] = '\0';
	return line;
}

/* As systemctl is-enabled: the word, and 1 for disabled. */
int unit_status(const struct unit *unit)
{
	char line[sizeof(LINE) + WISH_SIZE + 2];
	FILE *f = fopen(unit->file, "re");
	const char *wish = NULL;

	if (!f && errno != ENOENT)
		err(EXIT_FAILED, "%s", unit->file);
	while (f && !wish && fgets(line, sizeof(line), f))
		wish = wish_of(line);
	if (f)
		fclose(f);
	if (wish)
		printf("enabled %s\n", wish);
	else
		puts("disabled");
	return !wish;
}
