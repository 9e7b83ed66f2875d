/* SPDX-License-Identifier: GPL-2.0 */
/* A system call about a socket, as it is made, and as it is written. */
#ifndef FUZZ_CALL_H
#define FUZZ_CALL_H

#include <stdbool.h>
#include <stdio.h>

#define CALL_DATA	128
#define SLOTS		48	/* sockets that the threads share */
#define SLOT_FIRST	200	/* file descriptor of the first */

enum verb {
	VERB_OPEN,
	VERB_CLOSE,
	VERB_GET,
	VERB_SET,
	VERB_PREFER,
	VERB_NONBLOCK,
	VERB_BIND,
	VERB_BIND_HELD,
	VERB_CONNECT,
	VERB_CONNECT_SLOT,
	VERB_LISTEN,
	VERB_ACCEPT,
	VERB_SHUTDOWN,
	VERB_DEVICE,
	VERB_SEND,
	VERB_NOTICE,
	VERB_TO_V4,
	VERBS,
};

/* Where the argument of a call is. */
enum place {
	PLACE_GOOD,
	PLACE_ODD,		/* not aligned */
	PLACE_EDGE,		/* runs into a page that is not there */
	PLACE_NULL,
	PLACE_UNMAPPED,
	PLACE_READONLY,
	PLACE_KERNEL,
	PLACES,
};

/**
 * struct call - one call
 * @verb: which
 * @slot: socket
 * @number: option, kind of socket, other slot, on or off...
 * @place: of the value
 * @len_place: of the length, if the call wants a pointer to it
 * @len: length that the kernel is told
 * @n: bytes of @data
 * @data: the value
 */
struct call {
	enum verb verb;
	int slot;
	int number;
	enum place place;
	enum place len_place;
	int len;
	unsigned int n;
	unsigned char data[CALL_DATA];
};

extern const char *const verb_names[VERBS];
extern const char *const place_names[PLACES];

/* Kinds of sockets. */
extern const unsigned int n_socket_kinds;
const char *socket_kind(unsigned int kind);

/* Memory that the arguments of one thread's calls are in. */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/*
 * Returns 0 or an errno. *@wrong is set if the kernel wrote where it should not
 * have.
 */
int call_make(struct arena *arena, const struct call *call, const char **wrong);

/* One line. */
void call_print(FILE *file, const struct call *call);

#endif /* FUZZ_CALL_H */
