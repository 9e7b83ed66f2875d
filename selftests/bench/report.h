/* SPDX-License-Identifier: GPL-2.0 */
/* What was measured, as a table and as JSON, and whether it is good enough. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "measure.h"

/* One name of two parts, for ever. */
const char *report_name(const char *a, const char *b);

/* Takes the samples over. Returns their median. */
double report_row(const char *name, struct samples *s);

/*
 * A row or figure that is not compared with the stored ones, and why: it is
 * another number each time.
 */
void report_loose(const char *name, const char *why);

/* The row that the table compares all others with. */
void report_peer(const char *name);

/* Something that is not instructions, and has no target. */
void report_figure(const char *name, double value);

void report_target(const char *name, double value, double low, double high);
double report_median(const char *name);

void report_table(void);
void report_json(const char *path);

#endif
