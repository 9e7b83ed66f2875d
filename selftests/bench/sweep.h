/* SPDX-License-Identifier: GPL-2.0 */
/* What looking after the sessions costs. */
#ifndef BENCH_SWEEP_H
#define BENCH_SWEEP_H

/* Instructions in a second in which nothing else happens. */
double sweep_measure(void);
void sweep_report(double without, double with);

#endif
