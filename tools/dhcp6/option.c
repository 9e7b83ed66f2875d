// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <string.h>
#include "option.h"

#define HEADER	4

uint16_t get_u16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

uint32_t get_u32(const uint8_t *data)
{
	return (uint32_t)get_u16(data) << 16 | get_u16(data + 2);
}

bool option_next(struct dhcp6_bytes *span, struct dhcp6_option *o, enum dhcp6_fault *fault)
{
	size_t len;

	if (!span->len || *fault)
		return false;
	len = span->len < HEADER ? SIZE_MAX : get_u16(span->data + 2);
	if (span->len < HEADER || len > span->len - HEADER) {
		*fault = DHCP6_OPTION_LENGTH;
		return false;
	}
	o->code = get_u16(span->data);
	o->in = (struct dhcp6_bytes) { span->data + HEADER, len };
	span->data += HEADER + len;
	span->len -= HEADER + len;
	return true;
}

void put(struct dhcp6_packet *p, const void *data, size_t len)
{
	assert(len <= sizeof(p->data) - p->len);
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

void put_u8(struct dhcp6_packet *p, uint8_t value)
{
	put(p, &value, sizeof(value));
}

void put_u16(struct dhcp6_packet *p, uint16_t value)
{
	value = htons(value);
	put(p, &value, sizeof(value));
}

void put_u32(struct dhcp6_packet *p, uint32_t value)
{
	value = htonl(value);
	put(p, &value, sizeof(value));
}

size_t option_begin(struct dhcp6_packet *p, uint16_t code)
{
	put_u16(p, code);
	put_u16(p, 0);
	return p->len;
}

void option_end(struct dhcp6_packet *p, size_t at)
{
	uint16_t len = htons((uint16_t)(p->len - at));

	memcpy(p->data + at - sizeof(len), &len, sizeof(len));
}

void option_put(struct dhcp6_packet *p, uint16_t code, const void *data, size_t len)
{
	size_t at = option_begin(p, code);

	put(p, data, len);
	option_end(p, at);
}
