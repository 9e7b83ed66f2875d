// SPDX-License-Identifier: GPL-2.0
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "connect.h"
#include "growth.h"
#include "report.h"
#include "series.h"

#define RUNS		101
#define TOLERANCE	.2 /* % */
#define FIRST_MAX	2 /* %, for a tree of routes with one level more */

static const struct growth growth = {
	.of = "typed addresses",
	.at = { 0, 100, 10000 },
	.suffix = { ", no typed address", ", 100 typed addresses",
	  ", 10,000 typed addresses" },
};

/* Where the source address comes from: any interface, or the outgoing one. */
static const char *const names[] = { "connect()", "connect(), oif" };

static double median[2][STAGES];

void connect_open(void *ctx)
{
	struct connection *c = ctx;

	c->fd = bench_socket(SOCK_DGRAM);
}

void connect_run(void *ctx)
{
	struct connection *c = ctx;

	must(!connect(c->fd, (struct sockaddr *)&c->remote, sizeof(c->remote)),
	     "connect");
}

void connect_close(void *ctx)
{
	struct connection *c = ctx;

	close(c->fd);
}

static void row(bool oif, unsigned int stage)
{
	static const struct op op = { connect_open, connect_run,
				      connect_close };
	struct connection c = { .remote = space_remote() };
	struct samples s = { 0 };

	space_oif_only(oif);
	measure_op(&s, &op, &c, RUNS);
	median[oif][stage] = report_row(report_name(names[oif],
						    growth.suffix[stage]), &s);
	series_point("connect() of others, by typed addresses", names[oif],
		     growth.at[stage], median[oif][stage]);
}

void connect_rows(unsigned int stage)
{
	row(false, stage);
	row(true, stage);
}

static void target(const char *name, double from, double to, double tolerance)
{
	report_target(name, 100 * (to - from) / from, -tolerance, tolerance);
}

/* Without "oif" the kernel looks at each address, whoever it is of. */
void connect_targets(void)
{
	const double *oif = median[true];

	target("connect(), oif, cost of the first 100 typed addresses, %",
	       oif[0], oif[1], FIRST_MAX);
	target("connect(), oif, cost of 9,900 more, %", oif[1], oif[2],
	       TOLERANCE);
}
