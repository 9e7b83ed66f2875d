// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types and their names.
 */
#include <string.h>
#include "private.h"

static const char * const type_names[] = {
	[ODMM_TYPE_NONE]		 = "none",
	[ODMM_TYPE_FIXED]		 = "fixed",
	[ODMM_TYPE_SESSION_LASTING]	 = "session-lasting",
	[ODMM_TYPE_NON_PERSISTENT]	 = "non-persistent",
	[ODMM_TYPE_GRACEFUL_REPLACEMENT] = "graceful-replacement",
};

API const char *sc_type_name(sc_type type)
{
	return (unsigned int)type < ARRAY_SIZE(type_names) ? type_names[type] : NULL;
}

API sc_type sc_type_from_name(const char *name)
{
	unsigned int type;

	for (type = ODMM_TYPE_FIXED; type < ARRAY_SIZE(type_names); type++) {
		if (name[0] == (char)('0' + type) && !name[1])
			return (sc_type)type;
		/* No two begin alike, so the first that fits is the only one. */
		if (*name && !strncmp(type_names[type], name, strlen(name)))
			return (sc_type)type;
	}
	return ODMM_TYPE_NONE;
}
