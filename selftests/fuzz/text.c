// SPDX-License-Identifier: GPL-2.0
/*
 * Calls and messages as lines of text, as README.md describes them, and back.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "text.h"

const char *const verb_names[VERBS] = {
	[VERB_OPEN] = "open",
	[VERB_CLOSE] = "close",
	[VERB_GET] = "get",
	[VERB_SET] = "set",
	[VERB_PREFER] = "prefer",
	[VERB_NONBLOCK] = "nonblock",
	[VERB_BIND] = "bind",
	[VERB_BIND_HELD] = "bind-held",
	[VERB_CONNECT] = "connect",
	[VERB_CONNECT_SLOT] = "connect-slot",
	[VERB_LISTEN] = "listen",
	[VERB_ACCEPT] = "accept",
	[VERB_SHUTDOWN] = "shutdown",
	[VERB_DEVICE] = "device",
	[VERB_SEND] = "send",
	[VERB_NOTICE] = "notice",
	[VERB_TO_V4] = "to-v4",
};

const char *const place_names[PLACES] = {
	[PLACE_GOOD] = "good",
	[PLACE_ODD] = "odd",
	[PLACE_EDGE] = "edge",
	[PLACE_NULL] = "null",
	[PLACE_UNMAPPED] = "unmapped",
	[PLACE_READONLY] = "readonly",
	[PLACE_KERNEL] = "kernel",
};

static void print_hex(FILE *file, const unsigned char *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		putc(digits[data[i] >> 4], file);
		putc(digits[data[i] & 15], file);
	}
}

void call_print(FILE *file, const struct call *c)
{
	flockfile(file);
	fprintf(file, "%s %d ", verb_names[c->verb], c->slot);
	if (c->verb == VERB_OPEN) {
		fprintf(file, "%s\n", socket_kind(c->number));
	} else if (!c->n) {
		fprintf(file, "%d\n", c->number);
	} else {
		fprintf(file, "%d %s %d %s ", c->number, place_names[c->place],
			c->len, place_names[c->len_place]);
		print_hex(file, c->data, c->n);
		putc('\n', file);
	}
	funlockfile(file);
}

/* Family numbers are given anew each time the module is inserted. */
void datagram_print(FILE *file, uint16_t family, const struct datagram *d)
{
	size_t done = 0, type;
	unsigned int i;

	flockfile(file);
	fputs("message ", file);
	for (i = 0; i < d->n; i++) {
		type = d->headers[i] + sizeof(uint32_t);
		if (type + sizeof(family) > d->len || type < done ||
		    memcmp(d->data + type, &family, sizeof(family)))
			continue;
		print_hex(file, d->data + done, type - done);
		fputs(" family ", file);
		done = type + sizeof(family);
	}
	print_hex(file, d->data + done, d->len - done);
	putc('\n', file);
	funlockfile(file);
}

/* The value of a name in a list, or -1. */
static int number_of(const char *const names[], int n, const char *word)
{
	while (word && n--)
		if (!strcmp(names[n], word))
			return n;
	return -1;
}

static int kind_of(const char *word)
{
	unsigned int kind;

	for (kind = 0; word && kind < n_socket_kinds; kind++)
		if (!strcmp(socket_kind(kind), word))
			return kind;
	return -1;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower(c) - 'a' + 10;
}

/* Appends the byte before an asterisk as often as the number behind it says. */
static bool parse_many(const char *word, unsigned char *data, size_t *n,
		       size_t max)
{
	size_t times = strtoul(strchr(word, '*') + 1, NULL, 10);

	if (times > max - *n)
		return false;
	memset(data + *n, (int)strtoul(word, NULL, 16), times);
	*n += times;
	return true;
}

/* Appends what a word says in hexadecimal; false if it is no such word. */
static bool parse_hex(const char *word, unsigned char *data, size_t *n,
		      size_t max)
{
	if (strchr(word, '*'))
		return parse_many(word, data, n, max);
	for (; *word; word += 2) {
		if (!isxdigit((unsigned char)word[0]) ||
		    !isxdigit((unsigned char)word[1]) || *n == max)
			return false;
		data[(*n)++] = digit(word[0]) << 4 | digit(word[1]);
	}
	return true;
}

static char *next(char **rest)
{
	return strtok_r(NULL, " \t", rest);
}

static bool parse_datagram(char **rest, uint16_t family, struct datagram *d)
{
	const char *word;

	d->len = 0;
	d->n = 0;
	while ((word = next(rest))) {
		if (!strcmp(word, "family")) {
			if (d->len + sizeof(family) > sizeof(d->data))
				return false;
			memcpy(d->data + d->len, &family, sizeof(family));
			d->len += sizeof(family);
		} else if (!parse_hex(word, d->data, &d->len,
				      sizeof(d->data))) {
			return false;
		}
	}
	return d->len;
}

static bool parse_value(const char *word, char **rest, struct call *c)
{
	const char *len = next(rest), *len_place = next(rest);
	int place = number_of(place_names, PLACES, word);
	int other = number_of(place_names, PLACES, len_place);
	size_t n = 0;

	if (place < 0 || other < 0)
		return false;
	c->place = place;
	c->len_place = other;
	c->len = (int)strtoll(len, NULL, 0);
	while ((word = next(rest)))
		if (!parse_hex(word, c->data, &n, sizeof(c->data)))
			return false;
	c->n = n;
	return true;
}

static bool parse_call(const char *verb, char **rest, struct call *c)
{
	int number = number_of(verb_names, VERBS, verb);
	const char *slot = next(rest), *word = next(rest);

	if (number < 0 || !slot)
		return false;
	*c = (struct call){ .verb = number, .slot = atoi(slot) % SLOTS };
	if (c->verb == VERB_OPEN) {
		c->number = kind_of(word);
		return c->number >= 0;
	}
	c->number = word ? atoi(word) : 0;
	word = next(rest);
	return !word || parse_value(word, rest, c);
}

/* Cuts off a comment, and what is expected; the latter, or NULL. */
static char *expectation(char *line)
{
	char *end = line + strcspn(line, "#\n"), *equals;

	*end = 0;
	equals = strchr(line, '=');
	if (!equals)
		return NULL;
	*equals++ = 0;
	return equals + strspn(equals, " \t");
}

enum line line_parse(char *line, uint16_t family, struct call *call,
		     struct datagram *d, char **expected)
{
	char *word, *rest;
	bool good;

	*expected = expectation(line);
	if (*expected)
		(*expected)[strcspn(*expected, " \t")] = 0;
	word = strtok_r(line, " \t", &rest);
	if (!word)
		return LINE_EMPTY;
	if (!strcmp(word, "message")) {
		good = parse_datagram(&rest, family, d);
		return good ? LINE_MESSAGE : LINE_BAD;
	}
	good = parse_call(word, &rest, call);
	return good ? LINE_CALL : LINE_BAD;
}
