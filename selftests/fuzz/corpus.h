/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_CORPUS_H
#define FUZZ_CORPUS_H

#include <stdint.h>

/*
 * Makes the calls that a file has line by line, and prints what each gave.
 * Returns an exit status: 1 if that is not what the line says.
 */
int corpus_play(const char *name, uint16_t family);

#endif /* FUZZ_CORPUS_H */
