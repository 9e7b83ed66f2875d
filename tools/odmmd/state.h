/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The folder of what must survive a restart; source.h has load and save.
 */
#ifndef _ODMMD_STATE_H
#define _ODMMD_STATE_H

/* A descriptor, or -1 and it has said why. The folder is made if need be. */
int state_open(const char *folder);

#endif /* _ODMMD_STATE_H */
