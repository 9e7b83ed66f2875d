// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include "../common/names.h"
#include "ask.h"
#include "config.h"
#include "grant.h"

/* An ask, and what only is known here of it */
struct entry {
	struct ask ask;
	bool seen;
};

static int compare_cookies(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static struct table asks = { compare_cookies, sizeof(uint64_t), NULL, 0 };

size_t ask_count(void)
{
	return asks.n;
}

static void end(struct ask *ask)
{
	table_remove(&asks, ask);
	free(ask);
}

static void cancel(struct ask *ask)
{
	struct source *s = ask->source;

	if (s && s->kind->cancel)
		s->kind->cancel(s, ask);
}

/* Of any interface, or of the one that is asked for. */
static bool serves(const struct source *s, const struct ask *ask)
{
	return s->types & 1U << ask->type && (!ask->ifindex || ask->ifindex == s->ifindex);
}

/* The first source that serves it, or the first behind the one that it is with. */
static struct source *next_source(const struct config *config, const struct ask *ask)
{
	bool behind = !ask->source;
	size_t i;

	for (i = 0; i < config->n_sources; i++) {
		if (behind && serves(config->source[i], ask))
			return config->source[i];
		behind |= config->source[i] == ask->source;
	}
	return NULL;
}

/* What the kernel lets a caller see of it */
static uint32_t refusal_of(uint32_t error)
{
	static const uint32_t refusals[] = { EOPNOTSUPP, ETIMEDOUT, EACCES, EDQUOT, ENETDOWN };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++)
		if (error == refusals[i])
			return error;
	return (uint32_t)EADDRNOTAVAIL;
}

static void tell_refusal(struct daemon *d, const struct ask *ask, uint32_t error)
{
	struct nlmsghdr *nlh = genl_request(&d->talk, ODMM_CMD_REQUEST_DONE, 0);
	int ret;

	mnl_attr_put_u64(nlh, ODMM_A_REQUEST_COOKIE, ask->cookie);
	mnl_attr_put_u32(nlh, ODMM_A_REQUEST_ERROR, refusal_of(error));
	ret = genl_ask(&d->talk, nlh, request_fields, NULL, NULL);
	if (!ret)
		say(LOG_INFO, "request %" PRIu64 ": refused: %s", ask->cookie,
		    errno_name(refusal_of(error)));
	else if (ret == -ENOENT)
		say(LOG_INFO, "request %" PRIu64 ": nobody waits any more", ask->cookie);
	else
		say(LOG_ERR, "request %" PRIu64 ": %s", ask->cookie, d->talk.refusal);
}

/* To the next source, or to the caller that nobody has said yes: then with @error. */
static void pass_on(struct daemon *d, struct ask *ask, uint32_t error)
{
	ask->source = next_source(d->config, ask);
	ask->private = NULL;
	if (ask->source) {
		ask->source->kind->ask(ask->source, ask);
		return;
	}
	tell_refusal(d, ask, error);
	end(ask);
}

void ask_begin(struct daemon *d, const struct ask *request)
{
	struct entry *entry;

	/* A new claim has all offered again; what is being worked on goes on. */
	if (table_find(&asks, &request->cookie))
		return;
	entry = xcalloc(1, sizeof(*entry));
	entry->ask = *request;
	table_add(&asks, entry);
	say(LOG_INFO, "request %" PRIu64 ": %s%s", request->cookie, sc_type_name((sc_type)request->type),
	    request->flags & IPV6_REQUIRE_SRC_ON_NET ? ", a new one" : "");
	pass_on(d, &entry->ask, EOPNOTSUPP);
}

int ask_grant(struct ask *ask, const struct prefix *prefix, const struct prefix_args *args)
{
	struct prefix_args a = *args;
	int ret;

	a.cookie = ask->cookie;
	a.type = ask->type;
	ret = grant_add(ask->source, prefix, &a);
	if (!ret)
		end(ask);
	return ret;
}

void ask_refuse(struct ask *ask, uint32_t error)
{
	say(LOG_DEBUG, "request %" PRIu64 ": source %s says %s", ask->cookie,
	    ask->source->kind->name, errno_name(error));
	pass_on(ask->source->daemon, ask, error);
}

void ask_over(uint64_t cookie)
{
	struct ask *ask = table_find(&asks, &cookie);

	if (!ask)
		return;
	say(LOG_INFO, "request %" PRIu64 ": nobody waits any more", cookie);
	cancel(ask);
	end(ask);
}

void ask_see(uint64_t cookie)
{
	struct entry *entry = table_find(&asks, &cookie);

	if (entry)
		entry->seen = true;
}

static void end_unseen(void *object, void *data)
{
	struct entry *entry = object;

	(void)data;
	if (entry->seen)
		entry->seen = false;
	else
		ask_over(entry->ask.cookie);
}

void ask_end_seeing(void)
{
	table_each(&asks, end_unseen, NULL);
}

static void leave(void *object, void *data)
{
	struct ask *ask = object;

	if (ask->source != data)
		return;
	cancel(ask);
	ask->source = NULL;
}

void ask_leave(struct source *s)
{
	table_each(&asks, leave, s);
}

static void pass_on_left(void *object, void *data)
{
	struct ask *ask = object;

	if (!ask->source)
		pass_on(data, ask, EOPNOTSUPP);
}

void ask_pass_on(struct daemon *d)
{
	table_each(&asks, pass_on_left, d);
}
