// SPDX-License-Identifier: GPL-2.0
/*
 * DHCPv6 without sense: answers of a corpus, changed at random, to a client of
 * which anything may be wanted meanwhile.
 *
 *   dhcp6-fuzz SEED COUNT FILE...
 *
 * Each message is read in each format, from memory that ends where it does, and
 * what is read has to be possible; what the client does of it, too. Prints how
 * often each fault was found and how often each thing followed: the same for the
 * same seed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/odmm.h>
#include "../dhcp6/client.h"
#include "mutate.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const struct dhcp6_format formats[] = {
	{ 32473, 1, 2, 3, 0 }, { 32473, 1, 2, 3, 65001 }, { 4711, 11, 12, 13, 0 },
};

static uint64_t faults[DHCP6_FAULTS];
static uint64_t sent[DHCP6_RELEASE + 1];
static uint64_t others, granted, unwanted, changed, over, unconfirmed, refused, fading;
static uint64_t now;

/* --- What is read --- */

static void check_prefix(const struct dhcp6_prefix *p)
{
	if (p->len > 128)
		impossible("a length of a prefix");
	if (p->preferred > p->valid)
		impossible("preferred for longer than valid");
	if (p->valid && (p->addr.s6_addr[0] == 0xff || IN6_IS_ADDR_LINKLOCAL(&p->addr) ||
			 IN6_IS_ADDR_UNSPECIFIED(&p->addr)))
		impossible("a prefix of no use");
}

static void check_read(const struct dhcp6_message *m, enum dhcp6_fault fault)
{
	static const struct dhcp6_message nothing;
	size_t i;

	if (fault && memcmp(m, &nothing, sizeof(nothing)))
		impossible("something in a message with a fault");
	if (m->n > DHCP6_PREFIXES_MAX || m->client.len > DUID_MAX || m->server.len > DUID_MAX)
		impossible("so much");
	if (!fault && (!m->server.len || !m->client.len))
		impossible("a message by nobody, or to nobody");
	for (i = 0; i < m->n; i++)
		check_prefix(&m->prefix[i]);
}

/* --- What the client does --- */

static bool has(const struct dhcp6_ia *ia, const struct dhcp6_prefix *p)
{
	size_t i;

	for (i = 0; i < ia->n; i++)
		if (ia->lease[i].held && ia->lease[i].len == p->len &&
		    IN6_ARE_ADDR_EQUAL(&ia->lease[i].addr, &p->addr))
			return true;
	return false;
}

static int on_send(void *data, const struct dhcp6_message *m)
{
	struct dhcp6_packet packet;

	(void)data;
	if (!any(16))
		return -1;
	dhcp6_write(&formats[any(ARRAY_SIZE(formats))], m, &packet);
	if (m->kind != DHCP6_SOLICIT && !m->n)
		impossible("a message about nothing");
	if ((m->kind != DHCP6_SOLICIT && m->kind != DHCP6_REBIND) != !!m->server.len)
		impossible("a message to nobody");
	sent[m->kind]++;
	return 0;
}

static int on_granted(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p)
{
	(void)data;
	check_prefix(p);
	if (!p->valid || has(ia, p))
		impossible("a prefix that is granted");
	if (!any(8)) {
		unwanted++;
		return -EEXIST;
	}
	granted++;
	return 0;
}

static void on_changed(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p)
{
	(void)data;
	check_prefix(p);
	if (!p->valid || !has(ia, p))
		impossible("a change of a prefix that is not there");
	changed++;
}

static void on_withdrawn(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p, bool is_over)
{
	(void)data;
	if (!has(ia, p))
		impossible("a prefix withdrawn that is not there");
	if (is_over)
		over++;
	else
		unconfirmed++;
}

static void on_refused(void *data, struct dhcp6_ia *ia, uint32_t error)
{
	(void)data;
	if (!error || ia->abandoned)
		impossible("a refusal");
	refused++;
}

static void on_fading(void *data, struct dhcp6_ia *ia)
{
	struct dhcp6_client *c = data;

	if (ia->type != ODMM_TYPE_GRACEFUL_REPLACEMENT)
		impossible("a replacement of what is not graceful");
	fading++;
	dhcp6_get(c, ia->type, any(0x10000), NULL, now);
}

static uint32_t on_random(void *data)
{
	(void)data;
	return any(UINT32_MAX);
}

static const struct dhcp6_ops ops = {
	on_send, on_granted, on_changed, on_withdrawn, on_refused, on_fading, on_random,
};

/* --- What happens meanwhile --- */

static struct dhcp6_ia *any_ia(struct dhcp6_client *c)
{
	uint32_t n = any((uint32_t)c->n + 1);
	struct dhcp6_ia *ia = TAILQ_FIRST(&c->ias);

	while (ia && n--)
		ia = TAILQ_NEXT(ia, next);
	return ia;
}

