// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a typed prefix: tentative -> active -> deprecated -> gone.
 *
 * All here is called with the net lock held, but for the exit.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>

#include "lifetime.h"
#include "odmm.h"

static struct odmm_prefix *odmm_prefix_of(struct odmm_address *a)
{
	return container_of(a, struct odmm_prefix, address);
}

/* Counts a session that uses it from now on. */
void odmm_prefix_hold(struct odmm_prefix *p)
{
	lockdep_assert_held(&p->address.odn->lock);
	odmm_prefix_get(p);
	p->sessions++;
}

void odmm_prefix_unhold(struct odmm_prefix *p)
{
	lockdep_assert_held(&p->address.odn->lock);
	p->sessions--;
	odmm_prefix_put(p);
}

void odmm_prefix_put(struct odmm_prefix *p)
{
	odmm_address_put(&p->address);
}

static void odmm_prefix_release(struct odmm_address *a)
{
	kfree_rcu(odmm_prefix_of(a), rcu);
}

static void odmm_prefix_state(struct odmm_prefix *p,
			      enum odmm_prefix_state state)
{
	p->state = state;
	odmm_prefix_sort(p->address.odn, p);
	odmm_event_prefix(p);
}

static void odmm_prefix_arm(struct odmm_prefix *p)
{
	ktime_t next = p->preferred_until;

	if (odmm_lifetime_is_over(next))
		next = p->valid_until;
	odmm_deadline_clear(p->address.odn, &p->expiry);
	if (next != KTIME_MAX)
		odmm_deadline_set(p->address.odn, &p->expiry, next);
}

/* Takes it out of the table; those who hold it see that it is gone. */
static void odmm_prefix_unlink(struct odmm_prefix *p)
{
	odmm_prefix_erase(p->address.odn, p);
	odmm_deadline_clear(p->address.odn, &p->expiry);
}

void odmm_prefix_remove(struct odmm_prefix *p)
{
	bool awaited = p->state == ODMM_PREFIX_TENTATIVE;

	lockdep_assert_held(&p->address.odn->lock);
	odmm_prefix_unlink(p);
	odmm_address_unmake(&p->address);
	odmm_prefix_state(p, ODMM_PREFIX_GONE);
	if (awaited)
		p->address.odn->on_prefix(p);
	odmm_prefix_put(p);
}

static void odmm_prefix_expire(struct odmm_net *odn, struct odmm_deadline *d)
{
	struct odmm_prefix *p = container_of(d, struct odmm_prefix, expiry);

	if (odmm_lifetime_is_over(p->valid_until)) {
		odmm_prefix_remove(p);
		return;
	}
	if (p->state == ODMM_PREFIX_ACTIVE)
		odmm_prefix_state(p, ODMM_PREFIX_DEPRECATED);
	odmm_prefix_arm(p);
}

static void odmm_prefix_usable(struct odmm_prefix *p)
{
	bool over = odmm_lifetime_is_over(p->preferred_until);

	odmm_prefix_state(p, over ? ODMM_PREFIX_DEPRECATED :
				    ODMM_PREFIX_ACTIVE);
	p->address.odn->on_prefix(p);
}

static void odmm_prefix_settled(struct odmm_address *a,
				enum odmm_address_news news)
{
	struct odmm_prefix *p = odmm_prefix_of(a);

	switch (news) {
	case ODMM_ADDRESS_USABLE:
		odmm_prefix_usable(p);
		break;
	case ODMM_ADDRESS_LOST:
		odmm_count(a->odn, ODMM_STAT_PREFIXES_LOST);
		fallthrough;
	case ODMM_ADDRESS_FAILED:
		odmm_prefix_remove(p);
		break;
	}
}

static const struct odmm_address_ops odmm_prefix_address_ops = {
	.settled = odmm_prefix_settled,
	.release = odmm_prefix_release,
};

