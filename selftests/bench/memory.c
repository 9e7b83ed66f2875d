// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kworker.h"
#include "measure.h"
#include "memory.h"
#include "report.h"

#define SESSIONS	"/sys/kernel/slab/odmm_session/"
#define SESSION_MAX	256 /* bytes */

static FILE *must_open(const char *path)
{
	FILE *f = fopen(path, "r");

	must(!!f, path);
	return f;
}

static double read_number(const char *path)
{
	FILE *f = must_open(path);
	double value = 0;

	must(fscanf(f, "%lf", &value) == 1, path);
	fclose(f);
	return value;
}

/* The kernel writes down at leisure what each CPU has taken: have it done. */
static void refresh(void)
{
	FILE *f;

	kworker_quiet();
	f = fopen("/proc/sys/vm/stat_refresh", "w");
	must(f && fputs("1", f) >= 0 && !fclose(f), "stat_refresh");
}

/* Tables that are too large for a cache are among Slab or VmallocUsed. */
static double read_total(void)
{
	FILE *f = must_open("/proc/meminfo");
	char line[128], name[64];
	double kb, sum = 0;

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[^:]: %lf", name, &kb) == 2 &&
		    (!strcmp(name, "Slab") || !strcmp(name, "VmallocUsed") ||
		     !strcmp(name, "Percpu")))
			sum += 1024 * kb;
	fclose(f);
	return sum;
}

static void read_caches(struct memory *m)
{
	double page = sysconf(_SC_PAGESIZE), pages, slabs;
	FILE *f = must_open("/proc/slabinfo");
	char line[512], name[64];

	m->caches = 0;
	m->index = 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %*u %*u %*u %*u %lf : tunables %*u %*u %*u : slabdata %*u %lf",
			   name, &pages, &slabs) != 3)
			continue;
		m->caches += page * pages * slabs;
		if (!strcmp(name, "radix_tree_node"))
			m->index = page * pages * slabs;
	}
	fclose(f);
}

/* It may be a cache that others with objects of the same size share. */
static double read_sessions(void)
{
	double page = sysconf(_SC_PAGESIZE);
	unsigned int order = read_number(SESSIONS "order");

	return page * (1 << order) * read_number(SESSIONS "slabs");
}

void memory_read(struct memory *m)
{
	refresh();
	m->total = read_total();
	read_caches(m);
	m->sessions = read_sessions();
}

static void figure(const char *name, double bytes, double sockets)
{
	report_figure(name, bytes / sockets);
}

void memory_report(const struct memory *before, const struct memory *after,
		   double sockets)
{
	double total = after->total - before->total;
	double caches = after->caches - before->caches;
	double sessions = after->sessions - before->sessions;
	double index = after->index - before->index;
	static const char charging[] =
		"session, bytes in other caches (charging)";

	report_figure("session, bytes of the object",
		      read_number(SESSIONS "object_size"));
	figure("session, bytes of memory in objects", sessions, sockets);
	figure("session, bytes in the index by number", index, sockets);
	figure(charging, caches - sessions - index, sockets);
	report_loose(charging, "others use these caches, too");
	figure("session, bytes in the table by socket", total - caches, sockets);
	report_target("kernel memory per session of 100,000, bytes",
		      total / sockets, 0, SESSION_MAX);
}
