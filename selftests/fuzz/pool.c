// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "pool.h"

struct record *pool_new_record(struct pool *pool)
{
	struct record *record = &pool->records[pool->n++ % RECORDS];

	record->n = 0;
	return record;
}

void pool_keep(struct pool *pool, struct record *record, uint16_t same,
	       const void *data, size_t len)
{
	struct value value = { .same = same, .len = (uint8_t)len };

	if (len > VALUE_KEPT || same >= NAMES_MAX)
		return;
	memcpy(value.data, data, len);
	pool->latest[same] = value;
	if (record->n < RECORD_VALUES)
		record->values[record->n++] = value;
}

/* Draws the same from @r, whatever there is: what comes after stays the same. */
const struct record *pool_pick(const struct pool *pool, struct rng *r)
{
	unsigned int i = below(r, RECORDS);
	unsigned long n = pool->n < RECORDS ? pool->n : RECORDS;

	return n ? &pool->records[i % n] : NULL;
}

const struct value *record_value(const struct record *record, uint16_t same)
{
	unsigned int i;

	for (i = 0; record && i < record->n; i++)
		if (record->values[i].same == same)
			return &record->values[i];
	return NULL;
}

const struct value *pool_latest(const struct pool *pool, uint16_t same)
{
	return same < NAMES_MAX && pool->latest[same].len ?
	       &pool->latest[same] : NULL;
}
