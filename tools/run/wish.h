/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the sockets of a program are to have, and how odmm-run tells it to the
 * library that it preloads: in the environment, as words with commas between.
 */
#ifndef _ODMM_WISH_H
#define _ODMM_WISH_H

#include <stdbool.h>
#include <stddef.h>
#include <odmm.h>

#define WISH_VARIABLE	"ODMM_RUN"
#define WISH_SIZE	96

struct wish {
	sc_type type;
	uint32_t flags;		/* IPV6_REQUIRE_SRC_ON_NET or 0 */
	int timeout;		/* as IPV6_SC_TIMEOUT */
	bool fallback;		/* go on without such an address */
};

/* A timeout: milliseconds or "none"; false if it is neither. */
bool wish_timeout(const char *word, int *timeout);

void wish_print(const struct wish *wish, char text[WISH_SIZE]);

/* False, and a wish of no type, if the text is not understood. */
bool wish_parse(const char *text, struct wish *wish);

#endif /* _ODMM_WISH_H */
