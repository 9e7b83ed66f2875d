// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "values.h"

#define ADDRESS_LEN	16

/* Often small, as numbers of things are; of all sizes; the ends of the range. */
static uint64_t valid_number(struct rng *r, const struct attribute *a)
{
	uint64_t range = a->greatest - a->least, n = rng_next(r);

	switch (below(r, 10)) {
	case 0:
		return a->least;
	case 1:
		return a->greatest;
	case 2 ... 5:
		n %= 8;
		break;
	default:
		n >>= below(r, 64);
	}
	return a->least + (range == UINT64_MAX ? n : n % (range + 1));
}

/*
 * Sixteen bytes are taken for the network part of an address, out of few, so
 * that the same ones come again.
 */
static void valid_binary(struct rng *r, unsigned char *data, size_t len)
{
	static const unsigned char documentation[] = { 0x20, 0x01, 0x0d, 0xb8 };

	if (len != ADDRESS_LEN) {
		rng_fill(r, data, len);
		return;
	}
	memset(data, 0, len);
	memcpy(data, documentation, sizeof(documentation));
	data[5] = below(r, 4);
	data[7] = below(r, 64);
}

static size_t length_between(struct rng *r, const struct attribute *a)
{
	size_t greatest = a->greatest < VALUE_MAX - 1 ? a->greatest :
							VALUE_MAX - 1;

	return a->least + below(r, greatest - a->least + 1);
}

static size_t valid_string(struct rng *r, const struct attribute *a, char *data)
{
	size_t len = length_between(r, a);

	memset(data, 'a' + below(r, 26), len);
	data[len] = 0;
	return len + 1;
}

size_t value_valid(struct rng *r, const struct attribute *a, void *data)
{
	uint64_t number;
	size_t len;

	switch (a->kind) {
	case KIND_NUMBER:
		number = valid_number(r, a);
		memcpy(data, &number, a->size);
		return a->size;
	case KIND_BINARY:
		len = length_between(r, a);
		valid_binary(r, data, len);
		return len;
	case KIND_STRING:
		return valid_string(r, a, data);
	default:
		return 0;
	}
}

static uint64_t hostile_number(struct rng *r, const struct attribute *a)
{
	switch (below(r, 9)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return UINT64_MAX;
	case 3:
		return 1ULL << (8 * a->size - 1);
	case 4:
		return (1ULL << (8 * a->size - 1)) - 1;
	case 5:
		return a->least - 1;
	case 6:
		return a->greatest + 1;
	case 7:
		return 1ULL << below(r, 64);
	default:
		return rng_next(r);
	}
}

/* Mostly of the right length, so that the value is looked at. */
static size_t hostile_length(struct rng *r, size_t right)
{
	switch (below(r, 8)) {
	case 0:
		return 0;
	case 1:
		return right + 1;
	case 2:
		return right ? right - 1 : 1;
	case 3:
		return below(r, VALUE_MAX);
	default:
		return right;
	}
}

static size_t hostile_string(struct rng *r, const struct attribute *a,
			     unsigned char *data)
{
	size_t len = hostile_length(r, a->greatest < VALUE_MAX - 2 ?
				       a->greatest + 1 : VALUE_MAX - 2);

	rng_fill(r, data, len);
	if (len && percent(r, 50))
		data[below(r, len)] = 0;
	if (len && percent(r, 50))
		data[len - 1] = 0;
	return len;
}

size_t value_hostile(struct rng *r, const struct attribute *a, void *data)
{
	uint64_t number = hostile_number(r, a);
	size_t len;

	switch (a->kind) {
	case KIND_NUMBER:
		len = hostile_length(r, a->size);
		rng_fill(r, data, len);
		memcpy(data, &number, len < sizeof(number) ? len :
							     sizeof(number));
		return len;
	case KIND_STRING:
		return hostile_string(r, a, data);
	default:
		len = hostile_length(r, a->greatest < VALUE_MAX ? a->greatest :
								  VALUE_MAX);
		rng_fill(r, data, len);
		return len;
	}
}
