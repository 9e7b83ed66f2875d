// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that wait for the same prefix, each with a socket of its own, and as
 * many in one futex: from the wake-up until the last one is back in its
 * program. The first one stands for the prefix itself.
 */
#include <limits.h>
#include <linux/futex.h>
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "growth.h"
#include "measure.h"
#include "netlink.h"
#include "report.h"
#include "series.h"

#define TURNS		11
#define STACK		32768
#define RATIO_MAX	1.5

static const struct growth waiters = {
	.of = "waiters",
	.at = { 1, 1000, 10000 },
	.suffix = { " 1 waiter", " 1,000 waiters", " 10,000 waiters" },
};

static void (*wait_fn)(int fd);
static atomic_uint gate, word, back;
static atomic_ullong last;
static unsigned int there;

static void futex_wait(atomic_uint *at, unsigned int value)
{
	syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static long futex_wake(atomic_uint *at)
{
	return syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL,
		       0);
}

static void wait_odmm(int fd)
{
	struct in6_addr addr;
	socklen_t len = sizeof(addr);

	must(!getsockopt(fd, IPPROTO_IPV6, IPV6_SC_ADDR, &addr, &len),
	     "IPV6_SC_ADDR");
}

static void wait_futex(int fd)
{
	(void)fd;
	futex_wait(&word, 0);
}

static void *waiter(void *unused)
{
	int fd = bench_socket(SOCK_DGRAM);
	unsigned int turn = gate + 1;

	bench_set(fd, IPV6_SC_TYPE, ODMM_TYPE_GRACEFUL_REPLACEMENT);
	for (;; turn++) {
		while (gate < turn)
			futex_wait(&gate, turn - 1);
		wait_fn(fd);
		if (++back == there)
			last = measure_busy();
	}
	return unused;
}

static void start_waiters(unsigned int n)
{
	pthread_attr_t attr;
	pthread_t thread;

	must(!pthread_attr_init(&attr), "pthread_attr_init");
	must(!pthread_attr_setstacksize(&attr, STACK), "stack size");
	for (; there < n; there++)
		must(!pthread_create(&thread, &attr, waiter, NULL),
		     "pthread_create");
	measure_quiet();
}

static void open_gate(void (*fn)(int fd))
{
	wait_fn = fn;
	word = 0;
	back = 0;
	gate++;
	futex_wake(&gate);
	measure_quiet();
}

/* The price of reading the clock is lost in the sum. */
static double since(uint64_t start)
{
	measure_quiet();
	must(back == there, "number of those back");
	return (double)(last - start);
}

static double turn_odmm(struct mnl_socket *nl)
{
	struct in6_addr prefix = bench_new_prefix();
	uint64_t start;
	double cost;

	open_gate(wait_odmm);
	must(nl_waiters(nl) == there, "number of waiters");
	start = measure_busy();
	nl_prefix_add(nl, &prefix, ODMM_TYPE_GRACEFUL_REPLACEMENT, 0);
	cost = since(start);
	nl_prefix_del(nl, &prefix);
	measure_quiet();
	return cost;
}

static double turn_futex(void)
{
	uint64_t start;

	open_gate(wait_futex);
	start = measure_busy();
	word = 1;
	must(futex_wake(&word) == (long)there, "number of waiters");
	return since(start);
}

static double row(const char *what, unsigned int stage, struct samples *s)
{
	double median = report_row(report_name(what, waiters.suffix[stage]), s);

	series_point("waking all, by waiters", what, waiters.at[stage], median);
	return median;
}

/* What each one beyond the first takes. */
static double each(const char *what, const double *median, unsigned int stage)
{
	double cost = (median[stage] - median[0]) / (waiters.at[stage] - 1);

	report_figure(report_name(report_name(what, waiters.suffix[stage]),
				  ", each beyond the first"), cost);
	return cost;
}

static void target(const double *odmm, const double *futex, unsigned int stage)
{
	report_target(report_name("waking by a prefix / by futex, each of",
				  waiters.suffix[stage]),
		      each("waking by a prefix,", odmm, stage) /
		      each("waking by futex,", futex, stage), 0, RATIO_MAX);
}

void bench_wake(void)
{
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	double odmm[STAGES], futex[STAGES];
	unsigned int i, turn;

	nl_claim(nl, 1 << ODMM_TYPE_GRACEFUL_REPLACEMENT);
	for (i = 0; i < STAGES; i++) {
		struct samples a = { 0 }, b = { 0 };

		start_waiters(waiters.at[i]);
		for (turn = 0; turn < TURNS; turn++) {
			samples_add(&a, turn_odmm(nl));
			samples_add(&b, turn_futex());
		}
		odmm[i] = row("a prefix wakes", i, &a);
		futex[i] = row("a futex wakes", i, &b);
		if (i)
			target(odmm, futex, i);
	}
}
