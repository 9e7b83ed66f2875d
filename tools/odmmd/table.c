// SPDX-License-Identifier: GPL-2.0
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "daemon.h"
#include "table.h"

static void *checked(void *memory)
{
	if (memory)
		return memory;
	say(LOG_ERR, "out of memory");
	exit(EXIT_REFUSED);
}

void *xcalloc(size_t n, size_t size)
{
	return checked(calloc(n, size));
}

void *xreallocarray(void *memory, size_t n, size_t size)
{
	return checked(reallocarray(memory, n, size));
}

void *table_find(const struct table *table, const void *key)
{
	void **node = tfind(key, &table->root, table->compare);

	return node ? *node : NULL;
}

void table_add(struct table *table, void *object)
{
	checked(tsearch(object, &table->root, table->compare));
	table->n++;
}

void table_remove(struct table *table, const void *object)
{
	tdelete(object, &table->root, table->compare);
	table->n--;
}

/* Keys being copied, the next one at @to */
struct copy {
	char *to;
	size_t size;
};

static void copy_key(const void *node, VISIT visit, void *data)
{
	struct copy *copy = data;

	if (visit != postorder && visit != leaf)
		return;
	memcpy(copy->to, *(void *const *)node, copy->size);
	copy->to += copy->size;
}

void table_each(const struct table *table, void (*fn)(void *object, void *data), void *data)
{
	size_t n = table->n, size = table->key_size, i;
	char *keys = xcalloc(n + 1, size);
	struct copy copy = { keys, size };
	void *object;

	twalk_r(table->root, copy_key, &copy);
	for (i = 0; i < n; i++) {
		object = table_find(table, keys + i * size);
		if (object)
			fn(object, data);
	}
	free(keys);
}
