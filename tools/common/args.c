// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "args.h"
#include "names.h"

#define NO_TYPE	"no type; there are fixed, session-lasting, non-persistent and " \
		"graceful-replacement"
#define NO_ERROR "no error; there are the names of errno(3), unsupported, unavailable, " \
		 "denied and timeout"

const char *help_command;
void (*usage_error_to)(const char *message);

void usage_error(const char *format, ...)
{
	char message[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	if (usage_error_to)
		usage_error_to(message);
	fprintf(stderr, "Error: %s\n", message);
	exit(EXIT_USAGE);
}

void wrong(const char *word, const char *why)
{
	usage_error("argument \"%s\" is wrong: %s", word, why);
}

void unknown_word(const char *word)
{
	usage_error("what is \"%s\"? Try \"%s\".", word, help_command);
}

/* As in ip(8), the beginning of a word is enough; whoever is asked first wins. */
bool is(const char *word, const char *name)
{
	size_t len = strlen(word);

	/* Dashes alone are no beginning. */
	return len > strspn(name, "-") && !strncmp(name, word, len);
}

const char *peek(const struct words *w)
{
	return w->n ? w->word[0] : NULL;
}

const char *next(struct words *w, const char *what)
{
	if (!w->n)
		usage_error("command line is not complete: %s is missing. Try \"%s\".",
			    what, help_command);
	w->n--;
	return *w->word++;
}

/* Takes the next word if it is @name. */
bool next_is(struct words *w, const char *name)
{
	if (!w->n || !is(w->word[0], name))
		return false;
	next(w, name);
	return true;
}

void no_more(struct words *w)
{
	if (w->n)
		unknown_word(next(w, "WORD"));
}

/* NULL, or why the word is no number up to @max. */
static const char *read_number(const char *word, uint64_t max, uint64_t *value)
{
	char *end;

	/* strtoull() would take a sign and leading blanks */
	if (word[0] < '0' || word[0] > '9')
		return "not a number";
	errno = 0;
	*value = strtoull(word, &end, 0);
	if (*end)
		return "not a number";
	return errno || *value > max ? "too big" : NULL;
}

static uint64_t parse_number(const char *word, uint64_t max)
{
	uint64_t value;
	const char *why = read_number(word, max, &value);

	if (why)
		wrong(word, why);
	return value;
}

uint32_t parse_u32(const char *word)
{
	return (uint32_t)parse_number(word, UINT32_MAX);
}

static uint32_t parse_seconds(const char *word)
{
	return is(word, "forever") ? ODMM_LFT_INFINITY : parse_u32(word);
}

static uint32_t parse_u32_or_none(const char *word, uint32_t none)
{
	return is(word, "none") ? none : parse_u32(word);
}

/* The exponent of 2 that a suffix of tc(8) sizes stands for; -1 if it is none. */
static int size_shift(const char *suffix)
{
	static const char suffixes[] = "kmgt";
	const char *found = strchr(suffixes, tolower((unsigned char)suffix[0]));

	if (!suffix[0])
		return 0;
	return found && !suffix[1] ? 10 * (int)(found - suffixes + 1) : -1;
}

static uint64_t parse_size(const char *word)
{
	size_t digits = strspn(word, "0123456789");
	int shift = size_shift(word + digits);
	uint64_t value;

	if (is(word, "none"))
		return 0;
	if (!digits || shift < 0)
		wrong(word, "not a size; write 1000, 64K, 10M, 2G or 1T");
	errno = 0;
	value = strtoull(word, NULL, 10);
	if (errno || value > UINT64_MAX >> shift)
		wrong(word, "too big");
	return value << shift;
}

/* Not by its beginning: "o" would be either. */
static uint32_t parse_on_off(const char *word)
{
	if (strcmp(word, "on") && strcmp(word, "off"))
		wrong(word, "on or off is expected");
	return !strcmp(word, "on");
}

static uint32_t parse_share(const char *word)
{
	const struct name *n;

	for (n = share_names; n->name; n++)
		if (is(word, n->name))
			return n->value;
	wrong(word, "all or uid is expected");
}

uint64_t parse_cookie(const char *word)
{
	return parse_number(word, UINT64_MAX);
}

uint32_t parse_type(const char *word)
{
	uint32_t type = sc_type_from_name(word);

	if (!type)
		wrong(word, NO_TYPE);
	return type;
}

static uint32_t parse_types(const char *word)
{
	char text[128], *rest = text;
	uint32_t types = 0;

	if (is(word, "none"))
		return 0;
	if (strlen(word) >= sizeof(text))
		wrong(word, NO_TYPE);
	strcpy(text, word);
	while (rest)
		types |= 1U << parse_type(strsep(&rest, ","));
	return types;
}

uint32_t parse_dev(const char *word)
{
	uint32_t ifindex = if_nametoindex(word);

	if (!ifindex)
		usage_error("cannot find device \"%s\"", word);
	return ifindex;
}

static uint32_t parse_errno(const char *word)
{
	uint32_t error = errno_from_name(word);

	if (!error)
		wrong(word, NO_ERROR);
	return error;
}

static void mask_host_bits(struct prefix *p)
{
	unsigned int bit;

	for (bit = p->len; bit < 128; bit++)
		p->addr.s6_addr[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

/* Whether it is ADDRESS/LENGTH */
static bool read_prefix(const char *word, const char *slash, struct prefix *prefix)
{
	char text[INET6_ADDRSTRLEN];
	uint64_t len;

	if (slash - word >= (ptrdiff_t)sizeof(text))
		return false;
	memcpy(text, word, (size_t)(slash - word));
	text[slash - word] = '\0';
	if (inet_pton(AF_INET6, text, &prefix->addr) != 1 || read_number(slash + 1, 128, &len))
		return false;
	prefix->len = (uint32_t)len;
	return true;
}

/* What it is without bits behind its length; whether there are none. */
static bool mask(const struct prefix *prefix, struct prefix *masked)
{
	*masked = *prefix;
	mask_host_bits(masked);
	return !memcmp(&masked->addr, &prefix->addr, sizeof(masked->addr));
}

/* For words that are not from the command line: false if it is no prefix. */
bool prefix_from_text(const char *word, struct prefix *prefix)
{
	const char *slash = strchr(word, '/');
	struct prefix masked;

	return slash && read_prefix(word, slash, prefix) && mask(prefix, &masked);
}

void parse_prefix(const char *word, struct prefix *prefix)
{
	char text[INET6_ADDRSTRLEN], advice[128];
	const char *slash = strchr(word, '/');
	struct prefix masked;

	if (!slash)
		wrong(word, "no prefix length; write 2001:db8::/64");
	if (!read_prefix(word, slash, prefix))
		wrong(word, "not an IPv6 prefix");
	if (mask(prefix, &masked))
		return;
	inet_ntop(AF_INET6, &masked.addr, text, sizeof(text));
	snprintf(advice, sizeof(advice), "bits are set behind the prefix length; write %s/%u",
		 text, masked.len);
	wrong(word, advice);
}

static void parse_seconds_opt(struct words *w, uint32_t *seconds)
{
	const char *word = peek(w);

	if (word && word[0] >= '0' && word[0] <= '9')
		*seconds = parse_u32(next(w, "SECONDS"));
}

/* The value of a kind that is a uint32_t */
static uint32_t parse_value(const char *word, enum arg_kind kind)
{
	switch (kind) {
	case ARG_SECONDS:
		return parse_seconds(word);
	case ARG_LIMIT:
		return parse_u32_or_none(word, 0);
	case ARG_TIMEOUT:
		return parse_u32_or_none(word, UINT32_MAX);
	case ARG_ON_OFF:
		return parse_on_off(word);
	case ARG_SHARE:
		return parse_share(word);
	case ARG_DEV:
		return parse_dev(word);
	case ARG_TYPE:
		return parse_type(word);
	case ARG_TYPES:
		return parse_types(word);
	case ARG_ERRNO:
		return parse_errno(word);
	default:
		return parse_u32(word);
	}
}

static void take_value(struct words *w, const struct keyword *k)
{
	const char *word;

	if (k->kind == ARG_FLAG) {
		*(bool *)k->to = true;
		return;
	}
	if (k->kind == ARG_SECONDS_OPT) {
		parse_seconds_opt(w, k->to);
		return;
	}
	word = next(w, k->name);
	if (k->kind == ARG_U64)
		*(uint64_t *)k->to = parse_number(word, UINT64_MAX);
	else if (k->kind == ARG_SIZE)
		*(uint64_t *)k->to = parse_size(word);
	else if (k->kind == ARG_PREFIX)
		parse_prefix(word, k->to);
	else if (k->kind == ARG_TEXT)
		*(const char **)k->to = word;
	else
		*(uint32_t *)k->to = parse_value(word, k->kind);
}

/* Takes one keyword of the table and its value; false if none is next. */
bool take_keyword(struct words *w, struct keyword *table, size_t n)
{
	struct keyword *k;

	for (k = table; k < table + n; k++) {
		if (!next_is(w, k->name))
			continue;
		if (k->given)
			usage_error("%s is given twice", k->name);
		k->given = true;
		take_value(w, k);
		return true;
	}
	return false;
}

void take_keywords(struct words *w, struct keyword *table, size_t n)
{
	while (take_keyword(w, table, n))
		;
	no_more(w);
}
