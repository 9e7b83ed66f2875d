// SPDX-License-Identifier: GPL-2.0
/*
 * What the module costs a program that does not use it: socket() and close(),
 * with and without it, in turns, as the state of the allocator drifts.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "measure.h"
#include "report.h"

#define TURNS	11
#define RUNS	6000
/* Until as many RCU callbacks are run as are made. */
#define WARM_UP	1000
/* For what the kernel still does after a module has come or gone. */
#define SETTLE	2000000 /* us */

/*
 * Of one kind of socket: [0] without the module, [1] with it.
 * @calls: single calls
 * @turns: mean of the calls of a turn, interrupts and all
 */
struct kind {
	int type;
	struct samples calls[2];
	struct samples turns[2];
};

struct kind_names {
	const char *call[2];
	const char *turn[2];
	const char *call_target;
	const char *turn_target;
};

void load_insert(const char *module)
{
	int fd = open(module, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && !syscall(SYS_finit_module, fd, "", 0), module);
	close(fd);
}

void load_remove(void)
{
	must(!syscall(SYS_delete_module, "odmm", 0), "rmmod odmm");
}

static void run_socket(void *ctx)
{
	struct kind *k = ctx;

	close(bench_socket(k->type));
}

static double mean(const double *value, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += value[i];
	return sum / n;
}

static void one_turn(struct kind *k, int loaded)
{
	static const struct op op = { .run = run_socket };
	struct samples *calls = &k->calls[loaded];
	struct samples warm = { 0 };

	measure_op(&warm, &op, k, WARM_UP);
	samples_free(&warm);
	measure_op(calls, &op, k, RUNS);
	samples_add(&k->turns[loaded],
		    mean(calls->value + calls->n - RUNS, RUNS));
}

static double percent(double from, double to)
{
	return 100 * (to - from) / from;
}

/*
 * The single call is exact. The mean has in it what is rare or put off, and a
 * noise of some .2 % from where the ticks fall.
 */
static void report_kind(struct kind *k, const struct kind_names *names)
{
	double a, b;

	a = report_row(names->call[0], &k->calls[0]);
	b = report_row(names->call[1], &k->calls[1]);
	report_target(names->call_target, percent(a, b), -.2, .2);
	a = report_row(names->turn[0], &k->turns[0]);
	b = report_row(names->turn[1], &k->turns[1]);
	report_target(names->turn_target, percent(a, b), -.5, .5);
}

static const struct kind_names tcp_names = {
	.call = { "TCP socket() and close(), no module",
		  "TCP socket() and close(), module loaded" },
	.turn = { "TCP mean, with interrupts, no module",
		  "TCP mean, with interrupts, module loaded" },
	.call_target = "TCP socket() and close(), cost of the module, %",
	.turn_target = "TCP mean, with interrupts, %",
};

static const struct kind_names udp_names = {
	.call = { "UDP socket() and close(), no module",
		  "UDP socket() and close(), module loaded" },
	.turn = { "UDP mean, with interrupts, no module",
		  "UDP mean, with interrupts, module loaded" },
	.call_target = "UDP socket() and close(), cost of the module, %",
	.turn_target = "UDP mean, with interrupts, %",
};

void bench_load(const char *module)
{
	struct kind tcp = { .type = SOCK_STREAM };
	struct kind udp = { .type = SOCK_DGRAM };
	int i;

	for (i = 0; i < TURNS; i++) {
		load_remove();
		usleep(SETTLE);
		one_turn(&tcp, 0);
		one_turn(&udp, 0);
		load_insert(module);
		usleep(SETTLE);
		one_turn(&tcp, 1);
		one_turn(&udp, 1);
	}
	report_kind(&tcp, &tcp_names);
	report_kind(&udp, &udp_names);
}
