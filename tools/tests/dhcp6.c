// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and writes messages of DHCPv6, and plays what a client does.
 *
 *   dhcp6 [prefix-option CODE] parse HEX
 *   dhcp6 [prefix-option CODE] write KIND ID TYPE IAID [PREFIX]...
 *   dhcp6 times EXCHANGE RANDOM COUNT
 *   dhcp6 duid TEXT
 *   dhcp6 is-to DUID HEX
 *   dhcp6 play [refuse] [rate MESSAGES] STEP...
 *
 * EXCHANGE := solicit | request | renew | rebind | moved | release
 * STEP := run MILLISECONDS | get TYPE IAID | abandon |
 *	   gone PREFIX | remember TYPE IAID PREFIX | adopt TYPE PREFIX VALID PREFERRED |
 *	   settle TYPE | mute | loud | resume | moved | hear ANSWER... end
 * ANSWER := advertise | reply | of SERVER | id NUMBER | iaid NUMBER |
 *	     rapid | preference NUMBER | type TYPE | knows TYPE | grace SECONDS |
 *	     times T1 T2 | status NUMBER | ia-status NUMBER | no-ia |
 *	     sol-max-rt SECONDS | prefix PREFIX VALID PREFERRED
 *
 * "run" does all there is to do until then, each at its time. An answer is to the
 * last message that was sent, by server 0009aa. RAND is 0.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../dhcp6/client.h"
#include "../common/args.h"

static struct dhcp6_format format = { 32473, 1, 2, 3, 0 };
static struct dhcp6_message sent;
static struct dhcp6_ia *last;
static uint64_t now;
static bool is_mute, refuses;

static const char * const kinds[] = {
	"none", "Solicit", "Advertise", "Request", "Confirm", "Renew", "Rebind", "Reply",
	"Release",
};

static const char *text_of(const struct in6_addr *addr)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(AF_INET6, addr, text, sizeof(text));
}

static void print_prefix(const char *before, const struct dhcp6_prefix *p)
{
	printf("%s%s/%u", before, text_of(&p->addr), p->len);
	if (p->valid || p->preferred)
		printf(" valid %u preferred %u", p->valid, p->preferred);
	if (p->type)
		printf(" type %u", p->type);
}

static void print_duid(const char *before, const struct dhcp6_duid *duid)
{
	char text[DUID_TEXT_MAX];

	duid_to_text(duid, text);
	if (duid->len)
		printf("%s%s", before, text);
}

static void print_number(const char *name, uint32_t value)
{
	if (value)
		printf(" %s %u", name, value);
}

static void print_message(const struct dhcp6_message *m)
{
	size_t i;

	print_duid(" client ", &m->client);
	print_duid(" server ", &m->server);
	print_number("elapsed", m->elapsed);
	print_number("preference", m->preference);
	print_number("status", m->status);
	print_number("sol-max-rt", m->sol_max_rt);
	printf("%s", m->rapid_commit ? " rapid" : "");
	print_number("type", m->type);
	print_number("types", m->types);
	print_number("grace", m->grace);
	if (m->has_ia)
		printf(" ia %u", m->iaid);
	print_number("t1", m->t1);
	print_number("t2", m->t2);
	print_number("ia-status", m->ia_status);
	for (i = 0; i < m->n; i++)
		print_prefix(" ", &m->prefix[i]);
	puts("");
}

/* --- What the client does --- */

/* Transactions are numbered as they come. */
static unsigned int number_of(uint32_t id)
{
	static uint32_t ids[64];
	static unsigned int n;
	unsigned int i;

	for (i = 0; i < n && ids[i] != id; i++)
		;
	if (i == n && n < ARRAY_SIZE(ids))
		ids[n++] = id;
	return i + 1;
}

static int on_send(void *data, const struct dhcp6_message *m)
{
	(void)data;
	printf("%llu: %s", (unsigned long long)now, kinds[m->kind]);
	if (is_mute) {
		puts(" cannot be sent");
		return -1;
	}
	printf(" #%u", number_of(m->id));
	sent = *m;
	sent.client.len = 0;
	print_message(&sent);
	sent = *m;
	return 0;
}

