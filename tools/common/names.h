/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers of the kernel and what people call them.
 */
#ifndef _ODMM_NAMES_H
#define _ODMM_NAMES_H

#include <stdint.h>

/* One row of a table that ends with a NULL name */
struct name {
	uint32_t value;
	const char *name;
};

extern const struct name prefix_states[], prefix_flags[], request_states[],
	socket_states[], socket_flags[], protocols[], prefix_ends[], access_names[],
	share_names[];
extern const struct name capabilities[];	/* capability.c */

const char *name_of(const struct name *table, uint32_t value);
const char *errno_name(uint32_t error);
uint32_t errno_from_name(const char *name);

#endif /* _ODMM_NAMES_H */
