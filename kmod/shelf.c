// SPDX-License-Identifier: GPL-2.0
/*
 * Shelves: prefixes that serve the same sockets, newest first. There is one for
 * each kind of socket (type, interface or VRF that it is bound to, user if he
 * shares with nobody) that some prefix is for; so to find the one to give takes
 * the same time however many there are.
 *
 * Called with the net lock held.
 */
#include <linux/slab.h>

#include "odmm.h"

/**
 * struct odmm_shelf - prefixes that serve the same sockets
 * @node: place in odmm_net.shelves (net)
 * @key: whom they serve; no flags (const)
 * @refs: prefixes that have a place here (net)
 * @active: those that serve now, newest first (net)
 * @coming: those whose address is not usable yet (net)
 */
struct odmm_shelf {
	struct rb_node		node;
	struct odmm_request_key	key;
	u32			refs;
	struct list_head	active;
	struct list_head	coming;
};

static int odmm_shelf_cmp(const void *key, const struct rb_node *node)
{
	return memcmp(key, &rb_entry(node, struct odmm_shelf, node)->key,
		      sizeof(struct odmm_request_key));
}

static bool odmm_shelf_less(struct rb_node *node, const struct rb_node *parent)
{
	return odmm_shelf_cmp(&rb_entry(node, struct odmm_shelf, node)->key,
			      parent) < 0;
}

static struct odmm_shelf *odmm_shelf_find(struct odmm_net *odn, u32 type,
					  int ifindex, kuid_t uid)
{
	const struct odmm_request_key key = {
		.type = type,
		.ifindex = ifindex,
		.uid = uid,
	};
	struct rb_node *node;

	lockdep_assert_held(&odn->lock);
	node = rb_find(&key, &odn->shelves, odmm_shelf_cmp);
	return node ? rb_entry(node, struct odmm_shelf, node) : NULL;
}

static struct odmm_shelf *odmm_shelf_make(struct odmm_net *odn, u32 type,
					  int ifindex, kuid_t uid)
{
	struct odmm_shelf *shelf;

	shelf = kzalloc(sizeof(*shelf),
			GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN);
	if (!shelf)
		return NULL;
	shelf->key.type = type;
	shelf->key.ifindex = ifindex;
	shelf->key.uid = uid;
	INIT_LIST_HEAD(&shelf->active);
	INIT_LIST_HEAD(&shelf->coming);
	rb_add(&shelf->node, &odn->shelves, odmm_shelf_less);
	return shelf;
}

static void odmm_place_leave(struct odmm_net *odn, struct odmm_place *place)
{
	struct odmm_shelf *shelf = place->shelf;

	list_del_init(&place->node);
	place->shelf = NULL;
	if (!shelf || --shelf->refs)
		return;
	rb_erase(&shelf->node, &odn->shelves);
	kfree(shelf);
}

static int odmm_place_take(struct odmm_prefix *p, struct odmm_place *place,
			   int ifindex)
{
	struct odmm_net *odn = p->address.odn;
	u32 type = p->address.type;

	place->shelf = odmm_shelf_find(odn, type, ifindex, p->uid) ?:
		       odmm_shelf_make(odn, type, ifindex, p->uid);
	if (!place->shelf)
		return -ENOMEM;
	place->shelf->refs++;
	return 0;
}

void odmm_shelf_init(struct odmm_prefix *p)
{
	p->everybody.prefix = p;
	p->link.prefix = p;
	INIT_LIST_HEAD(&p->everybody.node);
	INIT_LIST_HEAD(&p->link.node);
}

/* It serves nobody any more, and never will. */
void odmm_shelf_leave(struct odmm_prefix *p)
{
	odmm_place_leave(p->address.odn, &p->everybody);
	odmm_place_leave(p->address.odn, &p->link);
}

/*
 * Takes the places of a prefix: a socket that is bound to no interface does not
 * reach into a VRF, one that is bound to the VRF is served by each of its
 * interfaces. 0 or -ENOMEM, and then it has none.
 */
int odmm_shelf_take(struct odmm_prefix *p)
{
	int err;

	err = odmm_place_take(p, &p->everybody, p->vrf);
	if (!err && p->ifindex && p->ifindex != p->vrf)
		err = odmm_place_take(p, &p->link, p->ifindex);
	if (err)
		odmm_shelf_leave(p);
	return err;
}

/* It comes by another interface, or with 0 by none. 0 or -ENOMEM. */
int odmm_shelf_move(struct odmm_prefix *p, int ifindex)
{
	struct odmm_place old = p->link;
	int err = 0;

	if (ifindex == p->ifindex)
		return 0;
	p->link.shelf = NULL;
	if (ifindex && ifindex != p->vrf)
		err = odmm_place_take(p, &p->link, ifindex);
	if (err) {
		p->link.shelf = old.shelf;
		return err;
	}
	list_del_init(&p->link.node);
	INIT_LIST_HEAD(&old.node);
	odmm_place_leave(p->address.odn, &old);
	p->ifindex = ifindex;
	if (ifindex)
		p->arrival = ++p->address.odn->last_prefix;
	odmm_shelf_sort(p);
	return 0;
}

/* Behind those that have come later; mostly there are none. */
static void odmm_place_insert(struct odmm_place *place)
{
	struct odmm_place *pos;

	list_for_each_entry(pos, &place->shelf->active, node)
		if (place->prefix->arrival - pos->prefix->arrival < U32_MAX / 2)
			break;
	list_add_tail(&place->node, &pos->node);
}

static void odmm_place_sort(struct odmm_place *place, u8 state)
{
	const struct odmm_prefix *p = place->prefix;

	list_del_init(&place->node);
	if (!place->shelf || p->flags & ODMM_PREFIX_F_EXCLUSIVE)
		return;
	if (state == ODMM_PREFIX_ACTIVE)
		odmm_place_insert(place);
	else if (state == ODMM_PREFIX_TENTATIVE && !p->faded)
		list_add(&place->node, &place->shelf->coming);
}

/* Moves it to where prefixes of its state are looked for. */
void odmm_shelf_sort(struct odmm_prefix *p)
{
	odmm_place_sort(&p->everybody, p->state);
	odmm_place_sort(&p->link, p->state);
}

static struct odmm_prefix *odmm_shelf_newest(struct odmm_shelf *shelf)
{
	struct odmm_place *place;

	if (!shelf)
		return NULL;
	place = list_first_entry_or_null(&shelf->active, struct odmm_place,
					 node);
	return place ? place->prefix : NULL;
}

/* The newest that serves such a request at once, or NULL. */
struct odmm_prefix *odmm_shelf_best(struct odmm_net *odn,
				    const struct odmm_request_key *key)
{
	struct odmm_prefix *p = NULL;

	if (uid_valid(key->uid))
		p = odmm_shelf_newest(odmm_shelf_find(odn, key->type,
						      key->ifindex, key->uid));
	return p ?: odmm_shelf_newest(odmm_shelf_find(odn, key->type,
						      key->ifindex,
						      INVALID_UID));
}

static bool odmm_shelf_is_awaited(const struct odmm_shelf *shelf)
{
	return shelf && !list_empty(&shelf->coming);
}

/* Whether one that would serve it only waits for its address. */
bool odmm_shelf_coming(struct odmm_net *odn, const struct odmm_request_key *key)
{
	if (uid_valid(key->uid) &&
	    odmm_shelf_is_awaited(odmm_shelf_find(odn, key->type, key->ifindex,
						  key->uid)))
		return true;
	return odmm_shelf_is_awaited(odmm_shelf_find(odn, key->type,
						     key->ifindex,
						     INVALID_UID));
}
