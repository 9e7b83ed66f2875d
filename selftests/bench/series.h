/* SPDX-License-Identifier: GPL-2.0 */
/* Curves: what something costs, by how many there are of something. */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <stdio.h>

/* One point of a curve of a plot. */
void series_point(const char *plot, const char *curve, double x, double y);

/* All of them, as a JSON array. */
void series_json(FILE *f);

#endif
