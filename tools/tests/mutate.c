// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mutate.h"

#define MESSAGES_MAX	256
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static struct message corpus[MESSAGES_MAX];
static size_t n_corpus;
static uint64_t state;

void mutate_seed(const char *seed)
{
	state = strtoull(seed, NULL, 0) ^ 0x9e3779b97f4a7c15ULL;
}

/* xorshift64* */
uint32_t any(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717ULL) >> 32) % below;
}

void impossible(const char *what)
{
	printf("impossible: %s\n", what);
	exit(1);
}

static void take_line(const char *hex)
{
	struct message *m = &corpus[n_corpus];

	if (n_corpus == MESSAGES_MAX)
		impossible("so large a corpus");
	for (m->len = 0; m->len < MESSAGE_MAX; m->len++)
		if (sscanf(hex + 2 * m->len, "%2hhx", m->data + m->len) != 1)
			break;
	n_corpus++;
}

void mutate_take_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!f) {
		perror(path);
		exit(1);
	}
	while (getline(&line, &room, f) > 0)
		if (line[0] != '#')
			take_line(line);
	free(line);
	fclose(f);
}

static void change_byte(struct message *m)
{
	static const uint8_t telling[] = { 0, 1, 2, 3, 4, 5, 63, 64, 65, 128, 129, 253, 254, 255 };

	if (m->len)
		m->data[any((uint32_t)m->len)] = any(2) ? telling[any(ARRAY_SIZE(telling))] :
							  (uint8_t)any(256);
}

static void cut(struct message *m)
{
	m->len = any((uint32_t)m->len + 1);
}

/* The end of another, from a place where an option may begin. */
static void join(struct message *m, size_t align)
{
	const struct message *other = &corpus[any((uint32_t)n_corpus)];
	size_t from = align * (size_t)any((uint32_t)(other->len / align) + 1);
	size_t len = other->len - from;

	if (len > MESSAGE_MAX - m->len)
		len = MESSAGE_MAX - m->len;
	memcpy(m->data + m->len, other->data + from, len);
	m->len += len;
}

void mutate(struct message *m, size_t align)
{
	uint32_t changes = any(5);

	*m = corpus[any((uint32_t)n_corpus)];
	if (!any(4))
		join(m, align);
	while (changes--)
		change_byte(m);
	if (!any(16))
		cut(m);
}
