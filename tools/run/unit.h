/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Services of systemd: a drop-in file gives them the library and the wish.
 */
#ifndef _ODMM_UNIT_H
#define _ODMM_UNIT_H

#include <limits.h>
#include <stdbool.h>
#include "wish.h"

struct unit {
	const char *root;	/* in front of /etc; "" is this system */
	bool dry_run;		/* say what would be done */
	char name[NAME_MAX + 1];
	char dir[PATH_MAX], file[PATH_MAX];
};

/* Ends the process with a message if there can be no such service. */
void unit_name(struct unit *unit, const char *name);

/* Each returns the exit status. */
int unit_enable(const struct unit *unit, const struct wish *wish, const char *library);
int unit_disable(const struct unit *unit);
int unit_status(const struct unit *unit);

#endif /* _ODMM_UNIT_H */
