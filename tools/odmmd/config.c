// SPDX-License-Identifier: GPL-2.0
/*
 * Reading odmmd.conf: statements of words. A statement begins at the beginning
 * of a line, and lines that begin with a blank go on with it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"

#define MAX_WORDS 256
#define BLANKS " \t\r\n"

struct statement {
	char *word[MAX_WORDS];
	unsigned int line[MAX_WORDS];
	int n;
};

/* One reading, which usage_error() ends */
static struct {
	const char *file;
	struct config *config;
	struct statement statement;
	struct words words;	/* what has not been looked at of it */
	unsigned int line;	/* the one being read */
	jmp_buf end;
} reader;

/* The line of the word that was looked at last, if it is a word that is wrong. */
static unsigned int wrong_line(void)
{
	const struct statement *s = &reader.statement;
	int n = s->n - reader.words.n;

	return reader.words.word ? s->line[n ? n - 1 : 0] : reader.line;
}

static void complain(const char *message)
{
	say(LOG_ERR, "%s:%u: %s", reader.file, wrong_line(), message);
	longjmp(reader.end, 1);
}

static void take_source(struct words *w)
{
	struct config *config = reader.config;
	struct source *s;

	if (config->n_sources == MAX_SOURCES)
		usage_error("at most %d sources", MAX_SOURCES);
	/* It is there before it is configured, so that it is freed if that fails. */
	s = source_new(w);
	config->source[config->n_sources++] = s;
	s->kind->configure(s, w);
}

static void take_name(struct words *w)
{
	struct config *config = reader.config;
	const char *name = next(w, "NAME");

	if (strlen(name) >= sizeof(config->name))
		wrong(name, "a name has at most 15 characters");
	strcpy(config->name, name);
}

static void take_claim_dev(struct words *w)
{
	struct config *config = reader.config;

	do {
		if (config->n_claim_devs == MAX_CLAIM_DEVS)
			usage_error("at most %d claim-dev", MAX_CLAIM_DEVS);
		config->claim_dev[config->n_claim_devs++] = parse_dev(next(w, "DEV"));
	} while (peek(w));
}

static void take_statement(void)
{
	struct words *w = &reader.words;

	if (!reader.statement.n)
		return;
	*w = (struct words) { reader.statement.n, reader.statement.word };
	if (next_is(w, "source"))
		take_source(w);
	else if (next_is(w, "name"))
		take_name(w);
	else if (next_is(w, "claim-dev"))
		take_claim_dev(w);
	no_more(w);
	reader.statement.n = 0;
	w->word = NULL;
}

static void take_line(char *line)
{
	struct statement *s = &reader.statement;
	char *word, *save;

	line[strcspn(line, "#")] = '\0';
	if (line[0] && !strchr(BLANKS, line[0]))
		take_statement();
	else if (line[strspn(line, BLANKS)] && !s->n)
		usage_error("a statement begins at the beginning of a line");
	for (word = strtok_r(line, BLANKS, &save); word; word = strtok_r(NULL, BLANKS, &save)) {
		if (s->n == MAX_WORDS)
			usage_error("a statement has at most %d words", MAX_WORDS);
		s->line[s->n] = reader.line;
		s->word[s->n++] = word;
	}
}

static void take_text(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		reader.line++;
		take_line(line);
	}
	take_statement();
	if (!reader.config->n_sources)
		usage_error("there is no source");
}

/* Whether all is well. */
static bool read_text(char *text)
{
	bool well = false;

	usage_error_to = complain;
	help_command = "odmmd -h";
	if (!setjmp(reader.end)) {
		take_text(text);
		well = true;
	}
	usage_error_to = NULL;
	return well;
}

/* To be freed; NULL, and it has said why. */
static char *read_file(const char *name)
{
	FILE *file = fopen(name, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file || getdelim(&text, &size, '\0', file) < 0) {
		say(LOG_ERR, "%s: %s", name, file && !ferror(file) ? "empty" : strerror(errno));
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

struct config *config_read(const char *file)
{
	char *text = read_file(file);
	struct config *config;

	if (!text)
		return NULL;
	config = xcalloc(1, sizeof(*config));
	strcpy(config->name, "odmmd");
	memset(&reader, 0, sizeof(reader));
	reader.file = file;
	reader.config = config;
	if (!read_text(text)) {
		config_free(config);
		config = NULL;
	}
	free(text);
	return config;
}

void config_free(struct config *config)
{
	size_t i;

	for (i = 0; i < config->n_sources; i++)
		source_free(config->source[i]);
	free(config);
}
