// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "bystander.h"
#include "connect.h"
#include "measure.h"
#include "report.h"

#define RUNS		301
#define TOLERANCE	.2 /* % */
#define SETTLE		10 /* s */

static void run_udp_socket(void *ctx)
{
	(void)ctx;
	close(bench_socket(SOCK_DGRAM));
}

static void run_tcp_socket(void *ctx)
{
	(void)ctx;
	close(bench_socket(SOCK_STREAM));
}

static void run_option(void *ctx)
{
	struct connection *b = ctx;
	socklen_t len = sizeof(int);
	int hops;

	bench_set(b->fd, IPV6_UNICAST_HOPS, 64);
	must(!getsockopt(b->fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, &len),
	     "IPV6_UNICAST_HOPS");
}

static void open_connected(void *ctx)
{
	connect_open(ctx);
	connect_run(ctx);
}

static void run_send(void *ctx)
{
	struct connection *b = ctx;

	must(send(b->fd, "", 1, 0) == 1, "send");
}

/**
 * struct habit - something that programs do
 * @name: what
 * @op: how
 * @oif_only: where a connection gets its source address from: the interface
 *	that it goes out by, or any
 * @selects: the kernel looks at each address of the host, whoever it is of:
 *	what that costs is in connect.c
 */
struct habit {
	const char *name;
	struct op op;
	bool oif_only;
	bool selects;
};

static const struct habit habits[] = {
	{ "UDP socket() and close()", { .run = run_udp_socket }, 1, 0 },
	{ "TCP socket() and close()", { .run = run_tcp_socket }, 1, 0 },
	{ "hop limit set, read", { connect_open, run_option, connect_close }, 1, 0 },
	{ "UDP connect()", { connect_open, connect_run, connect_close }, 0, 1 },
	{ "UDP connect(), oif", { connect_open, connect_run, connect_close }, 1, 0 },
	{ "UDP first send()", { open_connected, run_send, connect_close }, 1, 0 },
};

static const char *const rows[COMPANIES] = {
	", beside 100,000 sockets",
	", 100,000 in session",
	", and 10,000 prefixes",
};

static const char *const targets[COMPANIES] = {
	[COMPANY_SESSIONS] = ", cost of 100,000 sessions, %",
	[COMPANY_PREFIXES] = ", and of 10,000 prefixes, %",
};

#define HABITS	(sizeof(habits) / sizeof(habits[0]))

/* What each takes in the company that is compared with. */
static double first[HABITS];

static struct samples habit_samples(const struct habit *h)
{
	struct connection b = { .remote = space_remote() };
	struct samples s = { 0 };

	space_oif_only(h->oif_only);
	measure_op(&s, &h->op, &b, RUNS);
	return s;
}

void bystander_warm_up(void)
{
	struct samples s;
	size_t i;

	for (i = 0; i < HABITS; i++) {
		s = habit_samples(&habits[i]);
		samples_free(&s);
	}
	sleep(SETTLE);
}

static void habit_row(size_t i, enum company company)
{
	const struct habit *h = &habits[i];
	struct samples s = habit_samples(h);
	double median = report_row(report_name(h->name, rows[company]), &s);

	if (company == COMPANY_SOCKETS)
		first[i] = median;
	else
		report_target(report_name(h->name, targets[company]),
			      100 * (median - first[i]) / first[i],
			      -TOLERANCE, TOLERANCE);
}

void bystander_rows(enum company company)
{
	size_t i;

	for (i = 0; i < HABITS; i++)
		if (company != COMPANY_PREFIXES || !habits[i].selects)
			habit_row(i, company);
}
