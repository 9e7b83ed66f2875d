// SPDX-License-Identifier: GPL-2.0
/*
 * Source "wireguard": a server of the user's own, to which prefixes are routed,
 * and which has them here through a tunnel of WireGuard, wherever the host is.
 *
 * The tunnel is there while anybody has a prefix of it or waits for one. Who
 * asks waits until the server has answered the tunnel's handshake. The kernel
 * tells nobody of that, so it is asked, at growing intervals.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "../common/pool.h"
#include "source.h"
#include "tunnel.h"
#include "wg.h"

#define MS		1000ULL
#define SECOND		(1000 * MS)
#define FIRST_LOOK	(10 * MS)
#define MAX_LOOK	(500 * MS)
#define FIRST_SENT	(250 * MS)
#define MAX_SENT	(32 * SECOND)

/* An ask that waits */
struct waiting {
	struct waiting *next;
	struct ask *ask;
};

struct wireguard_source {
	struct source source;
	const char *key;	/* the file */
	struct wg_peer peer;
	struct tunnel tunnel;
	struct genl wg;
	struct prefix fixed;	/* len 0 if there is none */
	struct pool pool;	/* the same: from.len */
	uint32_t timeout;	/* seconds */
	bool settled;

	struct waiting *waiting;
	sd_event_source *look;	/* whether the server has answered */
	uint64_t look_after;	/* microseconds */
	uint64_t give_up;	/* when */

	sd_event_source *send;	/* after a movement, from where we are now */
	uint64_t send_after;

	struct wireguard_source *next;
};

/* Those that run: no two of them have the same tunnel. */
static struct wireguard_source *running;

static struct wireguard_source *wireguard_of(struct source *s)
{
	return (struct wireguard_source *)s;
}

/* --- The statement --- */

