/* SPDX-License-Identifier: GPL-2.0 */
/* Values of attributes, as the specification wants them or not. */
#ifndef FUZZ_VALUES_H
#define FUZZ_VALUES_H

#include "random.h"
#include "table.h"

#define VALUE_MAX	512

size_t value_valid(struct rng *r, const struct attribute *a, void *data);
size_t value_hostile(struct rng *r, const struct attribute *a, void *data);

#endif /* FUZZ_VALUES_H */
