// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include "duid.h"

#define TYPE_LEN	2
#define DUID_UUID	4

/* Of a kind that tells nothing of the host (RFC 6355). */
void duid_from_uuid(struct dhcp6_duid *duid, const uint8_t uuid[16])
{
	memset(duid, 0, sizeof(*duid));
	duid->len = TYPE_LEN + 16;
	duid->data[1] = DUID_UUID;
	memcpy(duid->data + TYPE_LEN, uuid, 16);
}

/* False if nothing with that many octets is one: a type, and at least one more. */
bool duid_read(struct dhcp6_duid *duid, const uint8_t *data, size_t len)
{
	if (len <= TYPE_LEN || len > DUID_MAX)
		return false;
	memset(duid, 0, sizeof(*duid));
	duid->len = (uint8_t)len;
	memcpy(duid->data, data, len);
	return true;
}

bool duid_is(const struct dhcp6_duid *a, const struct dhcp6_duid *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

	return c && at ? (int)(at - digits) : -1;
}

bool duid_from_text(struct dhcp6_duid *duid, const char *text)
{
	uint8_t data[DUID_MAX];
	size_t len = 0;

	while (*text && len < DUID_MAX) {
		if (digit(text[0]) < 0 || digit(text[1]) < 0)
			return false;
		data[len++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
		text += 2;
		text += *text == ':' && text[1];
	}
	return !*text && duid_read(duid, data, len);
}

void duid_to_text(const struct dhcp6_duid *duid, char text[DUID_TEXT_MAX])
{
	uint8_t i;

	text[0] = '\0';
	for (i = 0; i < duid->len; i++)
		sprintf(text + 2 * i, "%02x", duid->data[i]);
}
