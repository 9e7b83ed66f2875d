// SPDX-License-Identifier: GPL-2.0
/*
 * Source "dhcpv6": prefix delegation. Documentation/dhcpv6.md has what it says
 * to servers and what it believes of them; tools/dhcp6 has how.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>
#include "../dhcp6/network.h"
#include "config.h"
#include "dhcpv6-state.h"
#include "link-local.h"
#include "source.h"

#define MS		1000	/* microseconds */
#define INSTANCES	0x1000	/* of a type on a link, the last bits of an IAID */

struct dhcpv6_source {
	struct source source;
	struct dhcp6_format format;
	struct dhcp6_client client;
	struct dhcp6_duid duid;		/* that the configuration says, or empty */
	uint32_t link, last_new;	/* of IAIDs: its number, the last instance of its own */
	struct link_local address;
	int fd;				/* -1 as long as there is no address to be heard at */
	sd_event_source *io, *timer, *saver;
	json_t *saved;			/* leases, as they are on disk */
	uint64_t faults[DHCP6_FAULTS];
};

static struct dhcpv6_source *dhcpv6_of(struct source *s)
{
	return (struct dhcpv6_source *)s;
}

static uint64_t now(const struct dhcpv6_source *d)
{
	uint64_t usec = 0;

	sd_event_now(d->source.daemon->event, CLOCK_BOOTTIME, &usec);
	return usec / MS;
}

static void set_timer(struct dhcpv6_source *d)
{
	uint64_t next = dhcp6_next(&d->client);

	if (next == NEVER) {
		sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(d->timer, next * MS);
	sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
}

static void save(struct dhcpv6_source *d)
{
	json_t *leases = leases_value(&d->client);

	if (json_equal(leases, d->saved) ||
	    leases_save(d->source.daemon, d->source.dev, leases)) {
		json_decref(leases);
		return;
	}
	json_decref(d->saved);
	d->saved = leases;
}

static int on_idle(sd_event_source *saver, void *data)
{
	(void)saver;
	save(data);
	return 0;
}

/* After whatever may have changed something: the disk is slower than those who wait. */
static void follow(struct dhcpv6_source *d)
{
	set_timer(d);
	sd_event_source_set_enabled(d->saver, SD_EVENT_ONESHOT);
}

/* --- What the client does --- */

static struct prefix prefix_of(const struct dhcp6_prefix *p)
{
	return (struct prefix) { .addr = p->addr, .len = p->len };
}

static struct prefix_args args_of(const struct dhcp6_ia *ia, const struct dhcp6_prefix *p)
{
	return (struct prefix_args) {
		.type = ia->type, .valid_lft = p->valid, .preferred_lft = p->preferred,
		.has_preferred_lft = true,
	};
}

static const char *kind_name(uint8_t kind)
{
	static const char * const names[] = {
		[DHCP6_SOLICIT] = "Solicit", [DHCP6_ADVERTISE] = "Advertise",
		[DHCP6_REQUEST] = "Request", [DHCP6_RENEW] = "Renew",
		[DHCP6_REBIND] = "Rebind", [DHCP6_REPLY] = "Reply",
		[DHCP6_RELEASE] = "Release",
	};

	return names[kind];
}

static int on_send(void *data, const struct dhcp6_message *m)
{
	struct dhcpv6_source *d = data;
	struct dhcp6_packet packet;

	dhcp6_write(&d->format, m, &packet);
	if (d->fd < 0)
		errno = EADDRNOTAVAIL;
	if (d->fd < 0 || network_send(d->fd, d->source.ifindex, &packet)) {
		say(LOG_DEBUG, "source dhcpv6: %s: no %s yet: %s", d->source.dev,
		    kind_name(m->kind), strerror(errno));
		return -1;
	}
	say(LOG_DEBUG, "source dhcpv6: %s: %s of IA %#x", d->source.dev, kind_name(m->kind), m->iaid);
	return 0;
}

static int on_granted(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p)
{
	struct prefix_args args = args_of(ia, p);
	struct prefix prefix = prefix_of(p);
	struct ask *ask = ia->private;
	int ret;

	if (!ask)
		return grant_add(data, &prefix, &args);
	ret = ask_grant(ask, &prefix, &args);
	if (!ret)
		ia->private = NULL;
	return ret;
}

static void on_changed(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p)
{
	struct prefix_args args = args_of(ia, p);
	struct prefix prefix = prefix_of(p);

	grant_change(data, &prefix, &args);
}

static void on_withdrawn(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p, bool over)
{
	struct prefix_args args = args_of(ia, p);
	struct prefix prefix = prefix_of(p);

	/* Those to whom it is promised keep it, for as long as it may be good for anything. */
	if (grant_withdraw(data, &prefix, over ? 0 : GRACE_OF_POLICY, over) != -EBUSY)
		return;
	args.preferred_lft = 0;
	grant_change(data, &prefix, &args);
}

static void on_refused(void *data, struct dhcp6_ia *ia, uint32_t error)
{
	(void)data;
	if (ia->private)
		ask_refuse(ia->private, error);
}

static uint32_t iaid_of(const struct dhcpv6_source *d, uint8_t type, uint32_t instance)
{
	return d->link << 16 | (uint32_t)type << 12 | instance;
}

/* The lowest that is free is the same after a restart; one of its own is a new one. */
static uint32_t free_iaid(struct dhcpv6_source *d, uint8_t type, bool is_new)
{
	uint32_t instance = is_new ? d->last_new : INSTANCES - 1;

	do
		instance = (instance + 1) % INSTANCES;
	while (dhcp6_has(&d->client, iaid_of(d, type, instance)));
	if (is_new)
		d->last_new = instance;
	return iaid_of(d, type, instance);
}

static bool is_coming(const struct dhcpv6_source *d, uint8_t type)
{
	const struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &d->client.ias, next)
		if (ia->type == type && !ia->abandoned &&
		    (ia->state == IA_SOLICITING || ia->state == IA_REQUESTING || ia->t1 != NEVER))
			return true;
	return false;
}

