// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to count the bytes that are sent from an address: send() on a
 * connected UDP socket, out of an interface that throws packets away.
 */
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <linux/odmm_netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "report.h"

#define RUNS		4001
#define PACKET		1000
#define NEVER		(UINT64_C(1) << 60) /* bytes */
#define TYPE		ODMM_TYPE_SESSION_LASTING
#define OTHER_TYPE	ODMM_TYPE_NON_PERSISTENT
#define TOLERANCE	.2 /* % */

static void run_send(void *ctx)
{
	char packet[PACKET] = "";

	must(send(*(int *)ctx, packet, PACKET, 0) == PACKET, "send");
}

static int open_from(const struct in6_addr *addr)
{
	struct sockaddr_in6 local = { AF_INET6, .sin6_addr = *addr };
	struct sockaddr_in6 remote = space_remote();
	int fd = bench_socket(SOCK_DGRAM);

	must(!bind(fd, (struct sockaddr *)&local, sizeof(local)), "bind");
	must(!connect(fd, (struct sockaddr *)&remote, sizeof(remote)),
	     "connect");
	return fd;
}

static double row(const char *name, const struct in6_addr *addr)
{
	static const struct op op = { .run = run_send };
	struct samples s = { 0 };
	int fd = open_from(addr);

	measure_op(&s, &op, &fd, RUNS);
	close(fd);
	return report_row(name, &s);
}

static struct in6_addr typed_address(void)
{
	int fd = bench_socket(SOCK_DGRAM);
	struct in6_addr addr;

	bench_active_prefix(TYPE);
	bench_setsc(fd, TYPE, &addr);
	close(fd);
	return addr;
}

/* With the module in; leaves it so that the limits are gone. */
static double loaded(const struct in6_addr *addr)
{
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	double median;

	median = row("UDP send(), module loaded, no byte limit", addr);
	nl_policy_set(nl, OTHER_TYPE, ODMM_A_POLICY_MAX_BYTES, NEVER);
	row("UDP send(), byte limit for another type", addr);
	nl_policy_set(nl, TYPE, ODMM_A_POLICY_MAX_BYTES, NEVER);
	row("UDP send(), byte limit for its type", addr);
	nl_policy_set(nl, 0, ODMM_A_POLICY_MAX_BYTES, 0);
	mnl_socket_close(nl);
	return median;
}

/* Addresses stay when the module goes. */
void bench_meter(const char *module)
{
	struct in6_addr addr;
	double with, without;

	nl_find_family();
	space_enter();
	addr = typed_address();
	with = loaded(&addr);
	load_remove();
	without = row("UDP send(), no module", &addr);
	load_insert(module);
	space_leave();
	report_target("UDP send(), cost of the module, no byte limit, %",
		      100 * (with - without) / without, -TOLERANCE, TOLERANCE);
}
