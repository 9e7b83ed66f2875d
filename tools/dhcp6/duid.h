/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DHCP unique identifiers (RFC 8415 section 11), which say who a client or
 * a server is.
 */
#ifndef _DHCP6_DUID_H
#define _DHCP6_DUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DUID_MAX	130
#define DUID_TEXT_MAX	(2 * DUID_MAX + 1)

struct dhcp6_duid {
	uint8_t len;		/* 0: nobody */
	uint8_t data[DUID_MAX];
};

void duid_from_uuid(struct dhcp6_duid *duid, const uint8_t uuid[16]);
bool duid_read(struct dhcp6_duid *duid, const uint8_t *data, size_t len);
bool duid_is(const struct dhcp6_duid *a, const struct dhcp6_duid *b);

/* In hexadecimal, with or without colons between the octets */
bool duid_from_text(struct dhcp6_duid *duid, const char *text);
void duid_to_text(const struct dhcp6_duid *duid, char text[DUID_TEXT_MAX]);

#endif /* _DHCP6_DUID_H */
