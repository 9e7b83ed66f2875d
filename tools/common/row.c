// SPDX-License-Identifier: GPL-2.0
/*
 * A netlink message as a row: one JSON member per field that has something
 * to say.
 */
#include <string.h>
#include "attr.h"
#include "row.h"

#define LOOPBACK_IFINDEX 1

const char *field_name(const struct field *fields, uint16_t attr)
{
	for (; fields->name; fields++)
		if (fields->attr == attr)
			return fields->name;
	return NULL;
}

static struct in6_addr address(const struct nlattr *attr)
{
	struct in6_addr addr = IN6ADDR_ANY_INIT;

	if (mnl_attr_get_payload_len(attr) >= sizeof(addr))
		memcpy(&addr, mnl_attr_get_payload(attr), sizeof(addr));
	return addr;
}

static json_t *text(const struct nlattr *attr)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return value_text(mnl_attr_get_str(attr));
}

static json_t *devs(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;
	json_t *list = json_array();

	attr_for_each(attr, nlh)
		if (mnl_attr_get_type(attr) == type)
			json_array_append_new(list, value_dev((uint32_t)attr_number(attr)));
	return list;
}

static json_t *addr_value(const struct field *f, const struct nlmsghdr *nlh,
			  const struct nlattr *attr)
{
	struct in6_addr addr = address(attr);

	if (f->kind == FIELD_PREFIX)
		return value_prefix(&addr, attr_u32(nlh, f->attr + 1));
	return value_addr(&addr);
}

/* Zero means "none" in these, and then there is nothing to show. */
static json_t *number_value(const struct field *f, uint64_t value)
{
	uint32_t v = (uint32_t)value;

	switch (f->kind) {
	case FIELD_DEV:
		return v ? value_dev(v) : NULL;
	case FIELD_HOME:
		return v > LOOPBACK_IFINDEX ? value_dev(v) : NULL;
	case FIELD_ERRNO:
		return v ? value_errno(v) : NULL;
	case FIELD_FLAGS:
		return v ? value_flags(f->names, v) : NULL;
	case FIELD_TYPE:
		return value_type(v);
	case FIELD_TYPES:
		return value_types(v);
	case FIELD_NAME:
	case FIELD_WORD:
		return value_name(f->names, v);
	case FIELD_ON_OFF:
		return json_boolean(v);
	default:
		return json_integer((json_int_t)value);
	}
}

static json_t *value_of(const struct field *f, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr = attr_find(nlh, f->attr);

	if (!attr)
		return NULL;
	switch (f->kind) {
	case FIELD_HIDDEN:
		return NULL;
	case FIELD_TEXT:
		return text(attr);
	case FIELD_ADDR:
	case FIELD_PREFIX:
		return addr_value(f, nlh, attr);
	case FIELD_DEVS:
		return devs(nlh, f->attr);
	case FIELD_RANGE:
		return value_range((uint32_t)attr_number(attr), attr_u32(nlh, f->attr + 1));
	default:
		return number_value(f, attr_number(attr));
	}
}

json_t *row_of(const struct field *fields, const struct nlmsghdr *nlh)
{
	json_t *row = json_object(), *value;

	for (; fields->name; fields++) {
		value = value_of(fields, nlh);
		if (value)
			json_object_set_new(row, fields->name, value);
	}
	return row;
}
