// SPDX-License-Identifier: GPL-2.0
/* Many sockets in session and many prefixes, and what that costs whom. */
#include <linux/netlink.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "bystander.h"
#include "crowd.h"
#include "measure.h"
#include "memory.h"
#include "netlink.h"
#include "prefixes.h"
#include "sweep.h"

static void grow_crowd(void)
{
	struct memory before, after;
	double without;

	crowd_open();
	bystander_warm_up();
	bystander_rows(COMPANY_SOCKETS);
	without = sweep_measure();
	memory_read(&before);
	crowd_join();
	memory_read(&after);
	memory_report(&before, &after, CROWD);
	sweep_report(without, sweep_measure());
	bystander_rows(COMPANY_SESSIONS);
}

static void grow_prefixes(struct mnl_socket *nl)
{
	prefixes_rows(0);
	prefixes_rest(nl);
	prefixes_rows(1);
	prefixes_targets();
	bystander_rows(COMPANY_PREFIXES);
}

void bench_many(void)
{
	struct mnl_socket *nl;

	space_enter();
	nl = nl_open(NETLINK_GENERIC);
	prefixes_first(nl);
	crowd_prepare();
	grow_crowd();
	grow_prefixes(nl);
	crowd_leave();
	mnl_socket_close(nl);
	space_leave();
}
