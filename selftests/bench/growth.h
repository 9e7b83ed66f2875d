/* SPDX-License-Identifier: GPL-2.0 */
/* What is measured while there is more and more of something. */
#ifndef BENCH_GROWTH_H
#define BENCH_GROWTH_H

#define STAGES	3

/**
 * struct growth - more and more of something
 * @of: what there is more and more of
 * @at: how many, in each stage
 * @suffix: that, as the end of the name of a row
 * @ratio_max: how much more the last stage may cost than the first
 */
struct growth {
	const char *of;
	unsigned int at[STAGES];
	const char *suffix[STAGES];
	double ratio_max;
};

#endif
