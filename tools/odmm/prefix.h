/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words of "prefix add" and "request done".
 */
#ifndef _ODMM_PREFIX_WORDS_H
#define _ODMM_PREFIX_WORDS_H

#include "../common/prefix.h"
#include "show.h"

void prefix_take_args(struct words *w, struct prefix_args *a);

#endif /* _ODMM_PREFIX_WORDS_H */