static void end_one(struct dhcp6_client *c)
{
	struct dhcp6_ia *ia = any_ia(c);
	const struct dhcp6_lease *lease = ia && ia->n ? &ia->lease[any((uint32_t)ia->n)] : NULL;
	struct in6_addr addr;

	if (!ia)
		return;
	if (ia->state == IA_SOLICITING && !ia->abandoned && !any(4)) {
		dhcp6_abandon(c, ia);
	} else if (lease && lease->held) {
		addr = lease->addr;
		dhcp6_gone(c, &addr, lease->len, now);
	}
}

static void want(struct dhcp6_client *c)
{
	switch (any(16)) {
	case 0:
		dhcp6_moved_all(c, now);
		break;
	case 1:
		dhcp6_resume(c, now);
		break;
	case 2:
	case 3:
	case 4:
		end_one(c);
		break;
	default:
		if (c->n < 16)
			dhcp6_get(c, (uint8_t)(1 + any(4)), any(0x10000), NULL, now);
	}
}

static void pass_time(struct dhcp6_client *c)
{
	int rounds = 0;

	now += any(8) ? any(2000) : any(400000);
	/* What one thing ends with may be the next. */
	while (dhcp6_next(c) <= now) {
		if (rounds++ == 4)
			impossible("something that is always to be done");
		dhcp6_expire(c, now);
	}
	if (c->n > 2 * DHCP6_IAS_MAX)
		impossible("so many IAs");
}

/* As if it were the answer to something, but for what may be wrong with it. */
static void address_to(const struct dhcp6_ia *ia, struct dhcp6_message *m)
{
	if (any(16))
		m->id = ia->x.id;
	if (any(8) && ia->server.len)
		m->server = ia->server;
	if (any(16))
		m->iaid = ia->iaid;
	if (any(4))
		m->type = ia->type;
	/* More than one could be the same as another of the message. */
	if (ia->n && m->n == 1 && any(4)) {
		m->prefix[0].addr = ia->lease[0].addr;
		m->prefix[0].len = ia->lease[0].len;
	}
}

static void follow(struct dhcp6_client *c, struct dhcp6_message *m)
{
	struct dhcp6_ia *ia;

	if (any(2))
		want(c);
	ia = any_ia(c);
	if (ia)
		address_to(ia, m);
	faults[dhcp6_receive(c, m, now)]++;
	if (any(2))
		pass_time(c);
}

static void try_one(struct dhcp6_client *c)
{
	struct dhcp6_message m;
	enum dhcp6_fault fault;
	struct message bytes;
	uint8_t *exact;
	size_t i;

	mutate(&bytes, 4);
	exact = malloc(bytes.len ? bytes.len : 1);
	if (!exact)
		impossible("no memory");
	memcpy(exact, bytes.data, bytes.len);
	others += !dhcp6_is_to(&c->duid, (struct dhcp6_bytes) { exact, bytes.len });
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		memset(&m, 0xaa, sizeof(m));
		fault = dhcp6_parse(&formats[i], (struct dhcp6_bytes) { exact, bytes.len }, &m);
		check_read(&m, fault);
		if (fault)
			faults[fault]++;
		else
			follow(c, &m);
	}
	free(exact);
}

static void print_all(void)
{
	static const uint8_t kinds[] = {
		DHCP6_SOLICIT, DHCP6_REQUEST, DHCP6_RENEW, DHCP6_REBIND, DHCP6_RELEASE,
	};
	size_t i;

	for (i = 0; i < DHCP6_FAULTS; i++)
		printf("%s %zu\n", dhcp6_fault_name((enum dhcp6_fault)i), (size_t)faults[i]);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		printf("sent-%u %zu\n", kinds[i], (size_t)sent[kinds[i]]);
	printf("other-client %zu\n", (size_t)others);
	printf("granted %zu\nunwanted %zu\nchanged %zu\nover %zu\nunconfirmed %zu\nrefused %zu\nfading %zu\n",
	       (size_t)granted, (size_t)unwanted, (size_t)changed, (size_t)over, (size_t)unconfirmed,
	       (size_t)refused, (size_t)fading);
}

int main(int argc, char **argv)
{
	struct dhcp6_client c = {
		.ops = &ops, .data = &c, .patience = 10000, .rate.messages = 1000,
		.duid = { .len = 3, .data = { 0, 1, 0xcc } },
	};
	unsigned long count;
	int i;

	if (argc < 4) {
		fputs("usage: dhcp6-fuzz SEED COUNT FILE...\n", stderr);
		return 2;
	}
	mutate_seed(argv[1]);
	count = strtoul(argv[2], NULL, 0);
	for (i = 3; i < argc; i++)
		mutate_take_file(argv[i]);
	dhcp6_init(&c);
	while (count--)
		try_one(&c);
	dhcp6_end(&c);
	print_all();
	return 0;
}
