// SPDX-License-Identifier: GPL-2.0
/*
 * One prefix that came by an interface, and then many of all types that came
 * by another one.
 */
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "prefixes.h"
#include "report.h"

#define PREFIXES	10000
#define TYPES		4
#define RUNS		4001
#define RATIO_MAX	1.05

static void add(struct mnl_socket *nl, struct mnl_socket *listener,
		uint32_t type, const char *link)
{
	struct in6_addr prefix = bench_new_prefix();

	nl_prefix_add_by(nl, &prefix, type, link);
	nl_wait_active(listener, &prefix);
}

void prefixes_first(struct mnl_socket *nl)
{
	struct mnl_socket *listener = nl_listen("events");

	add(nl, listener, ODMM_TYPE_SESSION_LASTING, SPACE_LINK);
	mnl_socket_close(listener);
}

void prefixes_rest(struct mnl_socket *nl)
{
	struct mnl_socket *listener = nl_listen("events");
	int i;

	for (i = 1; i < PREFIXES; i++)
		add(nl, listener, 1 + i % TYPES, "lo");
	mnl_socket_close(listener);
}

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

/* A way to ask. */
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

static const char *const rows[] = { ", 1 prefix", ", 10,000 prefixes" };

#define WAYS	(sizeof(ways) / sizeof(ways[0]))

/* What each takes with one prefix and with many. */
static double median[WAYS][2];

static double way_row(const struct way *w, int many)
{
	struct samples s = { 0 };
	int fd;

	measure_op(&s, &w->op, &fd, RUNS);
	return report_row(report_name(w->name, rows[many]), &s);
}

void prefixes_rows(int many)
{
	size_t i;

	for (i = 0; i < WAYS; i++)
		median[i][many] = way_row(&ways[i], many);
}

void prefixes_targets(void)
{
	size_t i;

	for (i = 0; i < WAYS; i++)
		report_target(report_name(ways[i].name, ", 10,000 prefixes / 1"),
			      median[i][1] / median[i][0], 0, RATIO_MAX);
}
