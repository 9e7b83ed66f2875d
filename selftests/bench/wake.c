// SPDX-License-Identifier: GPL-2.0
/*
 * A thousand threads that wait for the same prefix, each with a socket of its
 * own, and the same number in one futex: from the wake-up until the last one
 * is back in its program.
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
#include "measure.h"
#include "netlink.h"
#include "report.h"

#define WAITERS	1000
#define TURNS	11
#define STACK	65536
/* Ample for all to fall asleep. The spinner makes it cost the host time. */
#define SETTLE	40000 /* us */

static void (*wait_fn)(int fd);
static atomic_uint gate, word, back;
static atomic_ullong last;

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
	unsigned int turn;

	bench_set(fd, IPV6_SC_TYPE, ODMM_TYPE_GRACEFUL_REPLACEMENT);
	for (turn = 1;; turn++) {
		while (gate < turn)
			futex_wait(&gate, turn - 1);
		wait_fn(fd);
		if (++back == WAITERS)
			last = measure_busy();
	}
	return unused;
}

static void start_waiters(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	must(!pthread_attr_init(&attr), "pthread_attr_init");
	must(!pthread_attr_setstacksize(&attr, STACK), "stack size");
	for (i = 0; i < WAITERS; i++)
		must(!pthread_create(&thread, &attr, waiter, NULL),
		     "pthread_create");
	usleep(SETTLE);
}

static void open_gate(void (*fn)(int fd))
{
	wait_fn = fn;
	word = 0;
	back = 0;
	gate++;
	futex_wake(&gate);
	usleep(SETTLE);
}

/* The price of reading the clock is lost in the sum of a thousand. */
static double since(uint64_t start)
{
	while (back < WAITERS)
		usleep(SETTLE);
	return (double)(last - start);
}

static double turn_odmm(struct mnl_socket *nl)
{
	struct in6_addr prefix = bench_new_prefix();
	uint64_t start;
	double cost;

	open_gate(wait_odmm);
	must(nl_waiters(nl) == WAITERS, "number of waiters");
	start = measure_busy();
	nl_prefix_add(nl, &prefix, ODMM_TYPE_GRACEFUL_REPLACEMENT, 0);
	cost = since(start);
	nl_prefix_del(nl, &prefix);
	return cost;
}

static double turn_futex(void)
{
	uint64_t start;

	open_gate(wait_futex);
	start = measure_busy();
	word = 1;
	must(futex_wake(&word) == WAITERS, "number of waiters");
	return since(start);
}

void bench_wake(void)
{
	double prefix = report_median(ROW_PREFIX);
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	struct samples odmm = { 0 }, futex = { 0 };
	int i;

	nl_claim(nl, ODMM_TYPE_GRACEFUL_REPLACEMENT);
	start_waiters();
	for (i = 0; i < TURNS; i++) {
		samples_add(&odmm, (turn_odmm(nl) - prefix) / WAITERS);
		samples_add(&futex, turn_futex() / WAITERS);
	}
	report_row("wake-up by a prefix, per waiter of 1000", &odmm);
	report_row("wake-up by futex, per waiter of 1000", &futex);
}
