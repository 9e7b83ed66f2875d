// SPDX-License-Identifier: GPL-2.0
/*
 * The clock of the guest counts instructions: one nanosecond is one of them.
 * So a single call can be measured, and the median of many is that of a call
 * that no timer tick has interrupted.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define CALIBRATIONS	1001
#define QUIET		5000 /* us */
#define QUIET_BUSY	.05 /* of it, more than ticks take */

/* What the measuring itself takes. */
static double overhead;
static double busy_overhead;

static pid_t spinner;
static clockid_t spinner_clock;

void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

uint64_t measure_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/*
 * Instructions of everybody but the spinner. Guest time passes while the CPU
 * idles, too; with a spinner there is no idling, and what it took is known.
 */
uint64_t measure_busy(void)
{
	return measure_now() - read_clock(spinner_clock);
}

static void spin(void)
{
	struct sched_param param = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(!sched_setscheduler(0, SCHED_IDLE, &param), "SCHED_IDLE");
	/* The emulator takes little time for a long piece without a branch. */
	for (;;)
		__asm__ volatile(".rept 256\n\tnop\n\t.endr");
}

double measure_busy_since(uint64_t start)
{
	return (double)(measure_busy() - start) - busy_overhead;
}

/*
 * From here on the CPU never idles. A process and not a thread, as system calls
 * of a process with several threads cost more.
 */
void measure_spin(void)
{
	struct samples s = { 0 };
	int i;

	spinner = fork();
	must(spinner >= 0, "fork");
	if (!spinner)
		spin();
	must(!clock_getcpuclockid(spinner, &spinner_clock), "clock");
	for (i = 0; i < CALIBRATIONS; i++)
		samples_add(&s, measure_busy_since(measure_busy()));
	busy_overhead = samples_median(&s);
	samples_free(&s);
}

void measure_spin_end(void)
{
	kill(spinner, SIGKILL);
	waitpid(spinner, NULL, 0);
}

void measure_quiet(void)
{
	uint64_t start;

	do {
		start = measure_busy();
		usleep(QUIET);
	} while (measure_busy_since(start) > QUIET_BUSY * 1000 * QUIET);
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void call(void (*fn)(void *ctx), void *ctx)
{
	if (fn)
		fn(ctx);
}

void measure_op(struct samples *s, const struct op *op, void *ctx, size_t n)
{
	uint64_t start, end;

	while (n--) {
		call(op->before, ctx);
		start = measure_now();
		op->run(ctx);
		end = measure_now();
		call(op->after, ctx);
		samples_add(s, end - start - overhead);
	}
}

/* Page faults are not what is measured. */
void measure_init(void)
{
	static const struct op empty = { .run = nothing };
	struct samples s = { 0 };

	must(!mlockall(MCL_CURRENT | MCL_FUTURE), "mlockall");
	measure_op(&s, &empty, NULL, CALIBRATIONS);
	overhead = samples_median(&s);
	samples_free(&s);
}

void samples_add(struct samples *s, double value)
{
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 4096;
		s->value = realloc(s->value, s->room * sizeof(*s->value));
		must(!!s->value, "realloc");
	}
	s->value[s->n++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts them. */
double samples_quantile(struct samples *s, double q)
{
	must(s->n > 0, "no samples");
	qsort(s->value, s->n, sizeof(*s->value), compare);
	return s->value[(size_t)(q * (s->n - 1) + .5)];
}

double samples_median(struct samples *s)
{
	return samples_quantile(s, .5);
}

void samples_free(struct samples *s)
{
	free(s->value);
	*s = (struct samples){ 0 };
}
