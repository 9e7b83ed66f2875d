// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kworker.h"
#include "measure.h"

#define SECOND	1000000 /* us */
#define QUIET	20000000 /* instructions in a second, more than a sweep takes */

/* A process may be gone before we look at it. */
static int is_kworker(const char *pid)
{
	char path[300], name[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!fgets(name, sizeof(name), f))
		*name = 0;
	fclose(f);
	return !strncmp(name, "kworker/", 8);
}

static double run_time(const char *pid)
{
	struct timespec t;
	clockid_t clock;

	if (!is_kworker(pid) || clock_getcpuclockid(atoi(pid), &clock) ||
	    clock_gettime(clock, &t))
		return 0;
	return t.tv_sec * 1e9 + t.tv_nsec;
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
