/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that arguments are in, good and bad, and a look at what became of it. */
#ifndef FUZZ_ARENA_H
#define FUZZ_ARENA_H

#include "call.h"

/* Puts a value somewhere, surrounded by a pattern where it can be looked at. */
void *arena_put(struct arena *arena, enum place place, const void *data,
		unsigned int n);

/* The same for the length. */
void *arena_put_length(struct arena *arena, enum place place, int len);
int arena_length(const struct arena *arena);

/* Whether nothing but @n bytes of the value last put have changed. */
bool arena_is_untouched(const struct arena *arena, enum place place, int n);

#endif /* FUZZ_ARENA_H */
