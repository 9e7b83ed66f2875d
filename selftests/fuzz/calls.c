// SPDX-License-Identifier: GPL-2.0
/* Calls about sockets: chooses what is called, and counts what it gave. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/odmm.h>

#include "call.h"
#include "worker.h"

#define OPTION_FIRST	(IPV6_SC_TYPE - 2)
#define OPTION_LAST	(IPV6_SC_LIFETIME + 2)
#define N_OPTIONS	(OPTION_LAST - OPTION_FIRST + 1)
#define WAIT_MAX	20	/* ms, so that there are more calls than waits */
#define CONTROL_MAX	256
#define LISTENERS	6	/* slots whose sockets listen, mostly */

/* Rows: each option read, each option set, and the other verbs. */
#define ROW_GET		0
#define ROW_SET		N_OPTIONS
#define ROW_VERB	(2 * N_OPTIONS)

static unsigned int rows(void)
{
	return ROW_VERB + VERBS;
}

static void row_name(unsigned int row, char *name, size_t size)
{
	if (row < ROW_VERB)
		snprintf(name, size, "%s %d", row < ROW_SET ? "get" : "set",
			 OPTION_FIRST + (int)(row % N_OPTIONS));
	else
		snprintf(name, size, "%s", verb_names[row - ROW_VERB]);
}

static unsigned int row_of(const struct call *c)
{
	switch (c->verb) {
	case VERB_GET:
		return ROW_GET + c->number - OPTION_FIRST;
	case VERB_SET:
		return ROW_SET + c->number - OPTION_FIRST;
	default:
		return ROW_VERB + c->verb;
	}
}

static int right_length(int option)
{
	switch (option) {
	case IPV6_SC_ADDR:
		return sizeof(struct in6_addr);
	case IPV6_SC_STATUS:
		return sizeof(struct odmm_status);
	case IPV6_SETSC:
		return sizeof(struct odmm_setsc);
	default:
		return sizeof(int);
	}
}

static int some_length(struct rng *r, int right)
{
	static const int odd[] = {
		0, 1, 3, 5, 4096, 4097, 65536, -1, 0x7fffffff, -0x7fffffff - 1
	};
	unsigned int dice = below(r, 80);

	if (dice < 10)
		return odd[dice];
	if (dice < 14)
		return (int)below(r, CALL_DATA);
	return right;
}

static enum place some_place(struct rng *r)
{
	return percent(r, 90) ? PLACE_GOOD : below(r, PLACES);
}

static uint32_t hostile_word(struct rng *r)
{
	static const uint32_t odd[] = {
		0, 1, 5, 7, 8, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe,
		0x10000, 0x80000
	};
	unsigned int dice = below(r, 22);

	return dice < 11 ? odd[dice] : (uint32_t)rng_next(r);
}

/* Notices come seldom, so many are to be told. */
static uint32_t some_flags(struct rng *r)
{
	uint32_t flags = percent(r, 60) ? IPV6_SC_EVENTS : 0;

	return percent(r, 50) ? flags : flags | (rng_next(r) & 3) << 16;
}

/* A value that an option may have. */
static uint32_t fair_word(struct rng *r, int option)
{
	switch (option) {
	case IPV6_SC_FLAGS:
		return some_flags(r);
	case IPV6_SC_TIMEOUT:
		return 1 + below(r, WAIT_MAX);
	case IPV6_SC_LIFETIME:
		return below(r, 5);
	default:
		return below(r, 5);
	}
}

static uint32_t some_word(struct rng *r, int option)
{
	return percent(r, 90) ? fair_word(r, option) : hostile_word(r);
}

/* A longer one is fair if the rest is 0. */
static void fill_wish(struct rng *r, struct call *c)
{
	struct odmm_setsc wish = {
		.type = some_word(r, IPV6_SC_TYPE),
		.flags = some_word(r, IPV6_SC_FLAGS),
		.timeout = (int)some_word(r, IPV6_SC_TIMEOUT),
		.reserved = percent(r, 97) ? 0 : hostile_word(r),
	};

	memset(c->data, percent(r, 90) ? 0 : 0x5a, sizeof(c->data));
	memcpy(c->data, &wish, sizeof(wish));
	c->n = CALL_DATA;
}

/* Mostly one that does something; the rest are to be refused. */
static int some_option(struct rng *r, enum verb verb)
{
	static const int asks[] = { IPV6_SC_ADDR, IPV6_SETSC, IPV6_SC_STATUS };
	static const int wishes[] = {
		IPV6_SC_TYPE, IPV6_SC_FLAGS, IPV6_SC_TIMEOUT, IPV6_SC_LIFETIME
	};

	if (percent(r, 35))
		return OPTION_FIRST + (int)below(r, N_OPTIONS);
	return verb == VERB_GET ? asks[below(r, 3)] : wishes[below(r, 4)];
}

static void fill_option(struct rng *r, struct call *c)
{
	uint32_t word;

	c->number = some_option(r, c->verb);
	c->place = some_place(r);
	c->len_place = percent(r, 95) ? PLACE_GOOD : below(r, PLACES);
	c->len = some_length(r, right_length(c->number));
	if (c->number == IPV6_SETSC) {
		fill_wish(r, c);
		return;
	}
	word = some_word(r, c->number);
	rng_fill(r, c->data, CALL_DATA);
	memcpy(c->data, &word, sizeof(word));
	c->n = CALL_DATA;
}

