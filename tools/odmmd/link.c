// SPDX-License-Identifier: GPL-2.0
/*
 *	          carrier lost
 *	  DOWN <-----------------------------.
 *	   |                                 |
 *	   | carrier: moved()                |
 *	   v        a router shows it        |
 *	 SOLICITING -----------------> SETTLED
 *	   ^        or none answers          |
 *	   '---------------------------------'
 *	     a router or default route that nobody knows: moved()
 *
 * After the carrier was lost the first router decides. Without that, one that
 * nobody knows may be another one of the same network, or somebody who pretends:
 * if a known one answers a solicitation it is the same, if none does it is not.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../ra/network.h"
#include "icmp.h"
#include "link-news.h"
#include "link.h"

#define SOLICITATIONS	3			/* MAX_RTR_SOLICITATIONS */
#define INTERVAL_US	4000000			/* RTR_SOLICITATION_INTERVAL */
#define NAME_LEN	16			/* IFNAMSIZ */

enum state { DOWN, SOLICITING, SETTLED };

struct listening {
	struct listening *next;
	const struct link_listener *listener;
	void *data;
};

struct link {
	struct link *next;
	uint32_t ifindex;
	char name[NAME_LEN];
	uint8_t lladdr[6];
	bool has_lladdr;
	unsigned int watches;
	enum state state;
	bool known;		/* the kernel has told of it */
	uint32_t losses;	/* of the carrier, ever */
	bool removed;
	bool carrier_lost;	/* since it was settled */
	bool unsent;		/* a solicitation waits for an address to be sent from */
	unsigned int sent;
	uint32_t movement;
	sd_event_source *timer;
	struct network network;
	struct network strangers;	/* heard since then, of another one or not */
	struct ra_format format;
	struct listening *listening;
	uint64_t faults[RA_FAULTS];
};

static struct daemon *owner;
static int icmp = -1;
static sd_event_source *news_source, *icmp_source;
static struct link *links;

static struct link *find_link(uint32_t ifindex)
{
	struct link *l;

	for (l = links; l && (l->ifindex != ifindex || l->removed); l = l->next)
		;
	return l;
}

/* --- Solicitations --- */

static void set_timer(struct link *l)
{
	if (sd_event_source_set_time_relative(l->timer, INTERVAL_US) < 0 ||
	    sd_event_source_set_enabled(l->timer, SD_EVENT_ONESHOT) < 0)
		say(LOG_ERR, "%s: no timer for solicitations", l->name);
}

static void stop_timer(struct link *l)
{
	l->unsent = false;
	sd_event_source_set_enabled(l->timer, SD_EVENT_OFF);
}

static void solicit(struct link *l)
{
	l->unsent = icmp_solicit(icmp, l->ifindex, l->has_lladdr ? l->lladdr : NULL);
	if (l->unsent) {
		say(LOG_DEBUG, "%s: no router solicitation yet: %s", l->name, strerror(errno));
		return;
	}
	l->sent++;
	say(LOG_DEBUG, "%s: router solicitation %u", l->name, l->sent);
	set_timer(l);
}

/* --- Movement --- */

static void settle(struct link *l)
{
	l->state = SETTLED;
	l->carrier_lost = false;
	l->strangers.n = 0;
	stop_timer(l);
}

/* What was known is of another network than the routers heard since. */
static void elsewhere(struct link *l)
{
	struct listening *i, *following;

	say(LOG_NOTICE, "%s: another network", l->name);
	l->network = l->strangers;
	settle(l);
	for (i = l->listening; i; i = following) {
		following = i->next;
		i->listener->elsewhere(i->data, l->movement);
	}
}

static void same_again(struct link *l)
{
	if (l->movement)
		say(LOG_NOTICE, "%s: the same network", l->name);
	settle(l);
}

static void tell_moved(struct link *l, const char *why)
{
	l->movement++;
	say(LOG_NOTICE, "%s: may be at another network: %s", l->name, why);
	daemon_moved(owner, l->ifindex);
}

static void start_soliciting(struct link *l)
{
	l->state = SOLICITING;
	l->strangers.n = 0;
	l->sent = 0;
	solicit(l);
}

/* Something of a settled link has changed that a movement would change. */
static void suspect(struct link *l, const char *why)
{
	if (l->state != SETTLED)
		return;
	start_soliciting(l);
	tell_moved(l, why);
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *data)
{
	struct link *l = data;

	(void)timer;
	(void)usec;
	if (l->sent < SOLICITATIONS)
		solicit(l);
	else if (l->network.n)
		elsewhere(l);
	else
		settle(l);
	return 0;
}

/* --- Routers --- */

static void hand_over(struct link *l, const struct in6_addr *router, const struct ra *ra)
{
	struct listening *i, *following;

	for (i = l->listening; i; i = following) {
		following = i->next;
		i->listener->heard(i->data, router, ra, l->movement);
	}
}

