// SPDX-License-Identifier: GPL-2.0
/*
 * Router advertisements without sense: those of a corpus, changed at random.
 *
 *   ra-fuzz SEED COUNT FILE...
 *
 * A file has a message a line, in hexadecimal. Each message is read in each
 * format, from memory that ends where it does, and what is read has to be
 * possible; what follows for the prefixes, too. Prints how often each fault was
 * found and how often each thing followed: the same for the same seed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/odmm.h>
#include "../ra/announced.h"

#define MESSAGES_MAX	256
#define SIZE_MAX_BYTES	4096
#define TWO_HOURS	7200
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct message {
	uint8_t data[SIZE_MAX_BYTES];
	size_t len;
};

static const struct ra_format formats[] = {
	{ RA_OPTION, 253 }, { RA_OPTION, 254 }, { RA_PIO_FLAGS, 0 }, { RA_PIO_RESERVED, 0 },
};

static const char * const sources[] = { "fe80::1", "fe80::2", "2001:db8::1", "::" };

static struct message corpus[MESSAGES_MAX];
static size_t n_corpus;
static uint64_t state;
static uint64_t faults[RA_FAULTS], added, changed, withdrawn;
static uint64_t now;
static bool trusted;

/* xorshift64* */
static uint32_t any(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717ULL) >> 32) % below;
}

static void impossible(const char *what)
{
	printf("impossible: %s\n", what);
	exit(1);
}

static void take_line(const char *hex)
{
	struct message *m = &corpus[n_corpus];

	if (n_corpus == MESSAGES_MAX)
		impossible("so large a corpus");
	for (m->len = 0; m->len < SIZE_MAX_BYTES; m->len++)
		if (sscanf(hex + 2 * m->len, "%2hhx", m->data + m->len) != 1)
			break;
	n_corpus++;
}

static void take_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!f) {
		perror(path);
		exit(1);
	}
	while (getline(&line, &room, f) > 0)
		if (line[0] != '#')
			take_line(line);
	free(line);
	fclose(f);
}

static void change_byte(struct message *m)
{
	static const uint8_t telling[] = { 0, 1, 2, 3, 4, 5, 63, 64, 65, 128, 129, 253, 254, 255 };

	if (m->len)
		m->data[any((uint32_t)m->len)] = any(2) ? telling[any(ARRAY_SIZE(telling))] :
							  (uint8_t)any(256);
}

static void cut(struct message *m)
{
	m->len = any((uint32_t)m->len + 1);
}

/* The end of another, from a place where an option may begin. */
static void join(struct message *m)
{
	const struct message *other = &corpus[any((uint32_t)n_corpus)];
	size_t from = 8 * (size_t)any((uint32_t)other->len / 8 + 1);
	size_t len = other->len - from;

	if (len > SIZE_MAX_BYTES - m->len)
		len = SIZE_MAX_BYTES - m->len;
	memcpy(m->data + m->len, other->data + from, len);
	m->len += len;
}

static void make(struct message *m)
{
	uint32_t changes = any(5);

	*m = corpus[any((uint32_t)n_corpus)];
	if (!any(4))
		join(m);
	while (changes--)
		change_byte(m);
	if (!any(16))
		cut(m);
}

static void check_prefix(const struct ra_prefix *p)
{
	if (p->type > ODMM_TYPE_GRACEFUL_REPLACEMENT)
		impossible("a reserved type");
	if (p->len > 128 || (p->type && p->len != RA_PREFIX_LEN))
		impossible("a length of a prefix");
	if (p->preferred > p->valid)
		impossible("preferred for longer than valid");
	if (p->type && (p->addr.s6_addr[0] == 0xff || IN6_IS_ADDR_LINKLOCAL(&p->addr)))
		impossible("a prefix of no use");
}

static void check_read(const struct ra *ra, enum ra_fault fault)
{
	static const struct ra nothing;
	size_t i;

	if (fault && memcmp(ra, &nothing, sizeof(nothing)))
		impossible("something in a message with a fault");
	if (ra->n > RA_PREFIXES_MAX)
		impossible("so many prefixes");
	for (i = 0; i < ra->n; i++)
		check_prefix(&ra->prefix[i]);
}