static void tell(const char *what, const struct dhcp6_ia *ia, const struct dhcp6_prefix *p)
{
	printf("%llu: %s ia %u", (unsigned long long)now, what, ia->iaid);
	print_prefix(" ", p);
	puts("");
}

static int on_granted(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p)
{
	(void)data;
	tell(refuses ? "not taken" : "granted", ia, p);
	return refuses;
}

static void on_changed(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p)
{
	(void)data;
	tell("changed", ia, p);
}

static void on_withdrawn(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p, bool over)
{
	(void)data;
	tell(over ? "over" : "not confirmed", ia, p);
}

static void on_refused(void *data, struct dhcp6_ia *ia, uint32_t error)
{
	(void)data;
	printf("%llu: refused ia %u %s\n", (unsigned long long)now, ia->iaid, strerrorname_np((int)error));
}

static void on_fading(void *data, struct dhcp6_ia *ia)
{
	(void)data;
	printf("%llu: fading ia %u\n", (unsigned long long)now, ia->iaid);
}

/* Each is another one, and none varies a time. */
static uint32_t on_random(void *data)
{
	static uint32_t n;

	(void)data;
	return 1000 + 2001 * ++n;
}

static const struct dhcp6_ops ops = {
	on_send, on_granted, on_changed, on_withdrawn, on_refused, on_fading, on_random,
};

/* --- What it is told --- */

static void take_prefix(struct words *w, struct dhcp6_prefix *p)
{
	struct prefix prefix;

	parse_prefix(next(w, "PREFIX"), &prefix);
	*p = (struct dhcp6_prefix) { .addr = prefix.addr, .len = (uint8_t)prefix.len };
}

static void take_lifetimes(struct words *w, struct dhcp6_prefix *p)
{
	p->valid = parse_u32(next(w, "VALID"));
	p->preferred = parse_u32(next(w, "PREFERRED"));
}

static void take_duid(struct words *w, struct dhcp6_duid *duid)
{
	const char *word = next(w, "DUID");

	if (!duid_from_text(duid, word))
		wrong(word, "not a DUID");
}

static bool take_number(struct words *w, const char *name, uint32_t *to)
{
	if (!next_is(w, name))
		return false;
	*to = parse_u32(next(w, "NUMBER"));
	return true;
}

/* What is in an answer besides its kind, and how often it is said does not matter. */
static bool take_numbers(struct words *w, struct dhcp6_message *m)
{
	uint32_t n = 0;

	if (take_number(w, "id", &m->id) || take_number(w, "iaid", &m->iaid) ||
	    take_number(w, "grace", &m->grace) || take_number(w, "sol-max-rt", &m->sol_max_rt))
		return true;
	if (take_number(w, "preference", &n))
		m->preference = (uint8_t)n;
	else if (take_number(w, "status", &n))
		m->status = (uint16_t)n;
	else if (take_number(w, "ia-status", &n))
		m->ia_status = (uint16_t)n;
	else if (take_number(w, "type", &n))
		m->type = (uint8_t)n;
	else if (take_number(w, "knows", &n))
		m->types |= 1U << n;
	else
		return false;
	return true;
}

static bool take_word(struct words *w, struct dhcp6_message *m)
{
	if (next_is(w, "of")) {
		take_duid(w, &m->server);
	} else if (next_is(w, "rapid")) {
		m->rapid_commit = true;
	} else if (next_is(w, "no-ia")) {
		m->has_ia = false;
	} else if (next_is(w, "times")) {
		m->t1 = parse_u32(next(w, "T1"));
		m->t2 = parse_u32(next(w, "T2"));
	} else if (next_is(w, "prefix")) {
		take_prefix(w, &m->prefix[m->n]);
		take_lifetimes(w, &m->prefix[m->n++]);
	} else {
		return take_numbers(w, m);
	}
	return true;
}

