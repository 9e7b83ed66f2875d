/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The program to be run: where it is, and whether a library can be preloaded.
 */
#ifndef _ODMM_PROGRAM_H
#define _ODMM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

enum {
	EXIT_FAILED = 125,	/* odmm-run itself, as of env(1) */
	EXIT_CANNOT_RUN,	/* the program is there */
	EXIT_NOT_FOUND,
};

/* Finds it as a shell does; false if there is none. */
bool program_find(const char *name, char *path, size_t size);

/* Ends the process with a message if nothing can be preloaded into it. */
void program_check(const char *path);

#endif /* _ODMM_PROGRAM_H */
