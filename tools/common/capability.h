/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ODMM_CAPABILITY_H
#define _ODMM_CAPABILITY_H

#include "names.h"

uint32_t parse_capability(const char *word);

#endif /* _ODMM_CAPABILITY_H */
