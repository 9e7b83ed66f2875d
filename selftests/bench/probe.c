// SPDX-License-Identifier: GPL-2.0
/*
 * What policy "rfc5014" costs: with it each setsockopt() of IPv6 is looked at
 * for IPV6_REQUIRE_SRC_ON_NET in IPV6_ADDR_PREFERENCES.
 */
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <linux/odmm_netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "report.h"

#define RUNS	4001

/* linux/in6.h has them, and cannot be had beside netinet/in.h */
#define ADDR_PREFERENCES	72
#define PREFER_SRC_PUBLIC	2

static void run_hops(void *ctx)
{
	bench_set(*(int *)ctx, IPV6_UNICAST_HOPS, 64);
}

static void run_preferences(void *ctx)
{
	bench_set(*(int *)ctx, ADDR_PREFERENCES, PREFER_SRC_PUBLIC);
}

static void run_on_net(void *ctx)
{
	bench_set(*(int *)ctx, ADDR_PREFERENCES,
		  PREFER_SRC_PUBLIC | IPV6_REQUIRE_SRC_ON_NET);
}

static void row(const char *name, void (*run)(void *ctx))
{
	const struct op op = { .run = run };
	int fd = bench_socket(SOCK_DGRAM);
	struct samples s = { 0 };

	measure_op(&s, &op, &fd, RUNS);
	report_row(name, &s);
	close(fd);
}

void bench_probe(void)
{
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);

	row("set IPV6_UNICAST_HOPS", run_hops);
	row("set IPV6_ADDR_PREFERENCES", run_preferences);
	nl_policy_set(nl, 0, ODMM_A_POLICY_RFC5014, 1);
	row("set IPV6_UNICAST_HOPS, rfc5014", run_hops);
	row("set IPV6_ADDR_PREFERENCES, rfc5014", run_preferences);
	row("set IPV6_REQUIRE_SRC_ON_NET, rfc5014", run_on_net);
	nl_policy_set(nl, 0, ODMM_A_POLICY_RFC5014, 0);
	mnl_socket_close(nl);
}