static void on_fading(void *data, struct dhcp6_ia *ia)
{
	struct dhcpv6_source *d = data;

	if (!is_coming(d, ia->type))
		dhcp6_get(&d->client, ia->type, free_iaid(d, ia->type, false), NULL, now(d));
}

static uint32_t on_random(void *data)
{
	uint32_t random = 0;

	(void)data;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		say(LOG_ERR, "source dhcpv6: no random number");
	return random;
}

static const struct dhcp6_ops client_ops = {
	.send = on_send,
	.granted = on_granted,
	.changed = on_changed,
	.withdrawn = on_withdrawn,
	.refused = on_refused,
	.fading = on_fading,
	.random = on_random,
};

/* --- The network --- */

/* Said the first time, and each time that they have doubled. */
static void count_fault(struct dhcpv6_source *d, const struct in6_addr *from,
			enum dhcp6_fault fault)
{
	uint64_t n = ++d->faults[fault];
	char text[INET6_ADDRSTRLEN];

	say(n & (n - 1) ? LOG_DEBUG : LOG_WARNING,
	    "source dhcpv6: %s: message from %s ignored: %s (%llu so far)", d->source.dev,
	    inet_ntop(AF_INET6, from, text, sizeof(text)), dhcp6_fault_name(fault),
	    (unsigned long long)n);
}

static void hear(struct dhcpv6_source *d, const struct in6_addr *from, struct dhcp6_bytes bytes)
{
	struct dhcp6_message m;
	enum dhcp6_fault fault;

	/* The host has another client, which hears that, too. */
	if (!dhcp6_is_to(&d->client.duid, bytes))
		return;
	fault = dhcp6_parse(&d->format, bytes, &m);
	if (!fault)
		fault = dhcp6_receive(&d->client, &m, now(d));
	if (fault)
		count_fault(d, from, fault);
	follow(d);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	static uint8_t buf[65536];
	struct dhcp6_bytes bytes;
	struct in6_addr from;

	(void)source;
	(void)revents;
	if (network_read(fd, buf, sizeof(buf), &bytes, &from))
		hear(data, &from, bytes);
	return 0;
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *data)
{
	struct dhcpv6_source *d = data;

	(void)timer;
	(void)usec;
	dhcp6_expire(&d->client, now(d));
	follow(d);
	return 0;
}

