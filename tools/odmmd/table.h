/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects that are found by their key, which is what they begin with.
 */
#ifndef _ODMMD_TABLE_H
#define _ODMMD_TABLE_H

#include <stddef.h>

struct table {
	int (*compare)(const void *a, const void *b);	/* of keys */
	size_t key_size;
	void *root;
	size_t n;
};

void *table_find(const struct table *table, const void *key);
void table_add(struct table *table, void *object);
void table_remove(struct table *table, const void *object);

/*
 * Calls @fn for each object there was at the beginning and still is: @fn may
 * remove any.
 */
void table_each(const struct table *table, void (*fn)(void *object, void *data), void *data);

#endif /* _ODMMD_TABLE_H */