/* While there are solicitations out. */
static void hear_answer(struct link *l, const struct in6_addr *router, const struct ra *ra,
			enum network_verdict verdict)
{
	hand_over(l, router, ra);
	if (verdict == NETWORK_SAME) {
		network_learn(&l->network, router, ra, l->carrier_lost);
		network_join(&l->network, &l->strangers);
		same_again(l);
		return;
	}
	network_learn(&l->strangers, router, ra, false);
	if (l->carrier_lost)
		elsewhere(l);
}

static void hear_settled(struct link *l, const struct in6_addr *router, const struct ra *ra,
			 enum network_verdict verdict)
{
	if (verdict == NETWORK_SAME) {
		network_learn(&l->network, router, ra, false);
		hand_over(l, router, ra);
		return;
	}
	suspect(l, verdict == NETWORK_OTHER ? "its router announces other prefixes" :
					      "a router that is not known");
	hear_answer(l, router, ra, verdict);
}

/* Said the first time, and each time that they have doubled. */
static void count_fault(struct link *l, const struct in6_addr *source, enum ra_fault fault)
{
	uint64_t n = ++l->faults[fault];
	char text[INET6_ADDRSTRLEN];

	say(n & (n - 1) ? LOG_DEBUG : LOG_WARNING,
	    "%s: router advertisement from %s ignored: %s (%llu so far)", l->name,
	    inet_ntop(AF_INET6, source, text, sizeof(text)), ra_fault_name(fault),
	    (unsigned long long)n);
}

static void hear(struct link *l, const struct icmp_message *m)
{
	struct ra ra;
	enum ra_fault fault = ra_parse(&l->format, &m->source, m->hop_limit, m->data, m->len, &ra);
	enum network_verdict verdict;

	if (fault) {
		count_fault(l, &m->source, fault);
		return;
	}
	/* One that was on its way when the carrier was lost says nothing. */
	if (l->state == DOWN)
		return;
	verdict = network_judge(&l->network, &m->source, &ra, l->carrier_lost);
	if (l->state == SOLICITING)
		hear_answer(l, &m->source, &ra, verdict);
	else
		hear_settled(l, &m->source, &ra, verdict);
}

static int on_icmp(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	static struct icmp_message message;
	struct link *l;

	(void)source;
	(void)revents;
	(void)data;
	if (!icmp_read(fd, &message))
		return 0;
	l = find_link(message.ifindex);
	if (l)
		hear(l, &message);
	return 0;
}

/* --- News of the kernel --- */

static void rename_link(struct link *l, const char *name)
{
	if (!strcmp(l->name, name) || !name[0])
		return;
	say(LOG_NOTICE, "%s: is now called %s", l->name, name);
	strncpy(l->name, name, NAME_LEN - 1);
}

static void lose_carrier(struct link *l)
{
	if (l->state == DOWN)
		return;
	say(LOG_NOTICE, "%s: no carrier", l->name);
	l->state = DOWN;
	stop_timer(l);
}

static void get_carrier(struct link *l)
{
	if (l->state != DOWN)
		return;
	/* Where it was when the program began is no movement. */
	l->carrier_lost = l->known;
	start_soliciting(l);
	if (l->known)
		tell_moved(l, "carrier");
}

/* The kernel may not tell of a carrier that was lost for a short time only. */
static void carrier(struct link *l, const struct link_state *state)
{
	if (!state->up || (l->known && l->losses != state->losses))
		lose_carrier(l);
	if (state->up)
		get_carrier(l);
	l->losses = state->losses;
	l->known = true;
}

/* Another one may get its name, which is then the one that the configuration means. */
static void look_for_removed(const char *name)
{
	struct link *l;

	for (l = links; l; l = l->next)
		if (l->removed && !strcmp(l->name, name)) {
			say(LOG_NOTICE, "%s: is there again", name);
			daemon_reload(owner);
			return;
		}
}

static void on_link(uint32_t ifindex, const struct link_state *state)
{
	struct link *l = find_link(ifindex);

	if (!l) {
		look_for_removed(state->name);
		return;
	}
	l->has_lladdr = state->lladdr;
	if (state->lladdr)
		memcpy(l->lladdr, state->lladdr, sizeof(l->lladdr));
	rename_link(l, state->name);
	carrier(l, state);
}

static void on_removed(uint32_t ifindex)
{
	struct link *l = find_link(ifindex);

	if (!l)
		return;
	lose_carrier(l);
	l->removed = true;
	say(LOG_WARNING, "%s: was removed", l->name);
}