static void close_socket(struct dhcpv6_source *d)
{
	d->io = sd_event_source_unref(d->io);
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

static int open_socket(struct dhcpv6_source *d, const struct in6_addr *addr)
{
	d->fd = network_open(d->source.ifindex, addr);
	if (d->fd >= 0 && sd_event_add_io(d->source.daemon->event, &d->io, d->fd, EPOLLIN,
					  on_readable, d) >= 0)
		return 0;
	say(LOG_ERR, "source dhcpv6: %s: no socket: %s", d->source.dev, strerror(errno));
	close_socket(d);
	return -1;
}

static void on_address(void *data, const struct in6_addr *addr)
{
	struct dhcpv6_source *d = data;

	close_socket(d);
	if (!addr || open_socket(d, addr))
		return;
	dhcp6_resume(&d->client, now(d));
	follow(d);
}

/* --- Its words --- */

static void take_duid(struct dhcpv6_source *d, const char *text)
{
	if (text && !duid_from_text(&d->duid, text))
		wrong(text, "a DUID is 3 to 130 octets in hexadecimal");
}

static uint16_t code(uint32_t value, const char *what)
{
	if (!value || value > UINT16_MAX)
		usage_error("source dhcpv6: %s is from 1 to 65535", what);
	return (uint16_t)value;
}

static void set_format(struct dhcp6_format *f, uint32_t type, uint32_t types, uint32_t grace)
{
	f->type = code(type, "type-option");
	f->types = code(types, "types-option");
	f->grace = code(grace, "grace-option");
	if (type == types || type == grace || types == grace)
		usage_error("source dhcpv6: each option has a code of its own");
}

static void dhcpv6_configure(struct source *s, struct words *w)
{
	struct dhcpv6_source *d = dhcpv6_of(s);
	uint32_t type = 1, types = 2, grace = 3, prefix = 0, timeout = 10;
	const char *duid = NULL;
	struct keyword keywords[] = {
		{ "enterprise", ARG_U32, &d->format.enterprise, false },
		{ "type-option", ARG_U32, &type, false },
		{ "types-option", ARG_U32, &types, false },
		{ "grace-option", ARG_U32, &grace, false },
		{ "prefix-option", ARG_U32, &prefix, false },
		{ "timeout", ARG_U32, &timeout, false },
		{ "rate", ARG_U32, &d->client.rate.messages, false },
		{ "duid", ARG_TEXT, &duid, false },
	};

	d->format.enterprise = 32473;
	d->client.rate.messages = 100;
	source_words(s, w, keywords, ARRAY_SIZE(keywords));
	set_format(&d->format, type, types, grace);
	if (keywords[4].given)
		d->format.prefix_option = code(prefix, "prefix-option");
	if (!timeout || timeout > 3600)
		usage_error("source dhcpv6: timeout is from 1 to 3600");
	if (!d->client.rate.messages || d->client.rate.messages > RATE_PERIOD)
		usage_error("source dhcpv6: rate is from 1 to %d", RATE_PERIOD);
	d->client.patience = timeout * 1000;
	take_duid(d, duid);
	d->client.ops = &client_ops;
	d->client.data = s;
	d->fd = -1;
}

/* --- The source --- */

static void dhcpv6_ask(struct source *s, struct ask *ask)
{
	struct dhcpv6_source *d = dhcpv6_of(s);
	uint8_t type = (uint8_t)ask->type;

	ask->private = dhcp6_get(&d->client, type,
				 free_iaid(d, type, ask->flags & IPV6_REQUIRE_SRC_ON_NET), ask, now(d));
	if (ask->private)
		set_timer(d);
	else
		ask_refuse(ask, EADDRNOTAVAIL);
}

static void dhcpv6_cancel(struct source *s, struct ask *ask)
{
	struct dhcpv6_source *d = dhcpv6_of(s);

	dhcp6_abandon(&d->client, ask->private);
	set_timer(d);
}

static bool dhcpv6_adopt(struct source *s, const struct prefix *p, const struct prefix_args *args)
{
	struct dhcpv6_source *d = dhcpv6_of(s);
	struct dhcp6_prefix known = {
		.addr = p->addr, .len = (uint8_t)p->len,
		.valid = args->valid_lft, .preferred = args->preferred_lft,
	};

	return !args->onlink && args->ifindex == s->ifindex &&
	       dhcp6_adopt(&d->client, (uint8_t)args->type, &known, now(d));
}

static void dhcpv6_settled(struct source *s)
{
	struct dhcpv6_source *d = dhcpv6_of(s);

	dhcp6_settle(&d->client, s->types, now(d));
	follow(d);
}

static void dhcpv6_gone(struct source *s, const struct prefix *p, uint32_t why)
{
	struct dhcpv6_source *d = dhcpv6_of(s);

	(void)why;
	dhcp6_gone(&d->client, &p->addr, (uint8_t)p->len, now(d));
	follow(d);
}

static void dhcpv6_moved(struct source *s, uint32_t ifindex)
{
	struct dhcpv6_source *d = dhcpv6_of(s);

	if (ifindex != s->ifindex)
		return;
	dhcp6_moved_all(&d->client, now(d));
	follow(d);
}

static void close_timers(struct dhcpv6_source *d)
{
	d->timer = sd_event_source_unref(d->timer);
	d->saver = sd_event_source_unref(d->saver);
}

static int open_timers(struct dhcpv6_source *d)
{
	sd_event *event = d->source.daemon->event;

	if (sd_event_add_time(event, &d->timer, CLOCK_BOOTTIME, 0, MS, on_timer, d) >= 0 &&
	    sd_event_add_defer(event, &d->saver, on_idle, d) >= 0 &&
	    sd_event_source_set_priority(d->saver, SD_EVENT_PRIORITY_IDLE) >= 0)
		return 0;
	say(LOG_ERR, "source dhcpv6: no timer");
	close_timers(d);
	return -1;
}

static void dhcpv6_stop(struct source *s)
{
	struct dhcpv6_source *d = dhcpv6_of(s);
	int fault;

	for (fault = 0; fault < DHCP6_FAULTS; fault++)
		if (d->faults[fault])
			say(LOG_INFO, "source dhcpv6: %s: messages ignored: %s: %llu", s->dev,
			    dhcp6_fault_name(fault), (unsigned long long)d->faults[fault]);
	save(d);
	close_socket(d);
	link_local_stop(&d->address);
	close_timers(d);
	dhcp6_end(&d->client);
	json_decref(d->saved);
	d->saved = NULL;
}

/* Two on a link would be the same client. */
static bool is_second(const struct source *s)
{
	const struct config *config = s->daemon->config;
	const struct source *other;
	size_t i;

	for (i = 0; i < config->n_sources; i++) {
		other = config->source[i];
		if (other->kind == s->kind && other->running && other->ifindex == s->ifindex)
			return true;
	}
	return false;
}

static int dhcpv6_start(struct source *s)
{
	struct dhcpv6_source *d = dhcpv6_of(s);
	struct identity identity;

	if (is_second(s)) {
		say(LOG_ERR, "source dhcpv6: %s: one source of a link is enough", s->dev);
		return -1;
	}
	dhcp6_init(&d->client);
	if (identity_load(s->daemon, s->dev, d->duid.len ? &d->duid : NULL, &identity))
		return -1;
	d->client.duid = identity.duid;
	d->link = identity.link;
	d->address = (struct link_local) {
		.ifindex = s->ifindex, .changed = on_address, .data = d,
	};
	if (open_timers(d))
		return -1;
	if (link_local_start(&d->address, s->daemon->event)) {
		close_timers(d);
		return -1;
	}
	d->saved = leases_load(s->daemon, s->dev, &d->client);
	set_timer(d);
	return 0;
}

const struct source_kind dhcpv6_source = {
	.name = "dhcpv6",
	.usage = "[ timeout SECONDS ] [ rate MESSAGES ] [ duid HEX ] [ enterprise NUMBER ]\n"
		 "               [ type-option CODE ] [ types-option CODE ] [ grace-option CODE ]\n"
		 "               [ prefix-option CODE ]",
	.size = sizeof(struct dhcpv6_source),
	.configure = dhcpv6_configure,
	.start = dhcpv6_start,
	.adopt = dhcpv6_adopt,
	.settled = dhcpv6_settled,
	.ask = dhcpv6_ask,
	.cancel = dhcpv6_cancel,
	.gone = dhcpv6_gone,
	.moved = dhcpv6_moved,
	.stop = dhcpv6_stop,
};
