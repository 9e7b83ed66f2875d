// SPDX-License-Identifier: GPL-2.0
/*
 * Telling what changed: listeners at once, in the format of the dumps; sockets
 * by a note in their want, which notice.c delivers.
 */
#include <net/genetlink.h>

#include "netlink-gen.h"
#include "compat.h"
#include "odmm.h"

/* Whether the family is there to send by. */
static bool odmm_events_on;

void odmm_event_start(void)
{
	WRITE_ONCE(odmm_events_on, true);
}

/* When this returns nobody sends any more. */
void odmm_event_stop(void)
{
	WRITE_ONCE(odmm_events_on, false);
	synchronize_rcu();
}

static struct sk_buff *odmm_event_begin(u8 cmd, size_t size)
{
	struct sk_buff *skb = genlmsg_new(size, GFP_ATOMIC);

	if (skb)
		genlmsg_put(skb, 0, 0, &odmm_nl_family, 0, cmd);
	return skb;
}

/* A listener that misses one is told so by ENOBUFS. */
static void odmm_event_send(struct odmm_net *odn, struct sk_buff *skb, int err,
			    unsigned int group)
{
	if (!skb || WARN_ON_ONCE(err)) {
		nlmsg_free(skb);
		genl_set_err(&odmm_nl_family, odn->net, 0, group, ENOBUFS);
		return;
	}
	genlmsg_end(skb, genlmsg_data(nlmsg_data(nlmsg_hdr(skb))));
	genlmsg_multicast_netns(&odmm_nl_family, odn->net, skb, 0, group,
				GFP_ATOMIC);
}

/* Under RCU. */
static bool odmm_event_heard(const struct odmm_net *odn, unsigned int group)
{
	return READ_ONCE(odmm_events_on) &&
	       genl_has_listeners(&odmm_nl_family, odn->net, group);
}

static void odmm_event_prefix_to(const struct odmm_prefix *p,
				 unsigned int group)
{
	struct odmm_net *odn = p->address.odn;
	struct sk_buff *skb;

	rcu_read_lock();
	if (odmm_event_heard(odn, group)) {
		skb = odmm_event_begin(ODMM_CMD_PREFIX_NTF,
				       ODMM_PRINT_PREFIX_SIZE);
		odmm_event_send(odn, skb, skb ? odmm_print_prefix(skb, p) : 0,
				group);
	}
	rcu_read_unlock();
}

/* To those who watch. */
void odmm_event_prefix(const struct odmm_prefix *p)
{
	odmm_event_prefix_to(p, ODMM_NLGRP_EVENTS);
}

/* To the agents: it is gone, and may be given back to the network. */
void odmm_event_prefix_end(const struct odmm_prefix *p)
{
	odmm_event_prefix_to(p, ODMM_NLGRP_REQUESTS);
}

static void odmm_event_request_to(struct odmm_net *odn,
				  const struct odmm_request *req,
				  unsigned int group)
{
	struct sk_buff *skb;

	rcu_read_lock();
	if (odmm_event_heard(odn, group)) {
		skb = odmm_event_begin(ODMM_CMD_REQUEST_NTF,
				       ODMM_PRINT_REQUEST_SIZE);
		odmm_event_send(odn, skb,
				skb ? odmm_print_request(skb, odn, req) : 0,
				group);
	}
	rcu_read_unlock();
}

/* To those who watch. */
void odmm_event_request(struct odmm_net *odn, const struct odmm_request *req)
{
	odmm_event_request_to(odn, req, ODMM_NLGRP_EVENTS);
}

/* To the agents: there is, or is no longer, something to do. */
void odmm_event_offer(struct odmm_net *odn, const struct odmm_request *req)
{
	odmm_event_request_to(odn, req, ODMM_NLGRP_REQUESTS);
}

void odmm_event_agent(struct odmm_net *odn, const struct odmm_agent *agent)
{
	struct sk_buff *skb;

	rcu_read_lock();
	if (odmm_event_heard(odn, ODMM_NLGRP_EVENTS)) {
		skb = odmm_event_begin(ODMM_CMD_AGENT_NTF,
				       GENLMSG_DEFAULT_SIZE);
		odmm_event_send(odn, skb,
				skb ? odmm_print_agent(skb, agent) : 0,
				ODMM_NLGRP_EVENTS);
	}
	rcu_read_unlock();
}

/* With the net lock held: the socket is to be told, if it wants to be. */
void odmm_event_want(struct odmm_net *odn, struct odmm_want *w,
		     enum odmm_event event)
{
	lockdep_assert_held(&odn->lock);
	if (!w->events)
		return;
	if (w->due & BIT(event)) {
		w->missed += w->missed < U8_MAX;
		odmm_count(odn, ODMM_STAT_NOTICES_MERGED);
	}
	/* The sweep looks at it without the lock. */
	WRITE_ONCE(w->due, w->due | BIT(event));
	if (list_empty(&w->tell))
		list_add_tail(&w->tell, &odn->tell);
	queue_work(odmm_compat_unbound_wq, &odn->tell_work);
}

/* With the net lock held: what was to be told is no longer of interest. */
void odmm_event_want_drop(struct odmm_want *w)
{
	WRITE_ONCE(w->due, 0);
	w->missed = 0;
	list_del_init(&w->tell);
}