static void on_neighbour(uint32_t ifindex, const struct in6_addr *addr, const uint8_t *lladdr)
{
	struct link *l = find_link(ifindex);
	struct network_router *r = l ? network_find(&l->network, addr) : NULL;

	if (!r || (r->has_lladdr && !memcmp(r->lladdr, lladdr, sizeof(r->lladdr))))
		return;
	if (r->has_lladdr)
		suspect(l, "its router has another link-layer address");
	r->has_lladdr = true;
	memcpy(r->lladdr, lladdr, sizeof(r->lladdr));
}

static void on_gateway(uint32_t ifindex, const struct in6_addr *addr)
{
	struct link *l = find_link(ifindex);

	if (l && l->network.n && !network_find(&l->network, addr))
		suspect(l, "another default route");
}

static void on_address(uint32_t ifindex)
{
	struct link *l = find_link(ifindex);

	if (l && l->unsent)
		solicit(l);
}

static void on_lost(void)
{
	struct link *l;

	say(LOG_WARNING, "news of links was lost");
	for (l = links; l; l = l->next)
		if (link_news_ask(l->ifindex))
			say(LOG_ERR, "%s: cannot be looked at: %s", l->name, strerror(errno));
}

static const struct link_news news = {
	.link = on_link,
	.removed = on_removed,
	.neighbour = on_neighbour,
	.gateway = on_gateway,
	.address = on_address,
	.lost = on_lost,
};

static int on_news(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	(void)source;
	(void)fd;
	(void)revents;
	(void)data;
	link_news_read(&news);
	return 0;
}

/* --- For others --- */

int link_open(struct daemon *d)
{
	int fd = link_news_open();

	owner = d;
	icmp = fd < 0 ? -1 : icmp_open();
	if (icmp < 0) {
		say(LOG_ERR, "links and routers cannot be watched: %s", strerror(errno));
		if (fd >= 0)
			link_news_close();
		return -1;
	}
	if (sd_event_add_io(d->event, &news_source, fd, EPOLLIN, on_news, NULL) < 0 ||
	    sd_event_add_io(d->event, &icmp_source, icmp, EPOLLIN, on_icmp, NULL) < 0) {
		say(LOG_ERR, "links and routers cannot be watched");
		link_close();
		return -1;
	}
	/* A carrier comes before what is heard by it. */
	sd_event_source_set_priority(news_source, SD_EVENT_PRIORITY_IMPORTANT);
	return 0;
}

void link_close(void)
{
	news_source = sd_event_source_unref(news_source);
	icmp_source = sd_event_source_unref(icmp_source);
	link_news_close();
	close(icmp);
	icmp = -1;
}

int link_watch(uint32_t ifindex, const char *name)
{
	struct link *l = find_link(ifindex);

	if (l) {
		l->watches++;
		return 0;
	}
	l = xcalloc(1, sizeof(*l));
	l->ifindex = ifindex;
	l->watches = 1;
	l->format = (struct ra_format) { RA_OPTION, 253 };
	strncpy(l->name, name, NAME_LEN - 1);
	if (sd_event_add_time_relative(owner->event, &l->timer, CLOCK_BOOTTIME, 0, 0, on_timer,
				       l) < 0 || link_news_ask(ifindex)) {
		say(LOG_ERR, "%s: cannot be watched", name);
		sd_event_source_unref(l->timer);
		free(l);
		return -1;
	}
	stop_timer(l);
	l->next = links;
	links = l;
	return 0;
}

static void report_faults(const struct link *l)
{
	int fault;

	for (fault = 0; fault < RA_FAULTS; fault++)
		if (l->faults[fault])
			say(LOG_INFO, "%s: router advertisements ignored: %s: %llu", l->name,
			    ra_fault_name(fault), (unsigned long long)l->faults[fault]);
}

void link_unwatch(uint32_t ifindex)
{
	struct link *l, **p;

	for (p = &links; *p && (*p)->ifindex != ifindex; p = &(*p)->next)
		;
	l = *p;
	if (!l || --l->watches)
		return;
	*p = l->next;
	report_faults(l);
	sd_event_source_unref(l->timer);
	free(l);
}

int link_listen(uint32_t ifindex, const struct ra_format *format,
		const struct link_listener *listener, void *data)
{
	struct link *l = find_link(ifindex);
	struct listening *i;

	if (!l)
		return -1;
	if (l->listening && memcmp(&l->format, format, sizeof(*format))) {
		say(LOG_ERR, "%s: routers are read in another encoding already", l->name);
		return -1;
	}
	l->format = *format;
	i = xcalloc(1, sizeof(*i));
	i->listener = listener;
	i->data = data;
	i->next = l->listening;
	l->listening = i;
	return 0;
}

void link_unlisten(void *data)
{
	struct listening *i, **p;
	struct link *l;

	for (l = links; l; l = l->next)
		for (p = &l->listening; (i = *p);) {
			if (i->data != data) {
				p = &i->next;
				continue;
			}
			*p = i->next;
			free(i);
		}
}
