// SPDX-License-Identifier: GPL-2.0
#include <linux/odmm.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "measure.h"
#include "report.h"
#include "series.h"
#include "ways.h"

#define RUNS	4001

static void run_setsc(void *ctx)
{
	struct in6_addr addr;

	bench_setsc(*(int *)ctx, ODMM_TYPE_SESSION_LASTING, &addr);
}

static void open_free(void *ctx)
{
	*(int *)ctx = bench_socket(SOCK_DGRAM);
}

static void open_session(void *ctx)
{
	open_free(ctx);
	run_setsc(ctx);
}

static void open_bound(void *ctx)
{
	open_free(ctx);
	must(!setsockopt(*(int *)ctx, SOL_SOCKET, SO_BINDTODEVICE, SPACE_LINK,
			 strlen(SPACE_LINK)), "SO_BINDTODEVICE");
}

static void close_it(void *ctx)
{
	close(*(int *)ctx);
}

struct way {
	const char *name;
	struct op op;
};

static const struct way ways[] = {
	{ "IPV6_SETSC with session", { open_session, run_setsc, close_it } },
	{ "first IPV6_SETSC", { open_free, run_setsc, close_it } },
	{ "first IPV6_SETSC, bound to a link",
	  { open_bound, run_setsc, close_it } },
};

#define WAYS	(sizeof(ways) / sizeof(ways[0]))

void ways_rows(const struct growth *g, unsigned int stage)
{
	const struct way *w;
	struct samples s;
	int fd;

	for (w = ways; w < ways + WAYS; w++) {
		s = (struct samples){ 0 };
		measure_op(&s, &w->op, &fd, RUNS);
		series_point(report_name("asking, by ", g->of), w->name,
			     g->at[stage],
			     report_row(report_name(w->name, g->suffix[stage]),
					&s));
	}
}

static double median(const struct way *w, const char *suffix)
{
	return report_median(report_name(w->name, suffix));
}

void ways_targets(const struct growth *g)
{
	const char *last = g->suffix[STAGES - 1];
	const struct way *w;

	for (w = ways; w < ways + WAYS; w++)
		report_target(report_name(report_name(w->name, last), " / 1"),
			      median(w, last) / median(w, g->suffix[0]), 0,
			      g->ratio_max);
}
