// SPDX-License-Identifier: GPL-2.0
/*
 * What must survive a restart: one file per name, replaced as a whole. One that
 * cannot be read is put aside, and the others do not suffer by it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "source.h"
#include "state.h"

struct names {
	char file[NAME_MAX], new[NAME_MAX], aside[NAME_MAX];
};

static struct names names_of(const char *name)
{
	struct names n;

	snprintf(n.file, sizeof(n.file), "%s.json", name);
	snprintf(n.new, sizeof(n.new), "%s.json.new", name);
	snprintf(n.aside, sizeof(n.aside), "%s.json.corrupt", name);
	return n;
}

/* Two daemons with the same leases would take them from each other. */
int state_open(const char *folder)
{
	int fd;

	if (mkdir(folder, 0700) && errno != EEXIST) {
		say(LOG_ERR, "%s: %s", folder, strerror(errno));
		return -1;
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	say(LOG_ERR, "%s: %s", folder,
	    errno == EWOULDBLOCK ? "another odmmd keeps its state there (option -s)" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void put_aside(const struct daemon *d, const struct names *n, const json_error_t *error)
{
	say(LOG_ERR, "state: %s: line %d: %s; it is %s now, and what it said is not known any more",
	    n->file, error->line, error->text, n->aside);
	if (renameat(d->state_dir, n->file, d->state_dir, n->aside))
		say(LOG_ERR, "state: %s: %s", n->aside, strerror(errno));
}

static json_t *read_object(FILE *file, json_error_t *error)
{
	json_t *value = json_loadf(file, JSON_REJECT_DUPLICATES, error);

	if (!value || json_is_object(value))
		return value;
	json_decref(value);
	error->line = 1;
	strcpy(error->text, "not an object");
	return NULL;
}

json_t *state_load(const struct daemon *d, const char *name)
{
	const struct names n = names_of(name);
	int fd = openat(d->state_dir, n.file, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	json_error_t error;
	json_t *value;

	if (!file) {
		if (errno != ENOENT)
			say(LOG_ERR, "state: %s: %s", n.file, strerror(errno));
		return NULL;
	}
	value = read_object(file, &error);
	fclose(file);
	if (!value)
		put_aside(d, &n, &error);
	return value;
}

static int write_object(int fd, const json_t *value)
{
	if (json_dumpfd(value, fd, JSON_INDENT(1) | JSON_SORT_KEYS) || dprintf(fd, "\n") < 0)
		return -1;
	return fsync(fd);
}

/* On disk under its new name. */
static int write_new(const struct daemon *d, const struct names *n, const json_t *value)
{
	int fd = openat(d->state_dir, n->new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int ret;

	if (fd < 0)
		return -1;
	ret = write_object(fd, value);
	return close(fd) ? -1 : ret;
}

int state_save(const struct daemon *d, const char *name, const json_t *value)
{
	const struct names n = names_of(name);

	if (!write_new(d, &n, value) && !renameat(d->state_dir, n.new, d->state_dir, n.file) &&
	    !fsync(d->state_dir))
		return 0;
	say(LOG_ERR, "state: %s: %s", n.file, strerror(errno));
	return -1;
}
