/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys of WireGuard: 32 bytes, written as wg(8) writes them.
 */
#ifndef _ODMMD_KEY_H
#define _ODMMD_KEY_H

#include <stdbool.h>
#include <stdint.h>

#define KEY_LEN	32

/* False if @text is none. */
bool key_from_text(const char *text, uint8_t key[KEY_LEN]);

/*
 * Reads a private key from a file, which nobody but its owner may read.
 * NULL, or what is wrong with it; who has a key wipes it.
 */
const char *key_from_file(const char *file, uint8_t key[KEY_LEN]);

#endif /* _ODMMD_KEY_H */
