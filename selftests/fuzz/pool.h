/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel has told of living things. Whoever asks for something with
 * the values of one answer asks for something that is likely to exist: the
 * cookie of a request, together with its type and interface.
 */
#ifndef FUZZ_POOL_H
#define FUZZ_POOL_H

#include "random.h"
#include "table.h"

#define VALUE_KEPT	16	/* bytes of a value; longer ones are not kept */
#define RECORD_VALUES	16
#define RECORDS		64
#define NAMES_MAX	256

struct value {
	uint16_t same;
	uint8_t len;
	unsigned char data[VALUE_KEPT];
};

struct record {
	unsigned int n;
	struct value values[RECORD_VALUES];
};

/**
 * struct pool - of one thread
 * @n: records that were ever kept; the oldest are written over
 * @records: values that came together
 * @latest: of each name
 */
struct pool {
	unsigned long n;
	struct record records[RECORDS];
	struct value latest[NAMES_MAX];
};

struct record *pool_new_record(struct pool *pool);
void pool_keep(struct pool *pool, struct record *record, uint16_t same,
	       const void *data, size_t len);
const struct record *pool_pick(const struct pool *pool, struct rng *r);
const struct value *record_value(const struct record *record, uint16_t same);
const struct value *pool_latest(const struct pool *pool, uint16_t same);

#endif /* FUZZ_POOL_H */