static void hear(struct words *w, struct dhcp6_client *c)
{
	struct dhcp6_message m = {
		.kind = DHCP6_REPLY, .id = sent.id, .client = sent.client, .has_ia = true,
		.iaid = sent.iaid, .server = { .len = 3, .data = { 0, 9, 0xaa } },
	};
	enum dhcp6_fault fault;

	if (next_is(w, "advertise"))
		m.kind = DHCP6_ADVERTISE;
	else if (!next_is(w, "reply"))
		no_more(w);
	while (!next_is(w, "end"))
		if (!take_word(w, &m))
			no_more(w);
	fault = dhcp6_receive(c, &m, now);
	if (fault)
		printf("%llu: ignored: %s\n", (unsigned long long)now, dhcp6_fault_name(fault));
}

static void run(struct dhcp6_client *c, uint64_t until)
{
	while (dhcp6_next(c) <= until) {
		now = dhcp6_next(c);
		dhcp6_expire(c, now);
	}
	now = until;
}

static void gone(struct words *w, struct dhcp6_client *c)
{
	struct dhcp6_prefix p;

	take_prefix(w, &p);
	if (!dhcp6_gone(c, &p.addr, p.len, now))
		puts("not of here");
}

static void remember(struct words *w, struct dhcp6_client *c)
{
	const struct dhcp6_duid server = { .len = 3, .data = { 0, 9, 0xaa } };
	uint8_t type = (uint8_t)parse_u32(next(w, "TYPE"));
	uint32_t iaid = parse_u32(next(w, "IAID"));
	struct dhcp6_prefix p;
	struct dhcp6_ia *ia;

	take_prefix(w, &p);
	ia = dhcp6_remember(c, type, iaid, &server);
	ia->lease[ia->n].addr = p.addr;
	ia->lease[ia->n++].len = p.len;
}

static void adopt(struct words *w, struct dhcp6_client *c)
{
	uint8_t type = (uint8_t)parse_u32(next(w, "TYPE"));
	struct dhcp6_prefix p;

	take_prefix(w, &p);
	take_lifetimes(w, &p);
	puts(dhcp6_adopt(c, type, &p, now) ? "adopted" : "not adopted");
}

static void get(struct words *w, struct dhcp6_client *c)
{
	uint8_t type = (uint8_t)parse_u32(next(w, "TYPE"));

	last = dhcp6_get(c, type, parse_u32(next(w, "IAID")), NULL, now);
	if (!last)
		puts("too many");
}

static bool step_back(struct words *w, struct dhcp6_client *c)
{
	if (next_is(w, "remember"))
		remember(w, c);
	else if (next_is(w, "adopt"))
		adopt(w, c);
	else if (next_is(w, "settle"))
		dhcp6_settle(c, 1U << parse_u32(next(w, "TYPE")), now);
	else
		return false;
	return true;
}

static void step(struct words *w, struct dhcp6_client *c)
{
	if (next_is(w, "run"))
		run(c, parse_u32(next(w, "MILLISECONDS")));
	else if (next_is(w, "get"))
		get(w, c);
	else if (next_is(w, "abandon"))
		dhcp6_abandon(c, last);
	else if (next_is(w, "gone"))
		gone(w, c);
	else if (next_is(w, "moved"))
		dhcp6_moved_all(c, now);
	else if (next_is(w, "mute"))
		is_mute = true;
	else if (next_is(w, "resume"))
		dhcp6_resume(c, now);
	else if (next_is(w, "loud"))
		is_mute = false;
	else if (next_is(w, "hear"))
		hear(w, c);
	else if (!step_back(w, c))
		no_more(w);
}

static void play(struct words *w)
{
	struct dhcp6_client c = {
		.ops = &ops, .patience = 10000, .rate.messages = 100,
		.duid = { .len = 3, .data = { 0, 9, 0xcc } },
	};

	refuses = next_is(w, "refuse");
	take_number(w, "rate", &c.rate.messages);
	dhcp6_init(&c);
	while (peek(w))
		step(w, &c);
	if (dhcp6_next(&c) == NEVER)
		printf("%zu left\n", c.n);
	else
		printf("%zu left, next %llu\n", c.n, (unsigned long long)dhcp6_next(&c));
	dhcp6_end(&c);
}

/* --- Messages --- */

