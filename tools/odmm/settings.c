// SPDX-License-Identifier: GPL-2.0
/*
 * The words of "odmm policy set". All of them go into one message, of which
 * the kernel takes everything or nothing.
 */
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include "../common/capability.h"
#include "settings.h"

#define TYPE 0	/* the place of "type" in the table */

static const struct setting {
	const char *name;
	enum arg_kind kind;
	uint16_t attr;
	bool of_type;
} settings[] = {
	[TYPE] = { "type", ARG_TYPE,	ODMM_A_POLICY_TYPE,		true },
	{ "linger",	   ARG_SECONDS,	ODMM_A_POLICY_LINGER,		true },
	{ "grace",	   ARG_SECONDS,	ODMM_A_POLICY_GRACE,		true },
	{ "max-age",	   ARG_LIMIT,	ODMM_A_POLICY_MAX_AGE,		true },
	{ "max-bytes",	   ARG_SIZE,	ODMM_A_POLICY_MAX_BYTES,	true },
	{ "timeout",	   ARG_TIMEOUT,	ODMM_A_POLICY_TIMEOUT,		true },
	{ "abort",	   ARG_ON_OFF,	ODMM_A_POLICY_ABORT,		true },
	{ "share",	   ARG_SHARE,	ODMM_A_POLICY_SHARE_UID,	true },
	{ "sessions",	   ARG_U32,	ODMM_A_POLICY_SESSIONS,		false },
	{ "pending",	   ARG_U32,	ODMM_A_POLICY_PENDING,		false },
	{ "held",	   ARG_U32,	ODMM_A_POLICY_HELD,		false },
	{ "on-net-rate",   ARG_LIMIT,	ODMM_A_POLICY_ON_NET_RATE,	false },
	{ "on-net-burst",  ARG_U32,	ODMM_A_POLICY_ON_NET_BURST,	false },
	{ "requests-max",  ARG_U32,	ODMM_A_POLICY_REQUESTS_MAX,	false },
	{ "prefixes-max",  ARG_U32,	ODMM_A_POLICY_PREFIXES_MAX,	false },
	{ "default-types", ARG_TYPES,	ODMM_A_POLICY_DEFAULT_TYPES,	false },
	{ "rfc5014",	   ARG_ON_OFF,	ODMM_A_POLICY_RFC5014,		false },
};

_Static_assert(ARRAY_SIZE(settings) == N_SETTINGS, "settings.h has room for each");

static uint32_t parse_gid(const char *word)
{
	const struct group *group = getgrnam(word);

	if (group)
		return group->gr_gid;
	if (word[0] < '0' || word[0] > '9')
		wrong(word, "no such group");
	return parse_u32(word);
}

/* GID[-GID]; a dash may be part of a group's name too. */
static void parse_group(const char *word, uint32_t *min, uint32_t *max)
{
	const char *dash = getgrnam(word) ? NULL : strchr(word, '-');
	char *first;

	if (!dash) {
		*min = parse_gid(word);
		*max = *min;
		return;
	}
	first = strndup(word, (size_t)(dash - word));
	if (!first)
		wrong(word, "too long");
	*min = parse_gid(first);
	*max = parse_gid(dash + 1);
	free(first);
	if (*min > *max)
		wrong(word, "the first group is behind the last");
}

static void take_access(struct words *w, struct settings *s)
{
	const char *word = next(w, "access");

	if (s->has_access)
		usage_error("access is given twice");
	s->has_access = true;
	if (is(word, "all")) {
		s->access = ODMM_ACCESS_ALL;
	} else if (is(word, "group")) {
		s->access = ODMM_ACCESS_GROUP;
		parse_group(next(w, "GID"), &s->gid_min, &s->gid_max);
	} else if (is(word, "capability")) {
		s->access = ODMM_ACCESS_CAPABILITY;
		s->capability = parse_capability(next(w, "CAPABILITY"));
	} else {
		wrong(word, "all, group or capability is expected");
	}
}

static void take_secret(struct words *w, struct settings *s)
{
	if (s->secret_file)
		usage_error("secret is given twice");
	s->secret_file = next(w, "FILE");
	s->create = next_is(w, "create");
}

/* What is of the namespace cannot be of a type. */
static void check_scope(const struct settings *s)
{
	size_t i;

	if (!s->keyword[TYPE].given)
		return;
	if (s->secret_file)
		usage_error("secret is one for all types");
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		if (s->keyword[i].given && !settings[i].of_type)
			usage_error("%s is one for all types", settings[i].name);
}

static bool is_empty(const struct settings *s)
{
	size_t i;

	for (i = TYPE + 1; i < ARRAY_SIZE(settings); i++)
		if (s->keyword[i].given)
			return false;
	return !s->has_access && !s->secret_file;
}

void settings_take(struct words *w, struct settings *s)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		s->keyword[i] = (struct keyword){ settings[i].name, settings[i].kind,
						  &s->value[i], false };
	while (peek(w)) {
		if (next_is(w, "access"))
			take_access(w, s);
		else if (next_is(w, "secret"))
			take_secret(w, s);
		else if (!take_keyword(w, s->keyword, ARRAY_SIZE(settings)))
			unknown_word(peek(w));
	}
	if (is_empty(s))
		next(w, "KEY");
	check_scope(s);
}

/* Says itself what went wrong; -1 then. */
int settings_load_secret(struct settings *s)
{
	if (!s->secret_file)
		return 0;
	if (s->create && secret_create(s->secret_file))
		return -1;
	return secret_read(s->secret_file, s->secret);
}

static void put_access(struct nlmsghdr *nlh, const struct settings *s)
{
	mnl_attr_put_u32(nlh, ODMM_A_POLICY_ACCESS, s->access);
	if (s->access == ODMM_ACCESS_GROUP) {
		mnl_attr_put_u32(nlh, ODMM_A_POLICY_GID_MIN, s->gid_min);
		mnl_attr_put_u32(nlh, ODMM_A_POLICY_GID_MAX, s->gid_max);
	}
	if (s->access == ODMM_ACCESS_CAPABILITY)
		mnl_attr_put_u32(nlh, ODMM_A_POLICY_CAPABILITY, s->capability);
}

void settings_put(struct nlmsghdr *nlh, const struct settings *s)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		if (!s->keyword[i].given)
			continue;
		if (settings[i].kind == ARG_SIZE)
			mnl_attr_put_u64(nlh, settings[i].attr, s->value[i].u64);
		else
			mnl_attr_put_u32(nlh, settings[i].attr, s->value[i].u32);
	}
	if (s->has_access)
		put_access(nlh, s);
	if (s->secret_file)
		mnl_attr_put(nlh, ODMM_A_POLICY_SECRET, sizeof(s->secret), s->secret);
}