static const struct announced_prefix *entry_of(const struct announced *a,
					       const struct in6_addr *addr)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&a->prefix[i].addr, addr))
			return &a->prefix[i];
	return NULL;
}

static int on_add(void *data, const struct ra_prefix *p)
{
	check_prefix(p);
	if (!p->type || !p->preferred || entry_of(data, &p->addr))
		impossible("a prefix that is added");
	if (!any(16))
		return -ENOSPC;
	added++;
	return 0;
}

static int on_change(void *data, const struct ra_prefix *p)
{
	const struct announced_prefix *e = entry_of(data, &p->addr);
	uint64_t left;

	check_prefix(p);
	if (!e || e->type != p->type)
		impossible("a change of a prefix that is not there");
	left = e->valid_until > now ? e->valid_until - now : 0;
	if (!trusted && p->valid < left && p->valid < TWO_HOURS)
		impossible("a life that is cut short");
	changed++;
	return 0;
}

static int on_withdraw(void *data, const struct ra_prefix *p)
{
	if (!entry_of(data, &p->addr))
		impossible("a prefix withdrawn that is not there");
	withdrawn++;
	switch (any(3)) {
	case 0:
		return -EBUSY;
	case 1:
		announced_gone(data, &p->addr);
	}
	return 0;
}

static void follow(struct announced *a, const struct in6_addr *source, const struct ra *ra)
{
	static uint32_t movement;

	trusted = !any(4);
	a->trusted = trusted;
	a->plain = (uint8_t)any(ODMM_TYPE_GRACEFUL_REPLACEMENT + 1);
	announced_hear(a, source, ra, movement, now);
	if (!any(8))
		now += any(2000);
	announced_expire(a, now);
	if (announced_next(a) <= now)
		impossible("something left to expire");
	if (!any(16))
		movement++;
	if (!any(16))
		announced_elsewhere(a, movement, now);
	if (a->n && !any(8))
		announced_gone(a, &a->prefix[any((uint32_t)a->n)].addr);
}

static void try_one(struct announced *a)
{
	int hops = any(16) ? 255 : (int)any(256);
	struct in6_addr source;
	struct message m;
	enum ra_fault fault;
	uint8_t *exact;
	struct ra ra;
	size_t i;

	make(&m);
	inet_pton(AF_INET6, sources[any(any(8) ? 2 : ARRAY_SIZE(sources))], &source);
	exact = malloc(m.len ? m.len : 1);
	if (!exact)
		impossible("no memory");
	memcpy(exact, m.data, m.len);
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		memset(&ra, 0xaa, sizeof(ra));
		fault = ra_parse(&formats[i], &source, hops, exact, m.len, &ra);
		faults[fault]++;
		check_read(&ra, fault);
		if (!fault)
			follow(a, &source, &ra);
	}
	free(exact);
}

int main(int argc, char **argv)
{
	static const struct announced_ops ops = { on_add, on_change, on_withdraw };
	struct announced a = { .ops = &ops, .data = &a, .types = ~0U };
	unsigned long count;
	int i;

	if (argc < 4) {
		fputs("usage: ra-fuzz SEED COUNT FILE...\n", stderr);
		return 2;
	}
	state = strtoull(argv[1], NULL, 0) ^ 0x9e3779b97f4a7c15ULL;
	count = strtoul(argv[2], NULL, 0);
	for (i = 3; i < argc; i++)
		take_file(argv[i]);
	while (count--)
		try_one(&a);
	for (i = 0; i < RA_FAULTS; i++)
		printf("%s %zu\n", ra_fault_name((enum ra_fault)i), (size_t)faults[i]);
	printf("added %zu\nchanged %zu\nwithdrawn %zu\n", (size_t)added, (size_t)changed,
	       (size_t)withdrawn);
	return 0;
}