static size_t take_hex(struct words *w, uint8_t *data, size_t room)
{
	const char *hex = next(w, "HEX");
	size_t n;

	for (n = 0; n < room && sscanf(hex + 2 * n, "%2hhx", data + n) == 1; n++)
		;
	return n;
}

static void parse(struct words *w)
{
	struct dhcp6_message m;
	uint8_t data[4096];
	enum dhcp6_fault fault;
	size_t n = take_hex(w, data, sizeof(data));

	fault = dhcp6_parse(&format, (struct dhcp6_bytes) { data, n }, &m);
	if (fault) {
		printf("%s, %zu prefixes\n", dhcp6_fault_name(fault), m.n);
		return;
	}
	printf("%s %#x", kinds[m.kind], m.id);
	print_message(&m);
}

static void write_message(struct words *w)
{
	struct dhcp6_message m = {
		.has_ia = true, .client = { .len = 3, .data = { 0, 9, 0xcc } },
	};
	struct dhcp6_packet packet;
	size_t i;

	m.kind = (uint8_t)parse_u32(next(w, "KIND"));
	m.id = parse_u32(next(w, "ID"));
	m.type = (uint8_t)parse_u32(next(w, "TYPE"));
	m.iaid = parse_u32(next(w, "IAID"));
	m.rapid_commit = m.kind == DHCP6_SOLICIT;
	if (peek(w))
		m.server = (struct dhcp6_duid) { .len = 3, .data = { 0, 9, 0xaa } };
	while (peek(w))
		take_prefix(w, &m.prefix[m.n++]);
	dhcp6_write(&format, &m, &packet);
	for (i = 0; i < packet.len; i++)
		printf("%02x", packet.data[i]);
	puts("");
}

/* When a message is sent, if nobody ever answers */
static void times(struct words *w)
{
	static const struct {
		const char *name;
		const struct dhcp6_timing *timing;
	} all[] = {
		{ "solicit", &dhcp6_solicit }, { "request", &dhcp6_request },
		{ "renew", &dhcp6_renew }, { "rebind", &dhcp6_rebind },
		{ "moved", &dhcp6_moved }, { "release", &dhcp6_release },
	};
	struct dhcp6_exchange x;
	uint32_t random, count;
	size_t i = 0;

	while (i < ARRAY_SIZE(all) && !next_is(w, all[i].name))
		i++;
	if (i == ARRAY_SIZE(all))
		no_more(w);
	random = parse_u32(next(w, "RANDOM"));
	count = parse_u32(next(w, "COUNT"));
	exchange_begin(&x, DHCP6_SOLICIT, 1, all[i].timing, 0, NEVER);
	do {
		printf("%llu ", (unsigned long long)x.due);
		exchange_sent(&x, x.due, random);
	} while (--count && !exchange_is_over(&x, x.due));
	printf("%s %llu\n", exchange_is_over(&x, x.due) ? "over" : "next", (unsigned long long)x.due);
}

static void is_to(struct words *w)
{
	uint8_t data[4096];
	struct dhcp6_duid client;
	size_t n;

	take_duid(w, &client);
	n = take_hex(w, data, sizeof(data));
	puts(dhcp6_is_to(&client, (struct dhcp6_bytes) { data, n }) ? "yes" : "no");
}

static void duid(struct words *w)
{
	struct dhcp6_duid d;

	if (duid_from_text(&d, next(w, "TEXT")))
		print_duid("", &d);
	puts("");
}

int main(int argc, char **argv)
{
	struct words w = { argc - 1, argv + 1 };
	uint32_t code;

	if (take_number(&w, "prefix-option", &code))
		format.prefix_option = (uint16_t)code;
	if (next_is(&w, "parse"))
		parse(&w);
	else if (next_is(&w, "write"))
		write_message(&w);
	else if (next_is(&w, "times"))
		times(&w);
	else if (next_is(&w, "is-to"))
		is_to(&w);
	else if (next_is(&w, "duid"))
		duid(&w);
	else if (next_is(&w, "play"))
		play(&w);
	no_more(&w);
	return 0;
}
