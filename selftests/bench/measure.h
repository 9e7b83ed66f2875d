/* SPDX-License-Identifier: GPL-2.0 */
/* Samples of what an operation costs, in instructions. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct op - something whose cost is measured
 * @before: prepares one run of it, or NULL; not measured
 * @run: the thing itself
 * @after: cleans up, or NULL; not measured
 */
struct op {
	void (*before)(void *ctx);
	void (*run)(void *ctx);
	void (*after)(void *ctx);
};

/* A growing list of samples. Zeroed, it is empty. */
struct samples {
	double *value;
	size_t n;
	size_t room;
};

void measure_init(void);
uint64_t measure_now(void);
uint64_t measure_busy(void);
double measure_busy_since(uint64_t start);
void measure_spin(void);
void measure_spin_end(void);

/* With a spinner: until nobody but it has anything to do. */
void measure_quiet(void);
void measure_op(struct samples *s, const struct op *op, void *ctx, size_t n);

void samples_add(struct samples *s, double value);
double samples_quantile(struct samples *s, double q);
double samples_median(struct samples *s);
void samples_free(struct samples *s);

/* Ends the program if a step that must not fail has failed. */
void must(int ok, const char *what);

#endif
