// SPDX-License-Identifier: GPL-2.0
/*
 * Source "exec": a program of the user's. It is started once for each question,
 * which is a JSON object on its standard input, and prints its answer, another
 * one. Documentation/odmmd.md has the protocol.
 *
 * Which prefixes are out is kept in state "exec", for all programs: each entry
 * says whose it is. It goes when the program has taken the prefix back.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>
#include "../common/names.h"
#include "../common/row.h"
#include "program.h"
#include "source.h"

#define STATE "exec"

struct question {
	TAILQ_ENTRY(question) next;
	struct exec_source *source;
	struct program *program;	/* NULL until it runs */
	struct ask *ask;		/* NULL if it is about a prefix, or nobody waits */
	struct prefix prefix;		/* that is gone; len 0 if it is a request */
	char *text;
};

TAILQ_HEAD(questions, question);

struct exec_source {
	struct source source;
	const char *command;
	uint32_t timeout;	/* seconds */
	uint32_t parallel;	/* programs at a time */
	uint32_t running;
	struct questions questions;	/* those that run, and behind them those that wait */
};

static struct exec_source *exec_of(struct source *s)
{
	return (struct exec_source *)s;
}

static void exec_configure(struct source *s, struct words *w)
{
	struct exec_source *e = exec_of(s);
	struct keyword keywords[] = {
		{ "command", ARG_TEXT, &e->command, false },
		{ "timeout", ARG_U32, &e->timeout, false },
		{ "parallel", ARG_U32, &e->parallel, false },
	};

	e->timeout = 30;
	e->parallel = 8;
	source_words(s, w, keywords, ARRAY_SIZE(keywords));
	if (!e->command || e->command[0] != '/')
		usage_error("source exec: command /PATH is required");
	if (!e->timeout || !e->parallel)
		usage_error("source exec: timeout and parallel are at least 1");
}

/* What is out, of all programs: { PREFIX: { "command": ..., "dev": ... } } */
static json_t *given;

static json_t *text_of(const struct prefix *p)
{
	return value_prefix(&p->addr, p->len);
}

static void save(const struct exec_source *e)
{
	state_save(e->source.daemon, STATE, given);
}

static void remember(const struct exec_source *e, const struct prefix *p)
{
	json_t *text = text_of(p);

	json_object_set_new(given, json_string_value(text),
			    json_pack("{s:s, s:s}", "command", e->command, "dev", e->source.dev));
	json_decref(text);
	save(e);
}

static void forget(const struct exec_source *e, const struct prefix *p)
{
	json_t *text = text_of(p);

	json_object_del(given, json_string_value(text));
	json_decref(text);
	save(e);
}

static bool is_of(const struct exec_source *e, const json_t *entry)
{
	const char *command, *dev;

	return !json_unpack((json_t *)entry, "{s:s, s:s}", "command", &command, "dev", &dev) &&
	       !strcmp(command, e->command) && !strcmp(dev, e->source.dev);
}

static int exec_start(struct source *s)
{
	struct exec_source *e = exec_of(s);

	if (access(e->command, X_OK)) {
		say(LOG_ERR, "source exec: %s: %s", e->command, strerror(errno));
		return -1;
	}
	TAILQ_INIT(&e->questions);
	if (!given)
		given = state_load(s->daemon, STATE);
	if (!given)
		given = json_object();
	return 0;
}

static void drop(struct question *q)
{
	struct exec_source *e = q->source;

	TAILQ_REMOVE(&e->questions, q, next);
	if (q->program)
		e->running--;
	free(q->text);
	free(q);
}

static void complain(const struct exec_source *e, const char *why)
{
	say(LOG_WARNING, "source exec: %s: %s", e->command, why);
}

static void run_next(struct exec_source *e);

static struct question *enqueue(struct exec_source *e, json_t *object)
{
	struct question *q = xcalloc(1, sizeof(*q));
	char *text = json_dumps(object, JSON_COMPACT);

	q->source = e;
	q->text = xcalloc(strlen(text) + 2, 1);
	stpcpy(stpcpy(q->text, text), "\n");
	free(text);
	json_decref(object);
	TAILQ_INSERT_TAIL(&e->questions, q, next);
	return q;
}

static void ask_gone(struct exec_source *e, const struct prefix *p, const char *why)
{
	struct question *q;

	q = enqueue(e, json_pack("{s:s, s:o, s:s, s:s}", "question", "gone", "prefix", text_of(p),
				 "dev", e->source.dev, "end", why));
	q->prefix = *p;
	run_next(e);
}

struct answer {
	struct prefix prefix;	/* len 0 if it refuses */
	struct prefix_args args;
	uint32_t error;
};

static bool is_lifetime(json_int_t seconds, json_int_t least)
{
	return seconds >= least && seconds <= UINT32_MAX;
}

/* NULL, or what is wrong with it. */
static const char *read_prefix_answer(json_t *object, struct answer *a)
{
	json_int_t valid = ODMM_LFT_INFINITY, preferred = -1;
	const char *prefix;
	int onlink = 0;

	if (json_unpack(object, "{s:s, s?I, s?I, s?b}", "prefix", &prefix, "valid_lft", &valid,
			"preferred_lft", &preferred, "onlink", &onlink))
		return "neither a prefix nor a refusal is in its answer";
	if (!prefix_from_text(prefix, &a->prefix))
		return "what it calls a prefix is none";
	if (!is_lifetime(valid, 1) || !is_lifetime(preferred, -1) || preferred > valid)
		return "a lifetime in its answer is wrong";
	a->args.valid_lft = (uint32_t)valid;
	a->args.preferred_lft = (uint32_t)preferred;
	a->args.has_preferred_lft = preferred >= 0;
	a->args.onlink = onlink;
	return NULL;
}

