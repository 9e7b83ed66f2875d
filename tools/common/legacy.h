/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeping sockets that never ask from typed addresses.
 */
#ifndef _ODMM_LEGACY_H
#define _ODMM_LEGACY_H

#include <stdint.h>

void legacy_guard(uint32_t ifindex);
void legacy_restore(void);

#endif /* _ODMM_LEGACY_H */
