/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of the kernel. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

/**
 * struct memory - what the kernel has taken for itself, in bytes
 * @total: all of it but stacks and page tables
 * @caches: of that, in caches of small objects
 * @sessions: of that, in the cache that has the sessions
 * @index: of @caches, in nodes of trees of numbers
 */
struct memory {
	double total;
	double caches;
	double sessions;
	double index;
};

/* As of now; what is put off is waited for. */
void memory_read(struct memory *m);

/* The growth per socket, the rows and the target. */
void memory_report(const struct memory *before, const struct memory *after,
		   double sockets);

#endif
