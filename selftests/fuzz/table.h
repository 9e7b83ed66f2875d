/* SPDX-License-Identifier: GPL-2.0 */
/* What the netlink specification says, as "table" writes it. */
#ifndef FUZZ_TABLE_H
#define FUZZ_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_MAX	32	/* attributes that an operation takes */

enum kind {
	KIND_NUMBER,
	KIND_BINARY,
	KIND_STRING,
	KIND_FLAG,
	KIND_PAD,
	KIND_NEST,
};

/**
 * struct attribute - one of a set
 * @name: for people
 * @number: nla_type
 * @same: equal for attributes of the same name in any set
 * @kind: what it is
 * @size: bytes of a number
 * @many: may be there several times
 * @least: number, or length of others
 * @greatest: the same
 * @inner: what a nest has in it
 */
struct attribute {
	const char *name;
	uint16_t number;
	uint16_t same;
	enum kind kind;
	uint8_t size;
	bool many;
	uint64_t least;
	uint64_t greatest;
	const struct set *inner;
};

/**
 * struct set - of attributes, in the order of their numbers from 1 on
 * @n: how many
 * @attributes: they
 */
struct set {
	unsigned int n;
	const struct attribute *attributes;
};

/**
 * struct operation - one that can be asked for
 * @name: for people
 * @cmd: of the generic netlink header
 * @privileged: needs CAP_NET_ADMIN
 * @dump: can be asked for as a dump
 * @set: of its attributes
 * @n: how many it takes
 * @request: their numbers
 */
struct operation {
	const char *name;
	uint8_t cmd;
	bool privileged;
	bool dump;
	const struct set *set;
	unsigned int n;
	uint8_t request[REQUEST_MAX];
};

extern const struct set sets[];
extern const unsigned int n_names;
extern const struct operation operations[];
extern const unsigned int n_operations;

#endif /* FUZZ_TABLE_H */
