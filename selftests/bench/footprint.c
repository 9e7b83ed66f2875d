// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of sockets in session, and of those that wait for an address beyond
 * that of their sessions. Who waits in a call has the stack of his thread
 * besides, as in any call.
 *
 * Each with a crowd of its own, and before anything else has sessions: what is
 * half full would be counted too.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "crowd.h"
#include "growth.h"
#include "measure.h"
#include "memory.h"
#include "netlink.h"
#include "report.h"
#include "series.h"

struct stages {
	const char *name;
	unsigned int at[STAGES];
};

static const struct stages sessions = {
	"sessions", { 1, 1000, CROWD }
};

static const struct stages sharing = {
	"waiting, one request", { 1, 1000, 10000 }
};

static const struct stages alone = {
	"waiting, a request each", { 1, 1000, 10000 }
};

static void join(int *fd)
{
	struct in6_addr addr;

	bench_setsc(*fd, ODMM_TYPE_SESSION_LASTING, &addr);
}

static void want_shared(int *fd)
{
	bench_set(*fd, IPV6_SC_TYPE, ODMM_TYPE_FIXED);
}

static void want_own(int *fd)
{
	want_shared(fd);
	bench_set(*fd, IPV6_SC_FLAGS, IPV6_REQUIRE_SRC_ON_NET);
}

static void ask(int *fd)
{
	struct in6_addr addr;
	socklen_t len = sizeof(addr);

	must(getsockopt(*fd, IPPROTO_IPV6, IPV6_SC_ADDR, &addr, &len) < 0 &&
	     errno == EINPROGRESS, "IPV6_SC_ADDR");
}

static void grow(const struct stages *s, void (*act)(int *fd),
		 struct memory *before, struct memory *after)
{
	unsigned int i;

	memory_read(before);
	for (i = 0; i < STAGES; i++) {
		crowd_do(act, i ? s->at[i - 1] : 0, s->at[i]);
		memory_read(after);
		series_point("kernel memory, by sockets", s->name, s->at[i],
			     after->total - before->total);
	}
}

static void measure_sessions(void)
{
	struct memory before, after;

	bench_active_prefix(ODMM_TYPE_SESSION_LASTING);
	crowd_start();
	crowd_do(crowd_open, 0, CROWD);
	grow(&sessions, join, &before, &after);
	memory_report(&before, &after, CROWD);
	crowd_end();
}

static const char *measure_waiters(const struct stages *s,
				   void (*want)(int *fd))
{
	const char *name = report_name("kernel memory per socket of 10,000 ",
				       s->name);
	const unsigned int n = s->at[STAGES - 1];
	struct memory before, after;

	crowd_start();
	crowd_do(crowd_open, 0, n);
	crowd_do(want, 0, n);
	grow(s, ask, &before, &after);
	crowd_end();
	report_figure(name, (after.total - before.total) / n);
	return name;
}

void bench_footprint(void)
{
	struct mnl_socket *nl;

	space_enter();
	nl = nl_open(NETLINK_GENERIC);
	nl_claim(nl, 1 << ODMM_TYPE_FIXED);
	measure_sessions();
	report_loose(measure_waiters(&sharing, want_shared),
		     "no more than some pages that others took meanwhile");
	measure_waiters(&alone, want_own);
	mnl_socket_close(nl);
	space_leave();
}
