/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line, or a file: words, keywords, values. What is wrong ends the
 * program with a message and EXIT_USAGE, or wherever usage_error_to leads.
 */
#ifndef _ODMM_ARGS_H
#define _ODMM_ARGS_H

#include "base.h"

/* The words that have not been looked at */
struct words {
	int n;
	char **word;
};

struct prefix {
	struct in6_addr addr;
	uint32_t len;
};

enum arg_kind {
	ARG_FLAG,	/* bool; takes no value */
	ARG_U32,
	ARG_U64,
	ARG_SECONDS,	/* uint32_t, or "forever" */
	ARG_SECONDS_OPT, /* uint32_t; the value may be left out */
	ARG_LIMIT,	/* uint32_t; 0 is "none" */
	ARG_TIMEOUT,	/* uint32_t, milliseconds; UINT32_MAX is "none" */
	ARG_SIZE,	/* uint64_t, bytes with K, M, G or T; 0 is "none" */
	ARG_ON_OFF,	/* uint32_t */
	ARG_SHARE,	/* uint32_t, see share_names */
	ARG_DEV,	/* uint32_t, an interface index */
	ARG_TYPE,	/* uint32_t, enum odmm_type */
	ARG_TYPES,	/* uint32_t, bit mask of it; 0 is "none" */
	ARG_ERRNO,	/* uint32_t */
	ARG_PREFIX,	/* struct prefix */
	ARG_TEXT,	/* const char * */
};

struct keyword {
	const char *name;
	enum arg_kind kind;
	void *to;
	bool given;
};

/* The command that explains the words, for messages that advise */
extern const char *help_command;
/* Takes the message instead; never returns. NULL: print it, and end. */
extern void (*usage_error_to)(const char *message);

bool is(const char *word, const char *name);
const char *peek(const struct words *w);
const char *next(struct words *w, const char *what);
bool next_is(struct words *w, const char *name);

bool take_keyword(struct words *w, struct keyword *table, size_t n);
void take_keywords(struct words *w, struct keyword *table, size_t n);
void no_more(struct words *w);

uint32_t parse_u32(const char *word);
bool prefix_from_text(const char *word, struct prefix *prefix);
void parse_prefix(const char *word, struct prefix *prefix);
uint64_t parse_cookie(const char *word);
uint32_t parse_type(const char *word);
uint32_t parse_dev(const char *word);

void usage_error(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void wrong(const char *word, const char *why) __attribute__((noreturn));
void unknown_word(const char *word) __attribute__((noreturn));

#endif /* _ODMM_ARGS_H */
