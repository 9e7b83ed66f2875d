// SPDX-License-Identifier: GPL-2.0
/* Asking the network: an address that comes unasked, and one on demand. */
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "report.h"

#define RUNS		101
#define RATIO_MAX	1.5

void bench_prefix(void)
{
	struct mnl_socket *listener = nl_listen("events");
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	struct samples s = { 0 };
	struct in6_addr prefix;
	uint64_t start;
	int i;

	for (i = 0; i < RUNS; i++) {
		prefix = bench_new_prefix();
		start = measure_busy();
		nl_prefix_add(nl, &prefix, ODMM_TYPE_NON_PERSISTENT, 0);
		nl_wait_active(listener, &prefix);
		samples_add(&s, measure_busy_since(start));
		nl_prefix_del(nl, &prefix);
		measure_quiet();
	}
	mnl_socket_close(listener);
	mnl_socket_close(nl);
	report_row("prefix add until active", &s);
}

/* Serves all requests until it is killed. Tells by a byte that it is ready. */
static void agent(int ready)
{
	struct mnl_socket *listener = nl_listen("requests");
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	struct in6_addr prefix;
	uint64_t cookie;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(!mlockall(MCL_CURRENT | MCL_FUTURE), "mlockall");
	nl_claim(nl, 1 << ODMM_TYPE_NON_PERSISTENT);
	must(write(ready, "", 1) == 1, "pipe");
	for (;;) {
		cookie = nl_wait_doorbell(listener);
		prefix = bench_new_prefix();
		nl_accept(nl, cookie);
		nl_prefix_add(nl, &prefix, ODMM_TYPE_NON_PERSISTENT, cookie);
	}
}

static pid_t start_agent(void)
{
	int ends[2];
	pid_t pid;
	char byte;

	must(!pipe(ends), "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid)
		agent(ends[1]);
	close(ends[1]);
	must(read(ends[0], &byte, 1) == 1, "agent");
	close(ends[0]);
	return pid;
}

static void ask(int fd, struct in6_addr *addr)
{
	socklen_t len = sizeof(*addr);

	must(!getsockopt(fd, IPPROTO_IPV6, IPV6_SC_ADDR, addr, &len),
	     "IPV6_SC_ADDR");
}

static double row(const char *name, int flags)
{
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	struct samples s = { 0 };
	struct in6_addr addr;
	uint64_t start;
	int fd, i;

	measure_quiet();
	for (i = 0; i < RUNS; i++) {
		fd = bench_socket(SOCK_DGRAM);
		bench_set(fd, IPV6_SC_TYPE, ODMM_TYPE_NON_PERSISTENT);
		bench_set(fd, IPV6_SC_FLAGS, flags);
		start = measure_busy();
		ask(fd, &addr);
		samples_add(&s, measure_busy_since(start));
		close(fd);
		memset(&addr.s6_addr[8], 0, 8);
		nl_prefix_del(nl, &addr);
		measure_quiet();
	}
	mnl_socket_close(nl);
	return report_row(name, &s);
}

void bench_agent(void)
{
	pid_t pid = start_agent();
	double bound;

	row("address by way of an agent", 0);
	bound = row("address by way of an agent, bound", IPV6_SC_BIND);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	report_target("address, bound, by an agent / by a broker that waits",
		      bound / report_median(ROW_WAITING_BROKER), 0, RATIO_MAX);
}
