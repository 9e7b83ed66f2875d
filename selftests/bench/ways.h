/* SPDX-License-Identifier: GPL-2.0 */
/* The ways to ask for an address that is there. */
#ifndef BENCH_WAYS_H
#define BENCH_WAYS_H

#include "growth.h"

/* The rows of a stage. */
void ways_rows(const struct growth *g, unsigned int stage);

/* The last stage may not cost much more than the first. */
void ways_targets(const struct growth *g);

#endif
