/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Running a program: a text in, a text out, and an end to it in any case.
 */
#ifndef _ODMMD_PROGRAM_H
#define _ODMMD_PROGRAM_H

#include "daemon.h"

struct program;

/*
 * It has ended: @failure says why, and is NULL if all is well; @out is what it
 * has printed.
 */
typedef void (*program_end)(void *data, const char *failure, const char *out);

/*
 * Runs @file in a process group of its own, with @in, of at most 4096 bytes,
 * as its standard input. After @seconds it is killed, and so is what is left of
 * its group when it has ended. NULL, errno says why, and @end is not called.
 */
struct program *program_start(struct daemon *d, const char *file, const char *in,
			      uint32_t seconds, program_end end, void *data);
/* Ends it at once; @end is not called. */
void program_kill(struct program *p);

#endif /* _ODMMD_PROGRAM_H */
