// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kworker.h"
#include "measure.h"

#define SECOND	1000000 /* us */
#define QUIET	20000000 /* instructions in a second, more than a sweep takes */

/* The first line of a file of a process, "" if that is gone. */
static void first_line(const char *pid, const char *name, char *line, int size)
{
	char path[300];
	FILE *f;

	*line = 0;
	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	f = fopen(path, "r");
	if (!f)
		return;
	if (!fgets(line, size, f))
		*line = 0;
	fclose(f);
}

static double run_time(const char *pid)
{
	char line[128];

	first_line(pid, "comm", line, sizeof(line));
	if (strncmp(line, "kworker/", 8))
		return 0;
	first_line(pid, "schedstat", line, sizeof(line));
	return strtod(line, NULL);
}

double kworker_time(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	double sum = 0;

	must(!!proc, "/proc");
	while ((entry = readdir(proc)))
		if (atoi(entry->d_name))
			sum += run_time(entry->d_name);
	closedir(proc);
	return sum;
}

void kworker_quiet(void)
{
	double before, now = kworker_time();

	do {
		before = now;
		usleep(SECOND);
		now = kworker_time();
	} while (now > before + QUIET);
}
