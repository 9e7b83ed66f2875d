// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "measure.h"
#include "report.h"
#include "sweep.h"

#define SECONDS		10
#define PER_MS		1e6
#define SWEEP_MAX	15 /* ms */

/* With a spinner: the kernel's workers end, and their accounts with them. */
double sweep_measure(void)
{
	double cost;
	uint64_t start;

	measure_spin();
	start = measure_busy();
	sleep(SECONDS);
	cost = measure_busy_since(start) / SECONDS;
	measure_spin_end();
	return cost;
}

void sweep_report(double without, double with)
{
	static const char idle[] =
		"machine at rest, sockets but no sessions, ms a second";

	report_figure(idle, without / PER_MS);
	report_loose(idle, "next to nothing but timer ticks");
	report_target("sweep of 100,000 sessions, ms of a core a second",
		      (with - without) / PER_MS, 0, SWEEP_MAX);
}