/* Those of RFC 5014 and, above them, ours. */
static void fill_prefer(struct rng *r, struct call *c)
{
	uint32_t flags = percent(r, 50) ? 2 : (uint32_t)rng_next(r) & 0x0707;

	flags |= some_flags(r);
	c->place = some_place(r);
	c->len = some_length(r, sizeof(flags));
	memcpy(c->data, &flags, sizeof(flags));
	c->n = CALL_DATA;
}

static void fill_address(struct rng *r, struct call *c)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = percent(r, 90) ? AF_INET6 : below(r, 12),
		.sin6_port = percent(r, 50) ? 0 : (uint16_t)rng_next(r),
	};

	switch (below(r, 4)) {
	case 0:
		sin6.sin6_addr.s6_addr[15] = 1;
		break;
	case 1:
		memset(sin6.sin6_addr.s6_addr + 10, 0xff, 2);
		sin6.sin6_addr.s6_addr[12] = 127;
		sin6.sin6_addr.s6_addr[15] = 1;
		break;
	case 2:
		rng_fill(r, &sin6.sin6_addr, sizeof(sin6.sin6_addr));
		break;
	}
	c->place = percent(r, 95) ? PLACE_GOOD : below(r, PLACES);
	c->len = percent(r, 95) ? (int)sizeof(sin6) : some_length(r, 0);
	memcpy(c->data, &sin6, sizeof(sin6));
	c->n = sizeof(sin6);
}

static void fill_bytes(struct rng *r, struct call *c)
{
	c->place = some_place(r);
	c->len_place = some_place(r);
	c->len = (int)below(r, CALL_DATA);
	c->number = (int)below(r, CONTROL_MAX);
	rng_fill(r, c->data, CALL_DATA);
	c->n = CALL_DATA;
}

/* Mostly one of the first few, that can have a session. */
static int some_kind(struct rng *r, int slot)
{
	if (slot < LISTENERS && percent(r, 90))
		return 0;
	return (int)below(r, percent(r, 70) ? 5 : n_socket_kinds);
}

static void fill_number(struct rng *r, struct call *c)
{
	switch (c->verb) {
	case VERB_OPEN:
		c->number = some_kind(r, c->slot);
		break;
	case VERB_CONNECT_SLOT:
		c->number = (int)below(r, LISTENERS);
		break;
	case VERB_ACCEPT:
		c->number = LISTENERS + below(r, SLOTS - LISTENERS);
		break;
	case VERB_TO_V4:
		c->number = AF_INET;
		break;
	case VERB_SHUTDOWN:
		c->number = below(r, 3);
		break;
	case VERB_NONBLOCK:
		c->number = percent(r, 60);
		break;
	default:
		c->number = below(r, 6);
	}
}

/* How often each verb is, in a thousand; gets and sets are the rest. */
static const struct share {
	enum verb verb;
	unsigned int share;
} shares[] = {
	{ VERB_OPEN, 30 }, { VERB_CLOSE, 3 }, { VERB_PREFER, 40 },
	{ VERB_NONBLOCK, 40 }, { VERB_BIND, 10 }, { VERB_BIND_HELD, 20 },
	{ VERB_CONNECT, 20 }, { VERB_CONNECT_SLOT, 70 }, { VERB_LISTEN, 30 },
	{ VERB_ACCEPT, 40 }, { VERB_SHUTDOWN, 7 }, { VERB_DEVICE, 5 },
	{ VERB_SEND, 25 }, { VERB_NOTICE, 60 }, { VERB_TO_V4, 10 },
	{ VERB_SET, 290 }, { VERB_GET, 300 },
};

static enum verb some_verb(struct rng *r)
{
	const struct share *share = shares;
	unsigned int dice = below(r, 1000);

	for (; dice >= share->share; share++)
		dice -= share->share;
	return share->verb;
}

static void choose(struct rng *r, struct call *c)
{
	c->verb = some_verb(r);
	c->slot = (int)below(r, c->verb == VERB_LISTEN ||
				c->verb == VERB_ACCEPT ? LISTENERS : SLOTS);
	switch (c->verb) {
	case VERB_GET:
	case VERB_SET:
		fill_option(r, c);
		break;
	case VERB_PREFER:
		fill_prefer(r, c);
		break;
	case VERB_BIND:
	case VERB_CONNECT:
		fill_address(r, c);
		break;
	case VERB_SEND:
	case VERB_NOTICE:
		fill_bytes(r, c);
		break;
	default:
		fill_number(r, c);
	}
}

static void begin(struct worker *w)
{
	w->own = arena_new();
}

static void end(struct worker *w)
{
	arena_free(w->own);
}

static void make(struct worker *w)
{
	const char *wrong = NULL;
	struct call call = { 0 };

	choose(&w->r, &call);
	if (w->settings->save)
		call_print(w->settings->save, &call);
	tally(w, row_of(&call), call_make(w->own, &call, &wrong));
	if (wrong) {
		finding(w, wrong);
		call_print(stderr, &call);
	}
}

const struct trade trade_calls = {
	"calls", rows, row_name, begin, make, end
};
