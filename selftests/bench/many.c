// SPDX-License-Identifier: GPL-2.0
/* Many sockets in session and many prefixes, and what that costs whom. */
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <netinet/in.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "bystander.h"
#include "connect.h"
#include "crowd.h"
#include "measure.h"
#include "netlink.h"
#include "prefixes.h"
#include "sweep.h"
#include "ways.h"

static const struct growth sessions = {
	"sessions",
	{ 1, 1000, CROWD },
	{ ", 1 session", ", 1,000 sessions", ", 100,000 sessions" },
	1.1, /* the tree of their numbers has more levels */
};

static void join(int *fd)
{
	struct in6_addr addr;

	bench_setsc(*fd, ODMM_TYPE_SESSION_LASTING, &addr);
}

static void grow_sessions(void)
{
	double without = sweep_measure();
	unsigned int i;

	for (i = 0; i < STAGES; i++) {
		crowd_do(join, i ? sessions.at[i - 1] : 0, sessions.at[i]);
		ways_rows(&sessions, i);
	}
	ways_targets(&sessions);
	sweep_report(without, sweep_measure());
	bystander_rows(COMPANY_SESSIONS);
}

/* The first is there already. */
static void grow_prefixes(struct mnl_socket *nl)
{
	unsigned int i;

	ways_rows(&prefixes_growth, 0);
	for (i = 1; i < STAGES; i++) {
		prefixes_grow(nl, i);
		ways_rows(&prefixes_growth, i);
		connect_rows(i);
	}
	ways_targets(&prefixes_growth);
	connect_targets();
	bystander_rows(COMPANY_PREFIXES);
}

void bench_many(void)
{
	struct mnl_socket *nl;

	space_enter();
	nl = nl_open(NETLINK_GENERIC);
	crowd_start();
	crowd_do(crowd_open, 0, CROWD);
	bystander_warm_up();
	connect_rows(0);
	prefixes_grow(nl, 0);
	bystander_rows(COMPANY_SOCKETS);
	grow_sessions();
	grow_prefixes(nl);
	crowd_end();
	mnl_socket_close(nl);
	space_leave();
}