static const char *read_object(json_t *object, struct answer *a)
{
	const char *refusal = json_string_value(json_object_get(object, "refuse"));

	if (!json_is_object(object))
		return "its answer is no JSON object";
	if (!refusal)
		return read_prefix_answer(object, a);
	a->error = errno_from_name(refusal);
	return a->error ? NULL : "its refusal is no error";
}

static const char *read_answer(const char *out, struct answer *a)
{
	json_t *object = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
	const char *why = read_object(object, a);

	json_decref(object);
	return why;
}

/*
 * It is on disk before anybody can use it. What nobody can, or waits for any
 * more, goes back where it came from, unless that is an answer given twice.
 */
static void on_prefix(struct exec_source *e, struct ask *ask, const struct answer *a)
{
	bool is_new = !grant_has(&e->source, &a->prefix);

	if (is_new)
		remember(e, &a->prefix);
	if (ask && !ask_grant(ask, &a->prefix, &a->args))
		return;
	if (is_new)
		ask_gone(e, &a->prefix, "unused");
	if (ask) {
		complain(e, "its prefix is in use");
		ask_refuse(ask, EADDRNOTAVAIL);
	}
}

static void on_request_end(struct exec_source *e, struct ask *ask, const char *failure,
			   const char *out)
{
	struct answer a = { 0 };

	if (!failure)
		failure = read_answer(out, &a);
	if (failure)
		complain(e, failure);
	if (!failure && !a.error)
		on_prefix(e, ask, &a);
	else if (ask)
		ask_refuse(ask, failure ? EADDRNOTAVAIL : a.error);
}

/* It has taken it back, unless it has given it again by now. */
static void on_gone_end(struct exec_source *e, const struct prefix *p, const char *failure)
{
	if (failure)
		complain(e, failure);
	else if (!grant_has(&e->source, p))
		forget(e, p);
}

static void finish(struct question *question, const char *failure, const char *out)
{
	const struct question q = *question;

	drop(question);
	if (q.prefix.len)
		on_gone_end(q.source, &q.prefix, failure);
	else
		on_request_end(q.source, q.ask, failure, out);
}

static void on_end(void *data, const char *failure, const char *out)
{
	struct exec_source *e = ((struct question *)data)->source;

	finish(data, failure, out);
	run_next(e);
}

/* The first that does not run yet */
static struct question *waiting(struct exec_source *e)
{
	struct question *q;

	TAILQ_FOREACH(q, &e->questions, next)
		if (!q->program)
			return q;
	return NULL;
}

static void run_next(struct exec_source *e)
{
	struct question *q;

	while (e->running < e->parallel && (q = waiting(e))) {
		q->program = program_start(e->source.daemon, e->command, q->text, e->timeout,
					   on_end, q);
		if (q->program)
			e->running++;
		else
			finish(q, strerror(errno), NULL);
	}
}

static void exec_ask(struct source *s, struct ask *ask)
{
	struct exec_source *e = exec_of(s);
	struct question *q;

	q = enqueue(e, json_pack("{s:s, s:I, s:o, s:s, s:b}", "question", "ask",
				 "cookie", (json_int_t)ask->cookie, "type", value_type(ask->type),
				 "dev", s->dev,
				 "on_net", !!(ask->flags & IPV6_REQUIRE_SRC_ON_NET)));
	q->ask = ask;
	ask->private = q;
	run_next(e);
}

/* One that runs may have got something by now: it ends by itself. */
static void exec_cancel(struct source *s, struct ask *ask)
{
	struct question *q = ask->private;

	(void)s;
	q->ask = NULL;
	if (!q->program)
		drop(q);
}

static bool exec_adopt(struct source *s, const struct prefix *p, const struct prefix_args *args)
{
	json_t *text = text_of(p);
	bool is = is_of(exec_of(s), json_object_get(given, json_string_value(text)));

	(void)args;
	json_decref(text);
	return is;
}

static void exec_gone(struct source *s, const struct prefix *p, uint32_t why)
{
	const char *name = name_of(prefix_ends, why);

	ask_gone(exec_of(s), p, name ? name : "unknown");
}

/* The program is told, too, of those that went while the daemon was away. */
static void exec_settled(struct source *s)
{
	struct prefix p;
	const char *text;
	json_t *entry;
	void *next;

	json_object_foreach_safe(given, next, text, entry)
		if (is_of(exec_of(s), entry) && prefix_from_text(text, &p) && !grant_has(s, &p))
			ask_gone(exec_of(s), &p, "unknown");
}

/* What they were to take back they are told when there is a next time. */
static void exec_stop(struct source *s)
{
	struct exec_source *e = exec_of(s);
	struct question *q;

	while ((q = TAILQ_FIRST(&e->questions))) {
		if (q->program)
			program_kill(q->program);
		drop(q);
	}
}

const struct source_kind exec_source = {
	.name = "exec",
	.usage = "command /PATH [ timeout SECONDS ] [ parallel PROGRAMS ]",
	.size = sizeof(struct exec_source),
	.configure = exec_configure,
	.start = exec_start,
	.adopt = exec_adopt,
	.settled = exec_settled,
	.ask = exec_ask,
	.cancel = exec_cancel,
	.gone = exec_gone,
	.stop = exec_stop,
};
