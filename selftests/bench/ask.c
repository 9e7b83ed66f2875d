// SPDX-License-Identifier: GPL-2.0
/* Asking the network: an address that comes unasked, and one on demand. */
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "report.h"

#define RUNS	101
/* For what follows an answer, such as taking the old address away. */
#define SETTLE	5000 /* us */

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
		usleep(SETTLE);
	}
	report_row(ROW_PREFIX, &s);
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
	nl_claim(nl, ODMM_TYPE_NON_PERSISTENT);
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

void bench_agent(void)
{
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	pid_t pid = start_agent();
	struct samples s = { 0 };
	struct in6_addr addr;
	uint64_t start;
	int fd, i;

	for (i = 0; i < RUNS; i++) {
		fd = bench_socket(SOCK_DGRAM);
		bench_set(fd, IPV6_SC_TYPE, ODMM_TYPE_NON_PERSISTENT);
		start = measure_busy();
		ask(fd, &addr);
		samples_add(&s, measure_busy_since(start));
		close(fd);
		memset(&addr.s6_addr[8], 0, 8);
		nl_prefix_del(nl, &addr);
		usleep(SETTLE);
	}
	kill(pid, SIGKILL);
	report_row("IPV6_SC_ADDR by way of an agent, whole system", &s);
}
