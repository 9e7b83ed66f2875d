// SPDX-License-Identifier: GPL-2.0
/*
 * What "odmm agent run" says that it does.
 */
#include "agent.h"

static const struct field event_fields[] = {
	{ "cookie", 0, FIELD_U64, NULL },
	{ "type", 0, FIELD_TYPE, NULL },
	{ "types", 0, FIELD_TYPES, NULL },
	{ "prefix", 0, FIELD_PREFIX, NULL },
	{ "end", 0, FIELD_NAME, NULL },
	{ "error", 0, FIELD_ERRNO, NULL },
	{ NULL, 0, FIELD_HIDDEN, NULL }
};

void report(const char *event, uint64_t cookie, const char *what, json_t *value)
{
	json_t *row = json_object();

	if (cookie)
		json_object_set_new(row, "cookie", json_integer((json_int_t)cookie));
	if (what)
		json_object_set_new(row, what, value);
	show_line(event_fields, event, row);
}

/* Why it ended is not known of one that was missed. Takes @end. */
void report_return(const struct prefix *prefix, json_t *end)
{
	json_t *row = json_object();

	json_object_set_new(row, "prefix", value_prefix(&prefix->addr, prefix->len));
	if (end)
		json_object_set_new(row, "end", end);
	show_line(event_fields, "return", row);
}
