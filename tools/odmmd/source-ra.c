// SPDX-License-Identifier: GPL-2.0
/*
 * Source "ra": prefixes that routers announce with their type. Nobody can be
 * asked for one, so all that this does with a request is to let it wait for
 * a prefix that is here already, until its address can be used.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "../common/attr.h"
#include "../ra/announced.h"
#include "link.h"
#include "source.h"

#define US	1000000

/* An ask that waits */
struct waiting {
	struct waiting *next;
	struct ask *ask;
};

struct ra_source {
	struct source source;
	struct ra_format format;
	struct announced announced;
	sd_event_source *timer;		/* of announced_next() */
	struct waiting *waiting;
};

static struct ra_source *ra_of(struct source *s)
{
	return (struct ra_source *)s;
}

static struct prefix prefix_of(const struct in6_addr *addr)
{
	return (struct prefix) { .addr = *addr, .len = RA_PREFIX_LEN };
}

static struct prefix_args args_of(const struct ra_prefix *p)
{
	return (struct prefix_args) {
		.type = p->type, .onlink = true, .valid_lft = p->valid,
		.preferred_lft = p->preferred, .has_preferred_lft = true,
	};
}

static int on_add(void *data, const struct ra_prefix *p)
{
	struct prefix prefix = prefix_of(&p->addr);
	struct prefix_args args = args_of(p);

	return grant_add(data, &prefix, &args);
}

static int on_change(void *data, const struct ra_prefix *p)
{
	struct prefix prefix = prefix_of(&p->addr);
	struct prefix_args args = args_of(p);

	return grant_change(data, &prefix, &args);
}

static int on_withdraw(void *data, const struct ra_prefix *p)
{
	struct prefix prefix = prefix_of(&p->addr);

	return grant_withdraw(data, &prefix, GRACE_OF_POLICY, false);
}

static const struct announced_ops announced_ops = { on_add, on_change, on_withdraw };

/* --- Requests --- */

static int read_state(const struct nlmsghdr *nlh, void *data)
{
	uint32_t *state = data;

	*state = attr_u32(nlh, ODMM_A_PREFIX_STATE);
	return MNL_CB_OK;
}

static bool is_tentative(struct source *s, const struct announced_prefix *p)
{
	struct genl *talk = &s->daemon->talk;
	struct prefix prefix = prefix_of(&p->addr);
	uint32_t state;

	return !genl_ask(talk, prefix_request(talk, ODMM_CMD_PREFIX_GET, &prefix), prefix_fields,
			 read_state, &state) && state == ODMM_PREFIX_TENTATIVE;
}

/* Whether a prefix is here that the kernel will answer it with. */
static bool will_be_served(struct ra_source *r, const struct ask *ask)
{
	size_t i;

	if (ask->flags & IPV6_REQUIRE_SRC_ON_NET)
		return false;
	for (i = 0; i < r->announced.n; i++)
		if (r->announced.prefix[i].type == ask->type &&
		    is_tentative(&r->source, &r->announced.prefix[i]))
			return true;
	return false;
}