static bool overlap(const struct prefix *a, const struct prefix *b)
{
	uint32_t bit, len = a->len < b->len ? a->len : b->len;

	for (bit = 0; bit < len; bit++)
		if ((a->addr.s6_addr[bit / 8] ^ b->addr.s6_addr[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

static void check_prefixes(const struct wireguard_source *w)
{
	if (w->source.types & ~(1U << ODMM_TYPE_FIXED | 1U << ODMM_TYPE_SESSION_LASTING))
		usage_error("source wireguard: its types are fixed and session-lasting");
	if (!w->fixed.len != !(w->source.types & 1U << ODMM_TYPE_FIXED))
		usage_error("source wireguard: fixed PREFIX goes with type fixed");
	if (!w->pool.from.len != !(w->source.types & 1U << ODMM_TYPE_SESSION_LASTING))
		usage_error("source wireguard: pool PREFIX goes with type session-lasting");
	if (w->fixed.len && (w->fixed.len < 16 || w->fixed.len > 64))
		usage_error("source wireguard: a fixed prefix has a length from 16 to 64");
	if (w->pool.from.len)
		pool_check(&w->pool);
	if (w->fixed.len && w->pool.from.len && overlap(&w->fixed, &w->pool.from))
		usage_error("source wireguard: the pool and the fixed prefix overlap");
}

static void note_prefixes(struct wireguard_source *w)
{
	struct tunnel *t = &w->tunnel;

	if (w->fixed.len)
		t->from[t->n_from++] = w->fixed;
	if (w->pool.from.len)
		t->from[t->n_from++] = w->pool.from;
}

static void check_numbers(const struct wireguard_source *w, uint32_t keepalive)
{
	if (!keepalive || keepalive > UINT16_MAX)
		usage_error("source wireguard: keepalive is from 1 to 65535");
	if (!w->timeout)
		usage_error("source wireguard: timeout is at least 1");
	/* Those of the kernel: unspec, compat, default, main, local */
	if (!w->tunnel.table || (w->tunnel.table >= 252 && w->tunnel.table <= 255))
		usage_error("source wireguard: that table is the kernel's own");
	if (strlen(w->tunnel.name) > 15)
		usage_error("source wireguard: a link's name has at most 15 characters");
}

static void wireguard_configure(struct source *s, struct words *words)
{
	struct wireguard_source *w = wireguard_of(s);
	const char *peer = NULL, *endpoint = NULL;
	uint32_t keepalive = 25;
	struct keyword keywords[] = {
		{ "peer", ARG_TEXT, &peer, false },
		{ "endpoint", ARG_TEXT, &endpoint, false },
		{ "key", ARG_TEXT, &w->key, false },
		{ "fixed", ARG_PREFIX, &w->fixed, false },
		{ "pool", ARG_PREFIX, &w->pool.from, false },
		{ "sub-len", ARG_U32, &w->pool.len, false },
		{ "tunnel", ARG_TEXT, &w->tunnel.name, false },
		{ "table", ARG_U32, &w->tunnel.table, false },
		{ "keepalive", ARG_U32, &keepalive, false },
		{ "timeout", ARG_U32, &w->timeout, false },
	};

	w->pool.len = 64;
	w->tunnel.name = "odmm0";
	w->tunnel.table = 8653;
	w->timeout = 10;
	source_words(s, words, keywords, ARRAY_SIZE(keywords));
	if (!peer || !endpoint || !w->key)
		usage_error("source wireguard: peer, endpoint and key are required");
	if (!key_from_text(peer, w->peer.key))
		wrong(peer, "no public key, as \"wg pubkey\" writes one");
	if (!wg_endpoint(endpoint, &w->peer))
		wrong(endpoint, "no endpoint; write [2001:db8::1]:51820 or 192.0.2.1:51820");
	if (w->key[0] != '/')
		wrong(w->key, "the path of a file begins with a slash");
	check_numbers(w, keepalive);
	w->peer.keepalive = (uint16_t)keepalive;
	check_prefixes(w);
	note_prefixes(w);
}

/* --- The tunnel --- */

static bool is_needed(const struct wireguard_source *w)
{
	return w->waiting || w->source.n_prefixes;
}

static void set_timer(sd_event_source *timer, uint64_t after)
{
	sd_event_source_set_time_relative(timer, after);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void stop_timers(struct wireguard_source *w)
{
	sd_event_source_set_enabled(w->look, SD_EVENT_OFF);
	sd_event_source_set_enabled(w->send, SD_EVENT_OFF);
}

static int read_key(const struct wireguard_source *w, uint8_t key[KEY_LEN])
{
	const char *why = key_from_file(w->key, key);

	if (why)
		say(LOG_ERR, "source wireguard: %s: %s", w->key, why);
	return why ? -1 : 0;
}

/* As it should be, whatever of it is there; and sends to the server. */
static int bring_up(struct wireguard_source *w)
{
	const char *name = w->tunnel.name;
	uint8_t key[KEY_LEN];
	int ret = read_key(w, key);

	if (ret || tunnel_up(&w->tunnel))
		return -1;
	ret = wg_set(&w->wg, name, key, &w->peer);
	explicit_bzero(key, sizeof(key));
	if (ret)
		say(LOG_ERR, "tunnel %s: %s", name, w->wg.refusal);
	return ret ? -1 : 0;
}

static void end_if_unneeded(struct wireguard_source *w)
{
	if (is_needed(w))
		return;
	stop_timers(w);
	tunnel_down(&w->tunnel);
}

/* --- Requests --- */

static int give_from_pool(struct wireguard_source *w, struct ask *ask)
{
	const struct prefix_args args = { 0 };
	struct prefix prefix;
	int ret = -ENOSPC;

	while (pool_peek(&w->pool, &prefix)) {
		ret = ask_grant(ask, &prefix, &args);
		if (!ret)
			pool_give(&w->pool);
		if (ret != -EEXIST)
			break;
		pool_skip(&w->pool);
	}
	return ret;
}

static int give(struct wireguard_source *w, struct ask *ask)
{
	const struct prefix_args args = { 0 };

	if (ask->type == ODMM_TYPE_FIXED)
		return ask_grant(ask, &w->fixed, &args);
	return give_from_pool(w, ask);
}

static struct ask *take_waiting(struct wireguard_source *w)
{
	struct waiting *first = w->waiting;
	struct ask *ask = first->ask;

	w->waiting = first->next;
	free(first);
	return ask;
}

static void refuse_all(struct wireguard_source *w, uint32_t error)
{
	while (w->waiting)
		ask_refuse(take_waiting(w), error);
	end_if_unneeded(w);
}

static void answer_all(struct wireguard_source *w)
{
	struct ask *ask;

	while (w->waiting) {
		ask = take_waiting(w);
		if (give(w, ask))
			ask_refuse(ask, EADDRNOTAVAIL);
	}
	end_if_unneeded(w);
}

static uint64_t now(const struct wireguard_source *w)
{
	uint64_t usec = 0;

	sd_event_now(w->source.daemon->event, CLOCK_BOOTTIME, &usec);
	return usec;
}

static void look_again(struct wireguard_source *w)
{
	set_timer(w->look, w->look_after);
	w->look_after = w->look_after < MAX_LOOK / 2 ? 2 * w->look_after : MAX_LOOK;
}

static int on_look(sd_event_source *timer, uint64_t usec, void *data)
{
	struct wireguard_source *w = data;

	(void)timer;
	(void)usec;
	if (wg_answered(&w->wg, w->tunnel.name, &w->peer)) {
		say(LOG_INFO, "tunnel %s: the server answers", w->tunnel.name);
		answer_all(w);
	} else if (now(w) < w->give_up) {
		look_again(w);
	} else {
		say(LOG_WARNING, "tunnel %s: the server does not answer", w->tunnel.name);
		refuse_all(w, ETIMEDOUT);
	}
	return 0;
}

static void begin_looking(struct wireguard_source *w)
{
	w->look_after = FIRST_LOOK;
	w->give_up = now(w) + w->timeout * SECOND;
	look_again(w);
}

static void add_waiting(struct wireguard_source *w, struct ask *ask)
{
	struct waiting *last = xcalloc(1, sizeof(*last)), **p = &w->waiting;

	while (*p)
		p = &(*p)->next;
	last->ask = ask;
	*p = last;
}

/* Who comes while others wait shares what is left of their time. */
static void wireguard_ask(struct source *s, struct ask *ask)
{
	struct wireguard_source *w = wireguard_of(s);
	bool first = !w->waiting;

	add_waiting(w, ask);
	if (!first)
		return;
	if (wg_answered(&w->wg, w->tunnel.name, &w->peer))
		answer_all(w);
	else if (bring_up(w))
		refuse_all(w, EADDRNOTAVAIL);
	else
		begin_looking(w);
}

static void wireguard_cancel(struct source *s, struct ask *ask)
{
	struct wireguard_source *w = wireguard_of(s);
	struct waiting *found, **p = &w->waiting;

	while (*p && (*p)->ask != ask)
		p = &(*p)->next;
	found = *p;
	if (!found)
		return;
	*p = found->next;
	free(found);
	end_if_unneeded(w);
}

static void wireguard_gone(struct source *s, const struct prefix *p, uint32_t why)
{
	struct wireguard_source *w = wireguard_of(s);

	(void)why;
	if (w->pool.from.len)
		pool_take_back(&w->pool, p);
	end_if_unneeded(w);
}

/* --- Movement --- */

static int on_send(sd_event_source *timer, uint64_t usec, void *data)
{
	struct wireguard_source *w = data;

	(void)usec;
	bring_up(w);
	if (w->send_after > MAX_SENT)
		return 0;
	set_timer(timer, w->send_after);
	w->send_after *= 2;
	return 0;
}

/*
 * The server learns where the host is by what comes from there. The address
 * that it has there may come later, so it is sent to more than once.
 */
static void wireguard_moved(struct source *s, uint32_t ifindex)
{
	struct wireguard_source *w = wireguard_of(s);

	(void)ifindex;
	if (!is_needed(w))
		return;
	w->send_after = FIRST_SENT;
	set_timer(w->send, 0);
}

/* --- The source --- */

/* Nobody else's, of those that run. */
static int check_tunnel(const struct wireguard_source *w)
{
	const struct wireguard_source *other;

	for (other = running; other; other = other->next)
		if (!strcmp(other->tunnel.name, w->tunnel.name) ||
		    other->tunnel.table == w->tunnel.table) {
			say(LOG_ERR, "source wireguard: tunnel %s, table %u: each has its own",
			    w->tunnel.name, w->tunnel.table);
			return -1;
		}
	return 0;
}

static int check_key(const struct wireguard_source *w)
{
	uint8_t key[KEY_LEN];
	int ret = read_key(w, key);

	explicit_bzero(key, sizeof(key));
	return ret;
}

static int make_timers(struct wireguard_source *w)
{
	sd_event *event = w->source.daemon->event;

	if (sd_event_add_time(event, &w->look, CLOCK_BOOTTIME, 0, 0, on_look, w) < 0 ||
	    sd_event_add_time(event, &w->send, CLOCK_BOOTTIME, 0, 0, on_send, w) < 0) {
		say(LOG_ERR, "source wireguard: no timer");
		return -1;
	}
	stop_timers(w);
	return 0;
}

static void close_all(struct wireguard_source *w)
{
	w->look = sd_event_source_unref(w->look);
	w->send = sd_event_source_unref(w->send);
	genl_close(&w->wg);
	tunnel_close(&w->tunnel);
}

static int wireguard_start(struct source *s)
{
	struct wireguard_source *w = wireguard_of(s);

	if (check_tunnel(w) || check_key(w) || make_timers(w) || tunnel_open(&w->tunnel) ||
	    wg_open(&w->wg) || tunnel_guard(&w->tunnel)) {
		close_all(w);
		return -1;
	}
	w->next = running;
	running = w;
	return 0;
}

static bool is_ours(const struct wireguard_source *w, const struct prefix *p,
		    const struct prefix_args *args)
{
	if (args->onlink)
		return false;
	if (args->type == ODMM_TYPE_FIXED)
		return !memcmp(p, &w->fixed, sizeof(*p));
	return pool_has(&w->pool, p);
}

static bool wireguard_adopt(struct source *s, const struct prefix *p,
			    const struct prefix_args *args)
{
	struct wireguard_source *w = wireguard_of(s);

	if (!is_ours(w, p, args))
		return false;
	if (w->settled)
		bring_up(w);
	return true;
}

/* Of a tunnel that was left here either all is right, or it is taken down. */
static void wireguard_settled(struct source *s)
{
	struct wireguard_source *w = wireguard_of(s);

	w->settled = true;
	if (is_needed(w))
		bring_up(w);
	else
		tunnel_down(&w->tunnel);
}

static void leave_running(struct wireguard_source *w)
{
	struct wireguard_source **p = &running;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
}

/* What is out needs the tunnel, whoever has this source next. */
static void wireguard_stop(struct source *s)
{
	struct wireguard_source *w = wireguard_of(s);

	leave_running(w);
	if (w->settled && !s->n_prefixes)
		tunnel_unguard(&w->tunnel);
	w->settled = false;
	close_all(w);
	pool_free(&w->pool);
}

const struct source_kind wireguard_source = {
	.name = "wireguard",
	.usage = "peer KEY endpoint ADDRESS:PORT key FILE [ fixed PREFIX ]\n"
		 "               [ pool PREFIX [ sub-len LENGTH ] ] [ tunnel NAME ] [ table NUMBER ]\n"
		 "               [ keepalive SECONDS ] [ timeout SECONDS ]",
	.size = sizeof(struct wireguard_source),
	.configure = wireguard_configure,
	.start = wireguard_start,
	.adopt = wireguard_adopt,
	.settled = wireguard_settled,
	.ask = wireguard_ask,
	.cancel = wireguard_cancel,
	.gone = wireguard_gone,
	.moved = wireguard_moved,
	.stop = wireguard_stop,
};
