/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon's side towards the kernel. What returns -1 has said why.
 */
#ifndef _ODMMD_AGENT_H
#define _ODMMD_AGENT_H

#include "config.h"

int agent_open(struct daemon *d);
void agent_close(struct daemon *d);

/*
 * Starts what @config has, and stops it. Reload puts another in the place of
 * the one in force; if its sources do not start the one before is in force.
 * All take @config.
 */
int agent_start(struct daemon *d, struct config *config);
int agent_reload(struct daemon *d, struct config *config);
void agent_stop(struct daemon *d);

#endif /* _ODMMD_AGENT_H */