static void ra_ask(struct source *s, struct ask *ask)
{
	struct ra_source *r = ra_of(s);
	struct waiting *w;

	if (!will_be_served(r, ask)) {
		ask_refuse(ask, EOPNOTSUPP);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->ask = ask;
	w->next = r->waiting;
	r->waiting = w;
}

/* Those who wait are all asked again, which makes them wait or refuses them. */
static void ask_all_again(struct ra_source *r)
{
	struct waiting *w, *all = r->waiting;

	r->waiting = NULL;
	while ((w = all)) {
		all = w->next;
		ra_ask(&r->source, w->ask);
		free(w);
	}
}

static void ra_cancel(struct source *s, struct ask *ask)
{
	struct waiting *w, **p = &ra_of(s)->waiting;

	while (*p && (*p)->ask != ask)
		p = &(*p)->next;
	w = *p;
	if (!w)
		return;
	*p = w->next;
	free(w);
}

/* --- Routers --- */

static uint64_t now(const struct ra_source *r)
{
	uint64_t usec = 0;

	sd_event_now(r->source.daemon->event, CLOCK_BOOTTIME, &usec);
	return usec / US;
}

static void set_timer(struct ra_source *r)
{
	uint64_t next = announced_next(&r->announced);

	if (next == UINT64_MAX) {
		sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(r->timer, next * US);
	sd_event_source_set_enabled(r->timer, SD_EVENT_ONESHOT);
}

static void on_heard(void *data, const struct in6_addr *router, const struct ra *ra,
		     uint32_t movement)
{
	struct ra_source *r = data;
	uint64_t refused = r->announced.refused;

	announced_hear(&r->announced, router, ra, movement, now(r));
	if (r->announced.refused != refused)
		say(LOG_DEBUG, "source ra: %s: prefixes announced and not taken: %llu",
		    r->source.dev, (unsigned long long)r->announced.refused);
	set_timer(r);
}

static void on_elsewhere(void *data, uint32_t movement)
{
	struct ra_source *r = data;

	announced_elsewhere(&r->announced, movement, now(r));
	set_timer(r);
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *data)
{
	struct ra_source *r = data;

	(void)timer;
	announced_expire(&r->announced, usec / US);
	set_timer(r);
	return 0;
}

static const struct link_listener listener = { on_heard, on_elsewhere };

/* --- The source --- */

static void set_format(struct ra_source *r, uint32_t option, bool flags, bool reserved)
{
	if (!!option + flags + reserved > 1)
		usage_error("source ra: option, pio-flags and pio-reserved are one or the other");
	if (option && option != 253 && option != 254)
		usage_error("source ra: option is 253 or 254, which are for experiments");
	r->format.encoding = flags ? RA_PIO_FLAGS : reserved ? RA_PIO_RESERVED : RA_OPTION;
	if (r->format.encoding == RA_OPTION)
		r->format.option = option ? (uint8_t)option : 253;
}

static void ra_configure(struct source *s, struct words *w)
{
	struct ra_source *r = ra_of(s);
	bool flags = false, reserved = false, plain = false;
	uint32_t option = 0;
	struct keyword keywords[] = {
		{ "option", ARG_U32, &option, false },
		{ "pio-flags", ARG_FLAG, &flags, false },
		{ "pio-reserved", ARG_FLAG, &reserved, false },
		{ "plain", ARG_FLAG, &plain, false },
		{ "trusted", ARG_FLAG, &r->announced.trusted, false },
	};

	source_words(s, w, keywords, ARRAY_SIZE(keywords));
	set_format(r, option, flags, reserved);
	if (s->home)
		usage_error("source ra: what is announced on a link lives there; no home");
	if (plain && !(s->types & 1U << ODMM_TYPE_NON_PERSISTENT))
		usage_error("source ra: plain prefixes count as non-persistent, which is not a type here");
	r->announced.types = s->types;
	r->announced.plain = plain ? ODMM_TYPE_NON_PERSISTENT : 0;
	r->announced.ops = &announced_ops;
	r->announced.data = s;
}

static int ra_start(struct source *s)
{
	struct ra_source *r = ra_of(s);

	if (link_listen(s->ifindex, &r->format, &listener, r))
		return -1;
	if (sd_event_add_time(s->daemon->event, &r->timer, CLOCK_BOOTTIME, 0, 0, on_timer, r) < 0) {
		say(LOG_ERR, "source ra: no timer");
		link_unlisten(r);
		return -1;
	}
	set_timer(r);
	return 0;
}

static bool ra_adopt(struct source *s, const struct prefix *p, const struct prefix_args *args)
{
	struct ra_source *r = ra_of(s);
	struct ra_prefix known = {
		.addr = p->addr, .len = (uint8_t)p->len, .type = (uint8_t)args->type,
		.valid = args->valid_lft,
	};

	if (!args->onlink || args->ifindex != s->ifindex || p->len != RA_PREFIX_LEN)
		return false;
	announced_adopt(&r->announced, &known, now(r));
	set_timer(r);
	return true;
}

static void ra_gone(struct source *s, const struct prefix *p, uint32_t why)
{
	struct ra_source *r = ra_of(s);

	(void)why;
	announced_gone(&r->announced, &p->addr);
	set_timer(r);
	ask_all_again(r);
}

static void ra_stop(struct source *s)
{
	struct ra_source *r = ra_of(s);

	link_unlisten(r);
	r->timer = sd_event_source_unref(r->timer);
	r->announced.n = 0;
}

const struct source_kind ra_source = {
	.name = "ra",
	.usage = "[ option NUMBER | pio-flags | pio-reserved ] [ plain ] [ trusted ]",
	.size = sizeof(struct ra_source),
	.configure = ra_configure,
	.start = ra_start,
	.adopt = ra_adopt,
	.ask = ra_ask,
	.cancel = ra_cancel,
	.gone = ra_gone,
	.stop = ra_stop,
};
