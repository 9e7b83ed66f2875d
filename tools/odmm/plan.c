// SPDX-License-Identifier: GPL-2.0
/*
 * The words of "odmm agent run", on the command line or in a file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent.h"

#define MAX_FILE_WORDS 4096

static void take_words(struct words *w, struct plan *plan, bool in_file);

static void check_group(struct group *g, const struct keyword *pool)
{
	if (!pool->given) {
		if (!g->refuse && !g->stall)
			usage_error("type %s: pool PREFIX, refuse ERROR or stall is required",
				    sc_type_name(g->type));
		return;
	}
	pool_check(&g->pool);
	if (!g->answer.ifindex)
		usage_error("type %s: dev DEV is required", sc_type_name(g->type));
}

static void take_group(struct words *w, struct group *g)
{
	struct keyword keywords[] = {
		{ "pool", ARG_PREFIX, &g->pool.from, false },
		{ "valid_lft", ARG_SECONDS, &g->answer.valid_lft, false },
		{ "preferred_lft", ARG_SECONDS, &g->answer.preferred_lft, false },
		{ "sub-len", ARG_U32, &g->pool.len, false },
		{ "dev", ARG_DEV, &g->answer.ifindex, false },
		{ "home", ARG_DEV, &g->answer.home, false },
		{ "onlink", ARG_FLAG, &g->answer.onlink, false },
		{ "origin", ARG_TEXT, &g->answer.origin, false },
		{ "delay", ARG_U32, &g->delay, false },
		{ "refuse", ARG_ERRNO, &g->refuse, false },
		{ "limit", ARG_U32, &g->limit, false },
		{ "stall", ARG_FLAG, &g->stall, false },
	};

	g->type = parse_type(next(w, "TYPE"));
	g->pool.len = 64;
	g->limit = UINT32_MAX;
	g->answer.origin = "pool";
	for (;;) {
		if (next_is(w, "lie")) {
			next_is(w, "type");
			g->lie = parse_type(next(w, "TYPE"));
		} else if (!take_keyword(w, keywords, ARRAY_SIZE(keywords))) {
			break;
		}
	}
	g->answer.type = g->lie ? g->lie : g->type;
	prefix_check_lifetimes(&g->answer, &keywords[1], &keywords[2]);
	check_group(g, &keywords[0]);
}

/* The text stays: names in it are pointed to as long as the program runs. */
static char *read_file(const char *name)
{
	FILE *file = fopen(name, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		usage_error("%s: %s", name, strerror(errno));
	if (getdelim(&text, &size, '\0', file) < 0)
		usage_error("%s: %s", name, ferror(file) ? strerror(errno) : "empty");
	fclose(file);
	return text;
}

/* Cuts the text into words; comments go. */
static int split(char *text, char **word)
{
	char *line, *save, *token;
	int n = 0;

	while ((line = strsep(&text, "\n"))) {
		line[strcspn(line, "#")] = '\0';
		token = strtok_r(line, " \t\r", &save);
		while (token) {
			if (n == MAX_FILE_WORDS)
				usage_error("a file has at most %d words", MAX_FILE_WORDS);
			word[n++] = token;
			token = strtok_r(NULL, " \t\r", &save);
		}
	}
	return n;
}

static void take_file(struct words *w, struct plan *plan, bool in_file)
{
	char *word[MAX_FILE_WORDS];
	struct words words = { .word = word };

	if (in_file)
		usage_error("a file cannot name a file");
	words.n = split(read_file(next(w, "FILE")), word);
	take_words(&words, plan, true);
}

static struct group *new_group(struct plan *plan)
{
	if (plan->n_groups == MAX_GROUPS)
		usage_error("at most %d groups", MAX_GROUPS);
	return &plan->group[plan->n_groups++];
}

static uint32_t *new_claim_dev(struct plan *plan)
{
	if (plan->n_claim_devs == MAX_CLAIM_DEVS)
		usage_error("at most %d claim-dev", MAX_CLAIM_DEVS);
	return &plan->claim_dev[plan->n_claim_devs++];
}

static void take_words(struct words *w, struct plan *plan, bool in_file)
{
	struct keyword keywords[] = {
		{ "name", ARG_TEXT, &plan->name, false },
		{ "count", ARG_U32, &plan->count, false },
	};

	while (peek(w)) {
		if (next_is(w, "type"))
			take_group(w, new_group(plan));
		else if (next_is(w, "file"))
			take_file(w, plan, in_file);
		else if (next_is(w, "claim-dev"))
			*new_claim_dev(plan) = parse_dev(next(w, "DEV"));
		else if (!take_keyword(w, keywords, ARRAY_SIZE(keywords)))
			unknown_word(peek(w));
	}
}

void plan_free(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_groups; i++)
		pool_free(&plan->group[i].pool);
}

void plan_take(struct words *w, struct plan *plan)
{
	plan->name = "odmm";
	take_words(w, plan, false);
	if (!plan->n_groups)
		usage_error("type TYPE is required");
}
