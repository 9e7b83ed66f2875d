/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What "odmm policy set" is told to set.
 */
#ifndef _ODMM_SETTINGS_H
#define _ODMM_SETTINGS_H

#include "secret.h"
#include "show.h"

#define N_SETTINGS 17

struct settings {
	struct keyword keyword[N_SETTINGS];
	union {
		uint32_t u32;
		uint64_t u64;
	} value[N_SETTINGS];
	uint32_t access, gid_min, gid_max, capability;
	const char *secret_file;
	uint8_t secret[SECRET_LEN];
	bool has_access, create;
};

void settings_take(struct words *w, struct settings *s);
int settings_load_secret(struct settings *s);
void settings_put(struct nlmsghdr *nlh, const struct settings *s);

#endif /* _ODMM_SETTINGS_H */
