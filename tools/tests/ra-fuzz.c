// SPDX-License-Identifier: GPL-2.0
/*
 * Router advertisements without sense: those of a corpus, changed at random.
 *
 *   ra-fuzz SEED COUNT FILE...
 *
 * Each message is read in each format, from memory that ends where it does, and
 * what is read has to be possible; what follows for the prefixes, too. Prints how
 * often each fault was found and how often each thing followed: the same for the
 * same seed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/odmm.h>
#include "../ra/announced.h"
#include "mutate.h"

#define TWO_HOURS	7200
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const struct ra_format formats[] = {
	{ RA_OPTION, 253 }, { RA_OPTION, 254 }, { RA_PIO_FLAGS, 0 }, { RA_PIO_RESERVED, 0 },
};

static const char * const sources[] = { "fe80::1", "fe80::2", "2001:db8::1", "::" };

static uint64_t faults[RA_FAULTS], added, changed, withdrawn;
static uint64_t now;
static bool trusted;

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

	mutate(&m, 8);
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
	mutate_seed(argv[1]);
	count = strtoul(argv[2], NULL, 0);
	for (i = 3; i < argc; i++)
		mutate_take_file(argv[i]);
	while (count--)
		try_one(&a);
	for (i = 0; i < RA_FAULTS; i++)
		printf("%s %zu\n", ra_fault_name((enum ra_fault)i), (size_t)faults[i]);
	printf("added %zu\nchanged %zu\nwithdrawn %zu\n", (size_t)added, (size_t)changed,
	       (size_t)withdrawn);
	return 0;
}
