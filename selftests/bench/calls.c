// SPDX-License-Identifier: GPL-2.0
/* Calls that answer at once. */
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "report.h"

#define RUNS		4001
#define DUMP_RUNS	401
#define ADDRESSES	10

#define ROW_DUMP	"RTM_GETADDR dump of 10, netlink socket open"

/* linux/in6.h has it, and cannot be had beside netinet/in.h */
#define ADDR_PREFERENCES	72
/* Of the module in peer/ */
#define PEER_OPTION		19653

struct call {
	int fd;
	struct mnl_socket *nl;
};

static void run_getppid(void *ctx)
{
	(void)ctx;
	syscall(SYS_getppid);
}

static void get(const struct call *c, int option, void *value, socklen_t len)
{
	must(!getsockopt(c->fd, IPPROTO_IPV6, option, value, &len),
	     "getsockopt");
}

static void run_preferences(void *ctx)
{
	int value;

	get(ctx, ADDR_PREFERENCES, &value, sizeof(value));
}

static void run_empty(void *ctx)
{
	int value;

	get(ctx, PEER_OPTION, &value, sizeof(value));
}

static void run_setsc(void *ctx)
{
	struct odmm_setsc arg = { .type = ODMM_TYPE_SESSION_LASTING };

	get(ctx, IPV6_SETSC, &arg, sizeof(arg));
}

static void run_addr(void *ctx)
{
	struct in6_addr addr;

	get(ctx, IPV6_SC_ADDR, &addr, sizeof(addr));
}

static void run_status(void *ctx)
{
	struct odmm_status status;

	get(ctx, IPV6_SC_STATUS, &status, sizeof(status));
}

static void run_dump(void *ctx)
{
	struct call *c = ctx;

	must(nl_addr_dump(c->nl) == ADDRESSES, "number of addresses");
}

static void open_tcp(void *ctx)
{
	struct call *c = ctx;

	c->fd = bench_socket(SOCK_STREAM);
}

static void open_udp(void *ctx)
{
	struct call *c = ctx;

	c->fd = bench_socket(SOCK_DGRAM);
}

static void close_it(void *ctx)
{
	struct call *c = ctx;

	close(c->fd);
}

static double row(const char *name, const struct op *op, struct call *c,
		  size_t runs)
{
	struct samples s = { 0 };

	measure_op(&s, op, c, runs);
	return report_row(name, &s);
}

static void same_socket(struct call *c)
{
	static const struct op getppid_op = { .run = run_getppid };
	static const struct op preferences = { .run = run_preferences };
	static const struct op empty = { .run = run_empty };
	static const struct op setsc = { .run = run_setsc };
	static const struct op addr = { .run = run_addr };
	static const struct op status = { .run = run_status };

	open_tcp(c);
	row("getppid", &getppid_op, c, RUNS);
	row("IPV6_ADDR_PREFERENCES", &preferences, c, RUNS);
	row(ROW_EMPTY, &empty, c, RUNS);
	run_setsc(c);
	row(ROW_SETSC, &setsc, c, RUNS);
	row("IPV6_SC_ADDR, the same", &addr, c, RUNS);
	row("IPV6_SC_STATUS, the same", &status, c, RUNS);
	close_it(c);
}

static void first_call(struct call *c)
{
	static const struct op tcp = { open_tcp, run_setsc, close_it };
	static const struct op udp = { open_udp, run_setsc, close_it };
	double median;

	median = row("first IPV6_SETSC of a TCP socket", &tcp, c, RUNS);
	report_target("first IPV6_SETSC of a TCP socket, instructions", median,
		      0, 5000);
	median = row("first IPV6_SETSC of a UDP socket", &udp, c, RUNS);
	report_target("first IPV6_SETSC of a UDP socket, instructions", median,
		      0, 5000);
}

/* ::1 and the one of the prefix are there. */
static void add_addresses(struct mnl_socket *nl)
{
	struct in6_addr addr = { .s6_addr = { 0xfd } };

	while (nl_addr_dump(nl) < ADDRESSES) {
		addr.s6_addr[15]++;
		nl_addr_add(nl, &addr);
	}
}

static void dump(struct call *c)
{
	static const struct op op = { .run = run_dump };

	c->nl = nl_open(NETLINK_ROUTE);
	add_addresses(c->nl);
	row(ROW_DUMP, &op, c, DUMP_RUNS);
}

static void targets(void)
{
	double setsc = report_median(ROW_SETSC);

	report_target("IPV6_SETSC with session / empty option",
		      setsc / report_median(ROW_EMPTY), 0, 1.4);
	report_target("RTM_GETADDR dump / IPV6_SETSC with session",
		      report_median(ROW_DUMP) /
		      setsc, 40, 1000);
}

void bench_calls(void)
{
	struct call c = { 0 };

	bench_active_prefix(ODMM_TYPE_SESSION_LASTING);
	same_socket(&c);
	first_call(&c);
	dump(&c);
	targets();
}
