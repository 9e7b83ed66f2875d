/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prefixes that the kernel has of the sources.
 */
#ifndef _ODMMD_GRANT_H
#define _ODMMD_GRANT_H

#include "source.h"
#include "table.h"

/* The kernel says that it is gone, if it is one of ours. */
void grant_gone(const struct prefix *p, uint64_t cookie, uint32_t why);

/*
 * Looks at all prefixes that the kernel has. What of ours is not there has gone
 * unnoticed; what is there and ours by its origin, but of no source, is offered
 * to the sources. -1, and it has said why.
 */
int grant_resync(struct daemon *d);

/* A source goes; the kernel keeps its prefixes. */
void grant_leave(struct source *s);
size_t grant_count(void);

#endif /* _ODMMD_GRANT_H */
