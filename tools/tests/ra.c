// SPDX-License-Identifier: GPL-2.0
/*
 * Reads router advertisements, and says what follows from those that routers
 * have sent.
 *
 *   ra parse FORMAT HOP-LIMIT SOURCE HEX
 *   ra play [plain TYPE] [trusted] [full] [held] STEP...
 *
 * FORMAT := option NUMBER | pio-flags | pio-reserved
 * STEP := at SECONDS | movement | elsewhere | expire | gone PREFIX |
 *	   adopt PREFIX TYPE VALID PREFERRED |
 *	   hear ROUTER LIFETIME [PREFIX TYPE VALID PREFERRED]... end
 *
 * TYPE "slaac" is a prefix for autoconfiguration. Who is full takes no prefix,
 * and who has a held one does not let it go.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "../ra/announced.h"
#include "../common/args.h"

static bool full, held;

static const char *text_of(const struct in6_addr *addr)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(AF_INET6, addr, text, sizeof(text));
}

static void print(const char *what, const struct ra_prefix *p)
{
	printf("%s %s/%u type %u valid %u preferred %u\n", what, text_of(&p->addr), p->len,
	       p->type, p->valid, p->preferred);
}

static int on_add(void *data __attribute__((unused)), const struct ra_prefix *p)
{
	print(full ? "no room for" : "add", p);
	return full ? -ENOSPC : 0;
}

static int on_change(void *data __attribute__((unused)), const struct ra_prefix *p)
{
	print("change", p);
	return 0;
}

static int on_withdraw(void *data, const struct ra_prefix *p)
{
	print(held ? "held" : "withdraw", p);
	if (held)
		return -EBUSY;
	announced_gone(data, &p->addr);
	return 0;
}

static void take_addr(struct words *w, struct in6_addr *addr)
{
	const char *word = next(w, "ADDRESS");

	if (inet_pton(AF_INET6, word, addr) != 1)
		wrong(word, "not an address");
}

static size_t take_hex(struct words *w, uint8_t *data, size_t room)
{
	const char *hex = next(w, "HEX");
	size_t n;

	for (n = 0; n < room && sscanf(hex + 2 * n, "%2hhx", data + n) == 1; n++)
		;
	return n;
}

static void take_format(struct words *w, struct ra_format *format)
{
	if (next_is(w, "pio-flags")) {
		format->encoding = RA_PIO_FLAGS;
	} else if (next_is(w, "pio-reserved")) {
		format->encoding = RA_PIO_RESERVED;
	} else if (next_is(w, "option")) {
		format->encoding = RA_OPTION;
		format->option = (uint8_t)parse_u32(next(w, "NUMBER"));
	} else {
		no_more(w);
	}
}

static void print_all(const struct ra *ra)
{
	const uint8_t *m = ra->lladdr;
	size_t i;

	printf("lifetime %u\n", ra->lifetime);
	if (ra->has_lladdr)
		printf("lladdr %02x:%02x:%02x:%02x:%02x:%02x\n", m[0], m[1], m[2], m[3], m[4], m[5]);
	for (i = 0; i < ra->n; i++)
		print(ra->prefix[i].autonomous ? "autonomous" : "prefix", &ra->prefix[i]);
}

static void parse(struct words *w)
{
	struct ra_format format = { 0 };
	uint8_t message[4096];
	struct in6_addr source;
	enum ra_fault fault;
	uint32_t hops;
	struct ra ra;
	size_t len;

	take_format(w, &format);
	hops = parse_u32(next(w, "HOP-LIMIT"));
	take_addr(w, &source);
	len = take_hex(w, message, sizeof(message));
	fault = ra_parse(&format, &source, (int)hops, message, len, &ra);
	if (fault)
		printf("%s, %zu prefixes\n", ra_fault_name(fault), ra.n);
	else
		print_all(&ra);
}

static void take_prefix(struct words *w, struct ra_prefix *p)
{
	struct prefix prefix;

	parse_prefix(next(w, "PREFIX"), &prefix);
	p->addr = prefix.addr;
	p->len = (uint8_t)prefix.len;
	p->autonomous = next_is(w, "slaac");
	if (!p->autonomous)
		p->type = (uint8_t)parse_type(next(w, "TYPE"));
	p->valid = parse_u32(next(w, "VALID"));
	p->preferred = parse_u32(next(w, "PREFERRED"));
}

static void hear(struct words *w, struct announced *a, uint32_t movement, uint64_t now)
{
	struct in6_addr router;
	struct ra ra = { 0 };

	take_addr(w, &router);
	ra.lifetime = (uint16_t)parse_u32(next(w, "LIFETIME"));
	while (!next_is(w, "end"))
		take_prefix(w, &ra.prefix[ra.n++]);
	announced_hear(a, &router, &ra, movement, now);
}

static void adopt(struct words *w, struct announced *a, uint64_t now)
{
	struct ra_prefix p = { 0 };

	take_prefix(w, &p);
	announced_adopt(a, &p, now);
}

static void gone(struct words *w, struct announced *a)
{
	struct prefix p;

	parse_prefix(next(w, "PREFIX"), &p);
	puts(announced_gone(a, &p.addr) ? "ours" : "not ours");
}

static void step(struct words *w, struct announced *a)
{
	static uint32_t movement;
	static uint64_t now;

	if (next_is(w, "at"))
		now = parse_u32(next(w, "SECONDS"));
	else if (next_is(w, "movement"))
		movement++;
	else if (next_is(w, "elsewhere"))
		announced_elsewhere(a, movement, now);
	else if (next_is(w, "expire"))
		announced_expire(a, now);
	else if (next_is(w, "adopt"))
		adopt(w, a, now);
	else if (next_is(w, "gone"))
		gone(w, a);
	else if (next_is(w, "hear"))
		hear(w, a, movement, now);
	else
		no_more(w);
}

static void play(struct words *w)
{
	static const struct announced_ops ops = { on_add, on_change, on_withdraw };
	struct announced a = { .ops = &ops, .data = &a, .types = ~0U };

	if (next_is(w, "plain"))
		a.plain = (uint8_t)parse_type(next(w, "TYPE"));
	a.trusted = next_is(w, "trusted");
	full = next_is(w, "full");
	held = next_is(w, "held");
	while (peek(w))
		step(w, &a);
	if (announced_next(&a) == UINT64_MAX)
		printf("%zu left, refused %zu\n", a.n, (size_t)a.refused);
	else
		printf("%zu left, refused %zu, next %zu\n", a.n, (size_t)a.refused,
		       (size_t)announced_next(&a));
}

int main(int argc, char **argv)
{
	struct words w = { argc - 1, argv + 1 };

	if (next_is(&w, "parse"))
		parse(&w);
	else if (next_is(&w, "play"))
		play(&w);
	no_more(&w);
	return 0;
}
