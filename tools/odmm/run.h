/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Running another program.
 */
#ifndef _ODMM_RUN_H
#define _ODMM_RUN_H

#include <stdbool.h>

bool run_program(char *const argv[]);

#endif /* _ODMM_RUN_H */
