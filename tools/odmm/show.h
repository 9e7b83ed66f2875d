/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one printer. Each object says once what its fields are; what comes out,
 * as text or as JSON, is made of the same row.
 */
#ifndef _ODMM_SHOW_H
#define _ODMM_SHOW_H

#include "../common/genl.h"
#include "odmm.h"

void show_rows(const struct field *fields, json_t *rows);
void show_columns(const struct field *fields, json_t *rows);
void show_object(json_t *object);
void show_line(const struct field *fields, const char *head, json_t *row);
int show_all(uint8_t cmd, const struct field *fields, genl_filter filter, const void *arg);
int show_end(void);

#endif /* _ODMM_SHOW_H */
