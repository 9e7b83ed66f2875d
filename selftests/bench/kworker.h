/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel does in the background. */
#ifndef BENCH_KWORKER_H
#define BENCH_KWORKER_H

/* What all kernel workers have run so far, in instructions. */
double kworker_time(void);

/* Waits until they have next to nothing to do. */
void kworker_quiet(void);

#endif
