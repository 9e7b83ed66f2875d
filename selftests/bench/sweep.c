// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "kworker.h"
#include "report.h"
#include "sweep.h"

#define SECONDS		10
#define PER_MS		1e6
#define SWEEP_MAX	15 /* ms */

double sweep_measure(void)
{
	double start = kworker_time();

	sleep(SECONDS);
	return (kworker_time() - start) / SECONDS;
}

void sweep_report(double without, double with)
{
	static const char idle[] =
		"kernel workers with sockets, no sessions, ms a second";

	report_figure(idle, without / PER_MS);
	report_loose(idle, "next to nothing");
	report_target("sweep of 100,000 sessions, ms of a core a second",
		      (with - without) / PER_MS, 0, SWEEP_MAX);
}
