/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the objects of the kernel consist of, and their values as JSON.
 */
#ifndef _ODMM_ROW_H
#define _ODMM_ROW_H

#include <jansson.h>
#include <linux/netlink.h>
#include "base.h"
#include "names.h"

enum field_kind {
	FIELD_HIDDEN,	/* never shown; has a name for the kernel's complaints */
	FIELD_U32,
	FIELD_U64,
	FIELD_TEXT,
	FIELD_ADDR,	/* struct in6_addr */
	FIELD_PREFIX,	/* struct in6_addr; the next attribute is the length */
	FIELD_DEV,	/* interface index */
	FIELD_DEVS,	/* the same, as often as it comes */
	FIELD_HOME,	/* interface index; not shown if it is the loopback */
	FIELD_TYPE,	/* enum odmm_type */
	FIELD_TYPES,	/* bit mask of it */
	FIELD_NAME,	/* a number with a name, see @names */
	FIELD_WORD,	/* the same, and the name speaks for itself */
	FIELD_FLAGS,	/* bits with names, see @names */
	FIELD_ERRNO,
	FIELD_SECONDS,	/* lifetime */
	FIELD_LIMIT,	/* 0 is none */
	FIELD_TIMEOUT,	/* milliseconds; UINT32_MAX is none */
	FIELD_ON_OFF,
	FIELD_RANGE,	/* two numbers; the next attribute is the second */
};

/* A table of fields ends with a NULL name. */
struct field {
	const char *name;
	uint16_t attr;
	enum field_kind kind;
	const struct name *names;
};

extern const struct field prefix_fields[], request_fields[], agent_fields[],
	session_fields[], stats_fields[], policy_fields[];

const char *field_name(const struct field *fields, uint16_t attr);

/* values.c */
json_t *value_text(const char *text);
json_t *value_addr(const struct in6_addr *addr);
json_t *value_prefix(const struct in6_addr *addr, uint32_t len);
json_t *value_dev(uint32_t ifindex);
json_t *value_type(uint32_t type);
json_t *value_types(uint32_t mask);
json_t *value_name(const struct name *names, uint32_t value);
json_t *value_flags(const struct name *names, uint32_t bits);
json_t *value_errno(uint32_t error);
json_t *value_range(uint32_t min, uint32_t max);

/* row.c */
json_t *row_of(const struct field *fields, const struct nlmsghdr *nlh);

#endif /* _ODMM_ROW_H */
