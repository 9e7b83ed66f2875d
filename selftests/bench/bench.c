// SPDX-License-Identifier: GPL-2.0
/*
 * bench MODULE PEER JSON: what odmm costs, in instructions, on a machine whose
 * clock counts those. MODULE is inserted already; it is taken out and put back
 * to see what it costs those who do not use it. "run" calls this.
 */
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <stdio.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "report.h"

int bench_socket(int type)
{
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	return fd;
}

void bench_set(int fd, int option, int value)
{
	must(!setsockopt(fd, IPPROTO_IPV6, option, &value, sizeof(value)),
	     "setsockopt");
}

void bench_setsc(int fd, uint32_t type, struct in6_addr *addr)
{
	struct odmm_setsc arg = { .type = type };
	socklen_t len = sizeof(arg);

	must(!getsockopt(fd, IPPROTO_IPV6, IPV6_SETSC, &arg, &len),
	     "IPV6_SETSC");
	*addr = arg.addr;
}

struct in6_addr bench_new_prefix(void)
{
	static uint16_t n;
	struct in6_addr prefix = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8 } };

	n++;
	prefix.s6_addr[6] = n >> 8;
	prefix.s6_addr[7] = n;
	return prefix;
}

void bench_active_prefix(uint32_t type)
{
	struct mnl_socket *listener = nl_listen("events");
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	struct in6_addr prefix = bench_new_prefix();

	nl_prefix_add(nl, &prefix, type, 0);
	nl_wait_active(listener, &prefix);
	mnl_socket_close(nl);
	mnl_socket_close(listener);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: bench MODULE PEER JSON\n");
		return 2;
	}
	measure_init();
	bench_load(argv[1]);
	bench_meter(argv[1]);
	/* The last one registered is found first: a favour to the peer. */
	load_insert(argv[2]);
	nl_find_family();
	bench_calls();
	bench_probe();
	measure_spin();
	bench_prefix();
	bench_broker();
	bench_agent();
	measure_spin_end();
	bench_footprint();
	bench_many();
	bench_churn();
	measure_spin();
	bench_wake();

	report_peer(ROW_EMPTY);
	report_table();
	report_json(argv[3]);
	return 0;
}
