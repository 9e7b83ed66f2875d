/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages without sense: those of a corpus, changed at random, the same for the
 * same seed. A file of a corpus has a message a line, in hexadecimal.
 */
#ifndef _TESTS_MUTATE_H
#define _TESTS_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX	4096

struct message {
	uint8_t data[MESSAGE_MAX];
	size_t len;
};

void mutate_seed(const char *seed);
void mutate_take_file(const char *path);

/* One of the corpus, or what was made of it; parts of others begin at multiples of @align. */
void mutate(struct message *m, size_t align);

/* A number below that. */
uint32_t any(uint32_t below);
/* Ends the program, which is not to come here. */
void impossible(const char *what) __attribute__((noreturn));

#endif /* _TESTS_MUTATE_H */
