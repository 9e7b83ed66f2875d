// SPDX-License-Identifier: GPL-2.0
/*
 * One prefix that came by an interface, and then many of all types that came
 * by another one; and what adding them costs.
 */
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <net/if.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "prefixes.h"
#include "report.h"
#include "series.h"

#define TYPES	4

const struct growth prefixes_growth = {
	"prefixes",
	{ 1, 100, 10000 },
	{ ", 1 prefix", ", 100 prefixes", ", 10,000 prefixes" },
	1.05,
};

static unsigned int there;

/* What it takes until it is active, in instructions. */
static double add(struct mnl_socket *nl, struct mnl_socket *listener)
{
	uint32_t type = there ? 1 + there % TYPES : ODMM_TYPE_SESSION_LASTING;
	uint32_t ifindex = there ? NL_LO : if_nametoindex(SPACE_LINK);
	struct in6_addr prefix = bench_new_prefix();
	uint64_t start = measure_busy();

	nl_prefix_add_by(nl, &prefix, type, ifindex);
	nl_wait_active(listener, &prefix);
	there++;
	return measure_busy_since(start);
}

/* The last hundred of a stage make a row. */
static void add_until(struct mnl_socket *nl, unsigned int stage)
{
	const char *name = report_name("prefix add",
				       prefixes_growth.suffix[stage]);
	const unsigned int goal = prefixes_growth.at[stage];
	const char *all = report_name(name, " in all, 10^6 instructions");
	struct mnl_socket *listener = nl_listen("events");
	struct samples last = { 0 };
	double cost, total = 0;

	while (there < goal) {
		cost = add(nl, listener);
		total += cost;
		if (there + 100 > goal)
			samples_add(&last, cost);
	}
	series_point("adding a prefix, by prefixes there", "prefix add", goal,
		     report_row(name, &last));
	if (stage)
		report_figure(all, total / 1e6);
	if (stage < 2) {
		report_loose(name, "7 % apart in two runs of the same");
		report_loose(all, "the same");
	}
	mnl_socket_close(listener);
}

void prefixes_grow(struct mnl_socket *nl, unsigned int stage)
{
	measure_spin();
	add_until(nl, stage);
	measure_spin_end();
}
