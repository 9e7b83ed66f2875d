// SPDX-License-Identifier: GPL-2.0
/*
 * A user whose sessions are short: he opens a socket, asks for an address and
 * closes it again, so often a second. What he has closed is found by the sweep.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/netlink.h>
#include <linux/odmm.h>
#include <linux/odmm_netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "bench.h"
#include "measure.h"
#include "netlink.h"
#include "report.h"

#define RATE		50000
#define SECONDS		6
#define BATCHES		200 /* a second */
#define PLAIN_USER	65534
#define BILLION		1000000000

/**
 * struct churn - what was seen
 * @made: sockets that asked
 * @refused: those that were over the quota
 * @seconds: how long it took
 * @sessions: sessions there at most
 * @sockets: UDP sockets in memory at most, closed ones among them
 */
struct churn {
	double made;
	double refused;
	double seconds;
	double sessions;
	double sockets;
};

static double max(double a, double b)
{
	return a > b ? a : b;
}

/* Objects of a cache; the kernel does not know those that are free for sure. */
static double count_sockets(int fd)
{
	char text[64] = "";

	must(pread(fd, text, sizeof(text) - 1, 0) > 0, "UDPv6 objects");
	return strtod(text, NULL);
}

static void one_socket(struct churn *c)
{
	int fd = bench_socket(SOCK_DGRAM);
	struct odmm_setsc arg = { .type = ODMM_TYPE_SESSION_LASTING };
	socklen_t len = sizeof(arg);

	if (getsockopt(fd, IPPROTO_IPV6, IPV6_SETSC, &arg, &len)) {
		must(errno == EDQUOT, "IPV6_SETSC");
		c->refused++;
	}
	c->made++;
	close(fd);
}

static void wait_until(struct timespec *t, long ns)
{
	t->tv_nsec += ns;
	t->tv_sec += t->tv_nsec / BILLION;
	t->tv_nsec %= BILLION;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, t, NULL);
}

static void run(struct churn *c, struct mnl_socket *nl, int objects)
{
	uint64_t start = measure_now();
	struct timespec t;
	int i, n;

	clock_gettime(CLOCK_MONOTONIC, &t);
	for (n = 0; n < SECONDS * BATCHES; n++) {
		for (i = 0; i < RATE / BATCHES; i++)
			one_socket(c);
		c->sessions = max(c->sessions,
				  nl_stat(nl, ODMM_A_STATS_SESSIONS));
		c->sockets = max(c->sockets, count_sockets(objects));
		wait_until(&t, BILLION / BATCHES);
	}
	c->seconds = (measure_now() - start) / 1e9;
}

static void plain_user(int out)
{
	int objects = open("/sys/kernel/slab/UDPv6/objects",
			   O_RDONLY | O_CLOEXEC);
	struct mnl_socket *nl = nl_open(NETLINK_GENERIC);
	double before = count_sockets(objects);
	struct churn c = { 0 };

	must(!setgroups(0, NULL) && !setgid(PLAIN_USER) && !setuid(PLAIN_USER),
	     "setuid");
	run(&c, nl, objects);
	c.sockets -= before;
	must(write(out, &c, sizeof(c)) == sizeof(c), "pipe");
	_exit(0);
}

static struct churn churn(void)
{
	struct churn c;
	int ends[2];
	pid_t pid;

	must(!pipe(ends), "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid)
		plain_user(ends[1]);
	close(ends[1]);
	must(read(ends[0], &c, sizeof(c)) == sizeof(c), "plain user");
	waitpid(pid, NULL, 0);
	close(ends[0]);
	return c;
}

/* A sweep begins a second after the last one has ended: hence the tenth. */
void bench_churn(void)
{
	struct churn c;

	space_enter();
	bench_active_prefix(ODMM_TYPE_SESSION_LASTING);
	c = churn();
	report_target("short sessions of a user, a second",
		      c.made / c.seconds, .99 * RATE, 1.01 * RATE);
	report_target("  of them over the quota", c.refused, 0, 0);
	report_target("  sessions there at most, seconds' worth",
		      c.sessions / RATE, 0, 1.1);
	report_target("  sockets in memory at most, seconds' worth",
		      c.sockets / RATE, 0, 1.1);
	space_leave();
}
