// SPDX-License-Identifier: GPL-2.0
/*
 * Notices: what a socket with IPV6_SC_EVENTS is told, on its error queue.
 *
 * What is due is kept in the want until there is room for it, so that nothing
 * is lost and nothing piles up; a second event of a kind is merged into the
 * first.
 */
#include <linux/errqueue.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "compat.h"
#include "odmm.h"

/* Notices that wait to be read, at most, however much else there is room for. */
#define ODMM_NOTICES_MAX	16

static struct odmm_session *odmm_notice_session(struct odmm_want *w)
{
	return container_of(w, struct odmm_session, want);
}

static void odmm_notice_fill(struct odmm_session *s, enum odmm_event event,
			     struct odmm_notice *notice)
{
	struct odmm_status status = {};

	odmm_session_describe(s, &status);
	*notice = (struct odmm_notice) {
		.size = sizeof(*notice),
		.event = event,
		.type = status.type,
		.valid_lft = status.valid_lft,
		.preferred_lft = status.preferred_lft,
		.missed = s->want.missed,
		.addr = status.addr,
		.replacement = status.replacement,
	};
	if (event == ODMM_EVENT_FAILED)
		notice->error = status.error;
	else if (event == ODMM_EVENT_LOST)
		notice->error = ECONNABORTED;
}

static struct sk_buff *odmm_notice_skb(const struct odmm_notice *notice)
{
	struct sk_buff *skb = alloc_skb(sizeof(*notice), GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_put_data(skb, notice, sizeof(*notice));
	*SKB_EXT_ERR(skb) = (struct sock_exterr_skb) {
		.ee = {
			.ee_errno = notice->error,
			.ee_origin = SO_EE_ORIGIN_ODMM,
			.ee_type = notice->event,
			.ee_code = notice->type,
			.ee_info = notice->valid_lft,
			.ee_data = notice->missed,
		},
	};
	return skb;
}

/*
 * A successor of the prefix is not one for each socket that holds it, and may
 * be one that the socket knows of.
 */
static bool odmm_notice_is_of_interest(struct odmm_session *s,
				       enum odmm_event event)
{
	const struct odmm_prefix *p;

	if (event != ODMM_EVENT_REPLACED)
		return true;
	p = odmm_session_replacement(s);
	return p && p->serial != s->replacement;
}

/* What the socket knows now. */
static void odmm_notice_told(struct odmm_session *s, enum odmm_event event)
{
	odmm_count(s->odn, ODMM_STAT_NOTICES);
	s->want.missed = 0;
	if (event == ODMM_EVENT_REPLACED)
		s->replacement = odmm_session_replacement(s)->serial;
}

/* False if there is no room for it now. */
static bool odmm_notice_queue(struct odmm_session *s, enum odmm_event event)
{
	struct odmm_notice notice;
	struct sk_buff *skb;

	if (!odmm_notice_is_of_interest(s, event))
		return true;
	if (skb_queue_len_lockless(&s->sk->sk_error_queue) >= ODMM_NOTICES_MAX)
		return false;
	odmm_notice_fill(s, event, &notice);
	skb = odmm_notice_skb(&notice);
	if (!skb)
		return false;
	if (sock_queue_err_skb(s->sk, skb)) {
		kfree_skb(skb);
		return false;
	}
	odmm_notice_told(s, event);
	return true;
}

/* In the order in which such things happen. */
static void odmm_notice_deliver(struct odmm_session *s)
{
	struct odmm_want *w = &s->want;
	int event;

	if (sock_flag(s->sk, SOCK_DEAD))
		WRITE_ONCE(w->due, 0);
	for (event = ODMM_EVENT_GRANTED; event <= ODMM_EVENT_LOST; event++) {
		if (!(w->due & BIT(event)))
			continue;
		if (!odmm_notice_queue(s, event))
			return;
		WRITE_ONCE(w->due, w->due & ~BIT(event));
	}
}

static void odmm_notice_run(struct work_struct *work)
{
	struct odmm_net *odn = container_of(work, struct odmm_net, tell_work);
	struct odmm_want *w;

	spin_lock(&odn->lock);
	while ((w = list_first_entry_or_null(&odn->tell, struct odmm_want,
					     tell))) {
		list_del_init(&w->tell);
		odmm_notice_deliver(odmm_notice_session(w));
		cond_resched_lock(&odn->lock);
	}
	spin_unlock(&odn->lock);
}

/* With the net lock held: tries again what found no room. */
void odmm_notice_retry(struct odmm_session *s)
{
	lockdep_assert_held(&s->odn->lock);
	if (!s->want.due || !list_empty(&s->want.tell))
		return;
	list_add_tail(&s->want.tell, &s->odn->tell);
	queue_work(odmm_compat_unbound_wq, &s->odn->tell_work);
}

void odmm_notice_init(struct odmm_net *odn)
{
	INIT_LIST_HEAD(&odn->tell);
	INIT_WORK(&odn->tell_work, odmm_notice_run);
}

/* No session is left. */
void odmm_notice_exit(struct odmm_net *odn)
{
	cancel_work_sync(&odn->tell_work);
}
