// SPDX-License-Identifier: GPL-2.0
/*
 * Accounts: what each user has and does, and how much of it he may. Whoever
 * calls pays, also for a socket that somebody else has opened.
 *
 * All here is called with the net lock held, but where told.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "lifetime.h"
#include "odmm.h"

static struct odmm_account *odmm_account_entry(const struct rb_node *node)
{
	return node ? rb_entry(node, struct odmm_account, node) : NULL;
}

static int odmm_account_cmp(const void *key, const struct rb_node *node)
{
	uid_t uid = __kuid_val(*(const kuid_t *)key);
	uid_t other = __kuid_val(odmm_account_entry(node)->uid);

	return uid < other ? -1 : uid > other;
}

static bool odmm_account_less(struct rb_node *node,
			      const struct rb_node *parent)
{
	return odmm_account_cmp(&odmm_account_entry(node)->uid, parent) < 0;
}

/*
 * Who pays for what the caller does: in a user namespace below that of the
 * network, whoever made it, as he can be many users there. No lock.
 */
static kuid_t odmm_account_uid(const struct odmm_net *odn)
{
	const struct user_namespace *ns = current_user_ns();
	kuid_t uid = current_euid();

	for (; ns != odn->net->user_ns && ns->parent; ns = ns->parent)
		uid = ns->owner;
	return uid;
}

/* Whether it is that of the user who owns the namespace. */
bool odmm_account_is_root(const struct odmm_net *odn,
			  const struct odmm_account *acc)
{
	return uid_eq(acc->uid, make_kuid(odn->net->user_ns, 0));
}

/* Quotas are not for the administrator of the network. No lock. */
static bool odmm_account_exempt(const struct odmm_net *odn)
{
	return ns_capable_noaudit(odn->net->user_ns, CAP_NET_ADMIN);
}

/* The account of the caller, new if need be, or NULL if there is no memory. */
struct odmm_account *odmm_account_of_caller(struct odmm_net *odn)
{
	kuid_t uid = odmm_account_uid(odn);
	struct odmm_account *acc;

	lockdep_assert_held(&odn->lock);
	acc = odmm_account_entry(rb_find(&uid, &odn->accounts,
					 odmm_account_cmp));
	if (acc)
		return acc;
	acc = kzalloc(sizeof(*acc), GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN);
	if (!acc)
		return NULL;
	acc->uid = uid;
	INIT_LIST_HEAD(&acc->list);
	rb_add(&acc->node, &odn->accounts, odmm_account_less);
	return acc;
}

static int odmm_account_refuse(struct odmm_net *odn, enum odmm_stat stat)
{
	odmm_count(odn, stat);
	return -EDQUOT;
}

/* Whether one more session would be within the quota. */
bool odmm_account_has_room(const struct odmm_net *odn,
			   const struct odmm_account *acc)
{
	return acc->sessions < odn->policy.sessions ||
	       odmm_account_exempt(odn);
}

/* Whether something may be refused: a look at what is over may help. */
bool odmm_account_is_full(const struct odmm_net *odn,
			  const struct odmm_account *acc)
{
	return acc->pending >= odn->policy.pending ||
	       acc->held >= odn->policy.held;
}

/* Charges a wait, until odmm_account_end_wait(). 0 or -EDQUOT. */
int odmm_account_wait(struct odmm_net *odn, struct odmm_account *acc)
{
	if (acc->pending >= odn->policy.pending && !odmm_account_exempt(odn))
		return odmm_account_refuse(odn, ODMM_STAT_OVER_PENDING);
	acc->pending++;
	return 0;
}

/*
 * Takes a token of the bucket that is filled at the allowed rate. The bucket
 * is kept as the time until which its use is paid for.
 */
static bool odmm_account_token(const struct odmm_policy *policy,
			       struct odmm_account *acc)
{
	ktime_t now = odmm_now();
	u64 period;

	if (!policy->on_net_rate)
		return true;
	period = NSEC_PER_SEC / policy->on_net_rate;
	if (ktime_before(acc->paid_until, now))
		acc->paid_until = now;
	if (ktime_sub(acc->paid_until, now) > period * (policy->on_net_burst - 1))
		return false;
	acc->paid_until = ktime_add_ns(acc->paid_until, period);
	return true;
}

/* Charges a prefix for one socket alone, as long as it is asked for or there. */
int odmm_account_own(struct odmm_net *odn, struct odmm_want *w)
{
	struct odmm_account *acc = w->account;

	if (!odmm_account_exempt(odn)) {
		if (acc->held >= odn->policy.held)
			return odmm_account_refuse(odn, ODMM_STAT_OVER_HELD);
		if (!odmm_account_token(&odn->policy, acc))
			return odmm_account_refuse(odn, ODMM_STAT_OVER_RATE);
	}
	acc->held++;
	w->own = true;
	return 0;
}

void odmm_account_disown(struct odmm_want *w)
{
	if (w->own)
		w->account->held--;
	w->own = false;
}

/* What was asked for is here: it is charged until it is gone. */
void odmm_account_give(struct odmm_want *w, struct odmm_prefix *p)
{
	if (w->own)
		p->owner = w->account;
	w->own = false;
}

void odmm_account_gone(struct odmm_prefix *p)
{
	if (p->owner)
		p->owner->held--;
	p->owner = NULL;
}

/*
 * Frees the accounts of users that have nothing and could not gain by being
 * forgotten. Whether any is left.
 */
bool odmm_account_sweep(struct odmm_net *odn)
{
	ktime_t now = odmm_now();
	struct odmm_account *acc;
	struct rb_node *node, *next;

	spin_lock(&odn->lock);
	for (node = rb_first(&odn->accounts); node; node = next) {
		next = rb_next(node);
		acc = odmm_account_entry(node);
		if (acc->sessions || acc->held ||
		    ktime_after(acc->paid_until, now))
			continue;
		rb_erase(node, &odn->accounts);
		kfree(acc);
	}
	next = rb_first(&odn->accounts);
	spin_unlock(&odn->lock);
	return next;
}

/* All sessions and prefixes are gone. No lock. */
void odmm_account_exit(struct odmm_net *odn)
{
	struct rb_node *node;

	while ((node = rb_first(&odn->accounts))) {
		rb_erase(node, &odn->accounts);
		kfree(odmm_account_entry(node));
	}
}