static void odmm_prefix_fill(struct odmm_net *odn, struct odmm_prefix *p,
			     const struct odmm_prefix_spec *spec)
{
	struct odmm_address *a = &p->address;

	a->odn = odn;
	a->ops = &odmm_prefix_address_ops;
	refcount_set(&a->ref, 1);
	a->prefix = spec->prefix;
	a->prefix_len = spec->len;
	a->type = spec->type;
	a->onlink = spec->flags & ODMM_PREFIX_F_ONLINK;
	a->valid_lft = odmm_lifetime_left(spec->valid_until);

	INIT_LIST_HEAD(&p->serving);
	odmm_deadline_init(&p->expiry, odmm_prefix_expire);
	p->preferred_until = spec->preferred_until;
	p->valid_until = spec->valid_until;
	p->cookie = spec->cookie;
	p->flags = spec->flags;
	strscpy(p->origin, spec->origin, sizeof(p->origin));
}

static void odmm_prefix_begin(struct odmm_net *odn, struct odmm_prefix *p)
{
	odmm_prefix_insert(odn, p);
	odmm_prefix_state(p, ODMM_PREFIX_TENTATIVE);
	odmm_prefix_arm(p);
	odmm_address_make(&p->address);
}

/*
 * Adds a prefix, whose address the worker then makes, and which must serve
 * @key if that is not NULL.
 */
int odmm_prefix_add(struct odmm_net *odn, struct odmm_prefix_spec *spec,
		    const struct odmm_request_key *key)
{
	struct odmm_prefix *p;
	int err;

	lockdep_assert_held(&odn->lock);
	err = odmm_spec_check(odn, spec);
	if (err)
		return err;
	p = kzalloc(sizeof(*p), GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN);
	if (!p)
		return -ENOMEM;

	odmm_prefix_fill(odn, p, spec);
	err = odmm_spec_locate(odn, spec, p);
	if (!err && key)
		err = odmm_spec_check_key(spec, p, key);
	if (err)
		kfree(p);
	else
		odmm_prefix_begin(odn, p);
	return err;
}

/* A deprecated prefix may become preferred again (RFC 4862 section 5.5.3). */
static void odmm_prefix_prefer(struct odmm_prefix *p)
{
	bool over = odmm_lifetime_is_over(p->preferred_until);

	if (over && p->state == ODMM_PREFIX_ACTIVE)
		odmm_prefix_state(p, ODMM_PREFIX_DEPRECATED);
	else if (!over && p->state == ODMM_PREFIX_DEPRECATED)
		odmm_prefix_usable(p);
	else
		odmm_event_prefix(p);
}

/* Sets the lifetimes, and the access interface if @spec has one. */
int odmm_prefix_change(struct odmm_net *odn, struct odmm_prefix *p,
		       struct odmm_prefix_spec *spec)
{
	int err;

	lockdep_assert_held(&odn->lock);
	err = odmm_spec_check_lft(spec);
	if (!err && spec->ifindex)
		err = odmm_spec_move(odn, spec, p);
	if (err)
		return err;

	p->preferred_until = spec->preferred_until;
	p->valid_until = spec->valid_until;
	odmm_prefix_arm(p);
	odmm_address_refresh(&p->address, odmm_lifetime_left(p->valid_until));
	odmm_prefix_prefer(p);
	return 0;
}

/*
 * On-link prefixes go with their link. Of a routed one the link may come and
 * go, unless it is its home.
 */
void odmm_prefix_link_gone(struct odmm_net *odn, int ifindex)
{
	struct odmm_prefix *p, *next;

	lockdep_assert_held(&odn->lock);
	for (p = odmm_prefix_next(odn, NULL); p; p = next) {
		next = odmm_prefix_next(odn, p);
		if (p->address.ifindex == ifindex) {
			odmm_prefix_remove(p);
		} else if (p->ifindex == ifindex) {
			p->ifindex = 0;
			odmm_event_prefix(p);
		}
	}
}

/* Nobody waits or holds any more. The addresses are left as they are. */
void odmm_prefix_exit(struct odmm_net *odn)
{
	struct odmm_prefix *p;

	spin_lock(&odn->lock);
	while ((p = odmm_prefix_next(odn, NULL))) {
		odmm_prefix_unlink(p);
		odmm_deadline_clear(odn, &p->address.retry);
		p->address.wanted = false;
		list_del_init(&p->serving);
		odmm_prefix_put(p);
	}
	spin_unlock(&odn->lock);
}
