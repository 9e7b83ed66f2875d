/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What odmmd.conf says.
 */
#ifndef _ODMMD_CONFIG_H
#define _ODMMD_CONFIG_H

#include "source.h"

#define MAX_SOURCES 64
#define MAX_CLAIM_DEVS 64	/* as many as the kernel takes */

struct config {
	char name[16];		/* of the claim, and origin of the prefixes */
	uint32_t claim_dev[MAX_CLAIM_DEVS];
	size_t n_claim_devs;
	struct source *source[MAX_SOURCES];
	size_t n_sources;
};

/* NULL, and it has said what is wrong where. */
struct config *config_read(const char *file);
/* With the sources, which are not running. */
void config_free(struct config *config);

#endif /* _ODMMD_CONFIG_H */
