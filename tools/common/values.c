// SPDX-License-Identifier: GPL-2.0
/*
 * Values of the kernel as JSON.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "row.h"

/*
 * Origins, names and interfaces are whatever somebody wrote there: neither
 * may they play tricks with a terminal nor make JSON invalid.
 */
json_t *value_text(const char *text)
{
	char *clean = strdup(text), *c;
	json_t *value;

	if (!clean)
		return NULL;
	for (c = clean; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	value = json_string(clean);
	if (!value) {
		for (c = clean; *c; c++)
			if ((unsigned char)*c > 0x7f)
				*c = '?';
		value = json_string(clean);
	}
	free(clean);
	return value;
}

json_t *value_addr(const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	return json_string(inet_ntop(AF_INET6, addr, text, sizeof(text)));
}

json_t *value_prefix(const struct in6_addr *addr, uint32_t len)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, addr, text, sizeof(text));
	return json_sprintf("%s/%u", text, len);
}

/* An interface that is gone, or of another namespace, is shown as ip does. */
json_t *value_dev(uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(ifindex, name))
		return value_text(name);
	return json_sprintf("if%u", ifindex);
}

/* What a newer kernel may say is shown as a number. */
static json_t *name_or_number(const char *name, uint32_t value)
{
	return name ? json_string(name) : json_sprintf("%u", value);
}

json_t *value_type(uint32_t type)
{
	return name_or_number(sc_type_name(type), type);
}

json_t *value_types(uint32_t mask)
{
	json_t *list = json_array();
	uint32_t type;

	for (type = 0; type < 32; type++)
		if (mask & 1U << type)
			json_array_append_new(list, value_type(type));
	return list;
}

json_t *value_name(const struct name *names, uint32_t value)
{
	return name_or_number(name_of(names, value), value);
}

json_t *value_flags(const struct name *names, uint32_t bits)
{
	json_t *list = json_array();

	for (; names->name; names++) {
		if (bits & names->value)
			json_array_append_new(list, json_string(names->name));
		bits &= ~names->value;
	}
	if (bits)
		json_array_append_new(list, json_sprintf("0x%x", bits));
	return list;
}

json_t *value_errno(uint32_t error)
{
	return name_or_number(errno_name(error), error);
}

json_t *value_range(uint32_t min, uint32_t max)
{
	return json_pack("{s:I, s:I}", "min", (json_int_t)min, "max", (json_int_t)max);
}
