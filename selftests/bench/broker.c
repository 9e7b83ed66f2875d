// SPDX-License-Identifier: GPL-2.0
/*
 * The peer of an agent: a second process that has the rights, is asked at a
 * UNIX socket, adds an address as the module does (/128 on lo, no duplicate
 * detection, no prefix route, deprecated) and replies; the client binds. A
 * connection that is there already is a favour to it.
 *
 * The answer of rtnetlink comes before the kernel routes to the
 * address. A broker that replies at once has clients that cannot be reached
 * for a moment; one that waits does what the module does.
 */
#include <linux/netlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "report.h"

#define RUNS	101

/* Serves until its client is gone. */
static void broker(int client, bool waits)
{
	struct mnl_socket *routes = waits ? nl_listen_routes() : NULL;
	struct mnl_socket *nl = nl_open(NETLINK_ROUTE);
	struct in6_addr addr;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(!mlockall(MCL_CURRENT | MCL_FUTURE), "mlockall");
	while (read(client, &byte, 1) == 1) {
		addr = bench_new_prefix();
		addr.s6_addr[15] = 1;
		nl_addr_add(nl, &addr);
		if (waits)
			nl_wait_routed(routes, &addr);
		must(write(client, &addr, sizeof(addr)) == sizeof(addr),
		     "client");
	}
	_exit(0);
}

static pid_t start_broker(int *server, bool waits)
{
	int ends[2];
	pid_t pid;

	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends),
	     "socketpair");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		close(ends[0]);
		broker(ends[1], waits);
	}
	close(ends[1]);
	*server = ends[0];
	return pid;
}

static struct in6_addr ask_and_bind(int server, int fd)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };

	must(write(server, "", 1) == 1, "broker");
	must(read(server, &sin6.sin6_addr, sizeof(sin6.sin6_addr)) ==
	     sizeof(sin6.sin6_addr), "broker");
	must(!bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)), "bind");
	return sin6.sin6_addr;
}

static void row(const char *name, bool waits)
{
	struct mnl_socket *nl = nl_open(NETLINK_ROUTE);
	struct samples s = { 0 };
	struct in6_addr addr;
	int server, fd, i, one = 1;
	uint64_t start;
	pid_t pid;

	pid = start_broker(&server, waits);
	measure_quiet();
	for (i = 0; i < RUNS; i++) {
		fd = bench_socket(SOCK_DGRAM);
		must(!setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
				 sizeof(one)), "IP_BIND_ADDRESS_NO_PORT");
		start = measure_busy();
		addr = ask_and_bind(server, fd);
		samples_add(&s, measure_busy_since(start));
		close(fd);
		nl_addr_del(nl, &addr);
		measure_quiet();
	}
	close(server);
	waitpid(pid, NULL, 0);
	mnl_socket_close(nl);
	report_row(name, &s);
}

void bench_broker(void)
{
	row("address from a broker", false);
	row(ROW_WAITING_BROKER, true);
}
