/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options: a code, a length, and what they hold, which may be options. All of
 * DHCPv6 is made of them, so this is where lengths are looked at.
 */
#ifndef _DHCP6_OPTION_H
#define _DHCP6_OPTION_H

#include "dhcp6.h"

struct dhcp6_option {
	uint16_t code;
	struct dhcp6_bytes in;
};

/* Takes the next one out of @span, if there is one. */
bool option_next(struct dhcp6_bytes *span, struct dhcp6_option *o, enum dhcp6_fault *fault);

uint16_t get_u16(const uint8_t *data);
uint32_t get_u32(const uint8_t *data);

/* What does not fit in is a mistake of ours, and ends the program. */
void put(struct dhcp6_packet *p, const void *data, size_t len);
void put_u8(struct dhcp6_packet *p, uint8_t value);
void put_u16(struct dhcp6_packet *p, uint16_t value);
void put_u32(struct dhcp6_packet *p, uint32_t value);

/* Between the two comes what it holds; begin says where it is. */
size_t option_begin(struct dhcp6_packet *p, uint16_t code);
void option_end(struct dhcp6_packet *p, size_t at);
void option_put(struct dhcp6_packet *p, uint16_t code, const void *data, size_t len);

#endif /* _DHCP6_OPTION_H */
