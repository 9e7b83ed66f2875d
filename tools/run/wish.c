// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wish.h"

bool wish_timeout(const char *word, int *timeout)
{
	unsigned long value;
	char *end;

	if (!strcmp(word, "none")) {
		*timeout = -1;
		return true;
	}
	/* strtoul() would take a sign and leading blanks */
	if (word[0] < '0' || word[0] > '9')
		return false;
	errno = 0;
	value = strtoul(word, &end, 10);
	if (*end || errno || value > INT_MAX)
		return false;
	*timeout = (int)value;
	return true;
}

void wish_print(const struct wish *wish, char text[WISH_SIZE])
{
	char timeout[32] = "";

	if (wish->timeout < 0)
		strcpy(timeout, ",timeout=none");
	else if (wish->timeout)
		snprintf(timeout, sizeof(timeout), ",timeout=%d", wish->timeout);
	snprintf(text, WISH_SIZE, "%s%s%s%s", sc_type_name(wish->type),
		 wish->flags ? ",on-net" : "", timeout, wish->fallback ? ",fallback" : "");
}

static bool take_word(const char *word, struct wish *wish)
{
	static const char timeout[] = "timeout=";

	if (!strncmp(word, timeout, strlen(timeout)))
		return wish_timeout(word + strlen(timeout), &wish->timeout);
	if (!strcmp(word, "on-net"))
		wish->flags = IPV6_REQUIRE_SRC_ON_NET;
	else if (!strcmp(word, "fallback"))
		wish->fallback = true;
	else
		return false;
	return true;
}

bool wish_parse(const char *text, struct wish *wish)
{
	char copy[WISH_SIZE], *rest = copy;
	struct wish parsed = { 0 };

	*wish = parsed;
	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	parsed.type = sc_type_from_name(strsep(&rest, ","));
	while (rest)
		if (!take_word(strsep(&rest, ","), &parsed))
			return false;
	if (!parsed.type)
		return false;
	*wish = parsed;
	return true;
}
