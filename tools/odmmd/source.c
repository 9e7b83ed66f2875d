// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ask.h"
#include "grant.h"
#include "link.h"

extern const struct source_kind pool_source, exec_source, ra_source, dhcpv6_source;

static const struct source_kind * const kinds[] = {
	&pool_source,
	&exec_source,
	&ra_source,
	&dhcpv6_source,
};

static const struct source_kind *find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(name, kinds[i]->name))
			return kinds[i];
	wrong(name, "no source; \"odmmd -h\" has those there are");
}

/* Its own copy of the words, which @w has from now on. */
static void keep_words(struct source *s, struct words *w)
{
	size_t len = 1;
	char *to;
	int i;

	for (i = 0; i < w->n; i++)
		len += strlen(w->word[i]) + 1;
	s->text = xcalloc(len, 1);
	s->text_len = len;
	for (i = 0, to = s->text; i < w->n; i++) {
		w->word[i] = strcpy(to, w->word[i]);
		to += strlen(to) + 1;
	}
}

/* Takes the kind; the words behind it are for configure(). */
struct source *source_new(struct words *w)
{
	const struct source_kind *kind = find_kind(next(w, "KIND"));
	struct source *s = xcalloc(1, kind->size);

	s->kind = kind;
	keep_words(s, w);
	return s;
}

void source_free(struct source *s)
{
	free(s->text);
	free(s);
}

/* Whether the configuration says the same of both, and it means the same. */
bool source_same(const struct source *a, const struct source *b)
{
	return a->kind == b->kind && a->ifindex == b->ifindex && a->home == b->home &&
	       a->text_len == b->text_len && !memcmp(a->text, b->text, a->text_len);
}

void source_words(struct source *s, struct words *w, struct keyword *own, size_t n)
{
	struct keyword common[] = {
		{ "type", ARG_TYPES, &s->types, false },
		{ "dev", ARG_TEXT, &s->dev, false },
		{ "home", ARG_DEV, &s->home, false },
	};

	while (take_keyword(w, common, ARRAY_SIZE(common)) || take_keyword(w, own, n))
		;
	no_more(w);
	if (!s->types)
		usage_error("source %s: type TYPE is required", s->kind->name);
	if (!s->dev)
		usage_error("source %s: dev DEV is required", s->kind->name);
	s->ifindex = parse_dev(s->dev);
}

/* 0 or -1, also if it is running already. */
int source_start(struct source *s, struct daemon *d)
{
	if (s->running)
		return 0;
	s->daemon = d;
	s->settled = false;
	if (link_watch(s->ifindex, s->dev))
		return -1;
	if (s->kind->start && s->kind->start(s)) {
		link_unwatch(s->ifindex);
		return -1;
	}
	s->running = true;
	return 0;
}

/* Once after its start. */
void source_settle(struct source *s)
{
	if (!s->settled && s->kind->settled)
		s->kind->settled(s);
	s->settled = true;
}

void source_stop(struct source *s)
{
	if (!s->running)
		return;
	ask_leave(s);
	grant_leave(s);
	if (s->kind->stop)
		s->kind->stop(s);
	link_unwatch(s->ifindex);
	s->running = false;
}

/* All kinds and their words, for people. */
void source_usage(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		printf("       source %s type TYPE[,TYPE...] dev DEV [ home DEV ]\n               %s\n",
		       kinds[i]->name, kinds[i]->usage);
}
