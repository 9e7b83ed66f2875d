/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file that keeps the key of fixed addresses over reboots.
 */
#ifndef _ODMM_SECRET_H
#define _ODMM_SECRET_H

#include <stdint.h>

#define SECRET_LEN 16

/* Both say themselves what went wrong; -1 then. */
int secret_create(const char *file);
int secret_read(const char *file, uint8_t secret[SECRET_LEN]);

#endif /* _ODMM_SECRET_H */
