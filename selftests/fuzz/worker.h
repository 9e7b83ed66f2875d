/* SPDX-License-Identifier: GPL-2.0 */
/* A thread that makes calls, what it was told to, and what it found. */
#ifndef FUZZ_WORKER_H
#define FUZZ_WORKER_H

#include <stdio.h>

#include "random.h"

#define ERRNO_MAX	134	/* all that programs may get to see */

/**
 * struct settings - the same for all threads
 * @seed: decides all
 * @again: beginning of the command that makes calls again
 * @family: number of the netlink family
 * @groups: numbers of its multicast groups
 * @plain: may not change anything by netlink
 * @save: where calls are written before they are made, or NULL
 */
struct settings {
	uint64_t seed;
	const char *again;
	uint16_t family;
	int groups[2];
	bool plain;
	FILE *save;
};

/**
 * struct worker - one thread
 * @settings: for all
 * @kind: "messages" or "calls"
 * @thread: its number among those of its kind
 * @from: number of its first call
 * @count: calls to make
 * @n: number of the call it is at
 * @r: numbers for that call
 * @tally: results, by row and errno
 * @findings: what is wrong
 * @own: what only that kind needs
 */
struct worker {
	const struct settings *settings;
	const char *kind;
	unsigned int thread;
	unsigned long from;
	unsigned long count;
	unsigned long n;
	struct rng r;
	unsigned long (*tally)[ERRNO_MAX];
	unsigned int findings;
	void *own;
};

/* What the fuzzer makes: messages and calls. */
struct trade {
	const char *kind;
	unsigned int (*rows)(void);
	void (*row_name)(unsigned int row, char *name, size_t size);
	void (*begin)(struct worker *w);
	void (*make)(struct worker *w);
	void (*end)(struct worker *w);
};

extern const struct trade trade_messages, trade_calls;

/* Something is wrong: tells what, and how to make it again. */
void finding(struct worker *w, const char *what);

/* An error of 0 is success. */
void tally(struct worker *w, unsigned int row, int error);
void tally_add(struct worker *to, const struct worker *from, unsigned int rows);
void tally_print(const struct worker *w, const struct trade *trade);

#endif /* FUZZ_WORKER_H */
