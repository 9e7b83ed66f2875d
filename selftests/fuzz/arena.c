// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"

#define PAGE		4096
#define WINDOW		512	/* what is looked at */
#define OFFSET		128	/* of the value in it */
#define PATTERN		0xa5

/**
 * struct arena - memory for arguments
 * @page: can be written; the one behind it is not there
 * @readonly: can be read only; a wish that is granted, if it is one
 * @len: length, for good pointers to it
 * @before: the window as it was
 */
struct arena {
	unsigned char *page;
	unsigned char *readonly;
	int len;
	unsigned char before[WINDOW];
};

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/*
 * As an int: type 2. As a struct odmm_setsc: the same, for a millisecond. And a
 * length that is long enough for all.
 */
static void fill_readonly(unsigned char *page)
{
	static const uint32_t wish[8] = { 2, 0, 1 };
	static const int len = OFFSET;

	memcpy(page, wish, sizeof(wish));
	memcpy(page + OFFSET, &len, sizeof(len));
	mprotect(page, PAGE, PROT_READ);
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		abort();
	arena->page = map(2 * PAGE);
	mprotect(arena->page + PAGE, PAGE, PROT_NONE);
	arena->readonly = map(PAGE);
	fill_readonly(arena->readonly);
	return arena;
}

void arena_free(struct arena *arena)
{
	munmap(arena->page, 2 * PAGE);
	munmap(arena->readonly, PAGE);
	free(arena);
}

static unsigned char *address(const struct arena *arena, enum place place,
			      unsigned int n)
{
	switch (place) {
	case PLACE_GOOD:
		return arena->page + OFFSET;
	case PLACE_ODD:
		return arena->page + OFFSET + 3;
	case PLACE_EDGE:
		return arena->page + PAGE - n / 2;
	case PLACE_UNMAPPED:
		return arena->page + PAGE + OFFSET;
	case PLACE_READONLY:
		return arena->readonly;
	case PLACE_KERNEL:
		return (unsigned char *)0xffff888000001000;
	default:
		return NULL;
	}
}

void *arena_put(struct arena *arena, enum place place, const void *data,
		unsigned int n)
{
	unsigned char *p = address(arena, place, n);

	memset(arena->page, PATTERN, WINDOW);
	if (place == PLACE_GOOD || place == PLACE_ODD)
		memcpy(p, data, n);
	else if (place == PLACE_EDGE)
		memcpy(p, data, n / 2);
	memcpy(arena->before, arena->page, WINDOW);
	return p;
}

void *arena_put_length(struct arena *arena, enum place place, int len)
{
	arena->len = len;
	switch (place) {
	case PLACE_GOOD:
		return &arena->len;
	case PLACE_READONLY:
		return arena->readonly + OFFSET;
	default:
		return address(arena, place, sizeof(len));
	}
}

int arena_length(const struct arena *arena)
{
	return arena->len;
}

bool arena_is_untouched(const struct arena *arena, enum place place, int n)
{
	size_t begin, end;

	if (place != PLACE_GOOD && place != PLACE_ODD)
		return true;
	begin = address(arena, place, 0) - arena->page;
	end = begin + n;
	return end <= WINDOW &&
	       !memcmp(arena->page, arena->before, begin) &&
	       !memcmp(arena->page + end, arena->before + end, WINDOW - end);
}
