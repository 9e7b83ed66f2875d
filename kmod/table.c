// SPDX-License-Identifier: GPL-2.0
/*
 * Where typed prefixes are found by prefix, and which serve the same sockets.
 * Called with the net lock held.
 */
#include <net/ipv6.h>

#include "odmm.h"

static struct odmm_prefix *odmm_prefix_entry(const struct rb_node *node)
{
	return node ? rb_entry(node, struct odmm_prefix, node) : NULL;
}

/* 0 if they overlap; known prefixes do not, so any order serves to find one. */
static int odmm_prefix_cmp(const struct in6_addr *prefix, u32 len,
			   const struct odmm_prefix *p)
{
	if (ipv6_prefix_equal(prefix, &p->address.prefix,
			      min_t(u32, len, p->address.prefix_len)))
		return 0;
	return memcmp(prefix, &p->address.prefix, sizeof(*prefix));
}

/* Where @prefix is, or would have to be linked. */
static struct rb_node **odmm_prefix_place(struct odmm_net *odn,
					  const struct in6_addr *prefix,
					  u32 len, struct rb_node **parent)
{
	struct rb_node **link = &odn->prefixes.rb_node;
	int cmp;

	lockdep_assert_held(&odn->lock);
	*parent = NULL;
	while (*link) {
		cmp = odmm_prefix_cmp(prefix, len, odmm_prefix_entry(*link));
		if (!cmp)
			break;
		*parent = *link;
		link = cmp < 0 ? &(*link)->rb_left : &(*link)->rb_right;
	}
	return link;
}

/* The one that overlaps with @prefix, or NULL. */
struct odmm_prefix *odmm_prefix_overlapping(struct odmm_net *odn,
					    const struct in6_addr *prefix,
					    u32 len)
{
	struct rb_node *parent;

	return odmm_prefix_entry(*odmm_prefix_place(odn, prefix, len, &parent));
}

struct odmm_prefix *odmm_prefix_find(struct odmm_net *odn,
				     const struct in6_addr *prefix, u32 len)
{
	struct odmm_prefix *p = odmm_prefix_overlapping(odn, prefix, len);

	if (!p || p->address.prefix_len != len ||
	    !ipv6_addr_equal(&p->address.prefix, prefix))
		return NULL;
	return p;
}

/* The one behind @p, or the first if that is NULL. */
struct odmm_prefix *odmm_prefix_next(struct odmm_net *odn,
				     const struct odmm_prefix *p)
{
	lockdep_assert_held(&odn->lock);
	return odmm_prefix_entry(p ? rb_next(&p->node) :
				     rb_first(&odn->prefixes));
}

/* The first one behind @prefix, which need not be there. */
struct odmm_prefix *odmm_prefix_after(struct odmm_net *odn,
				      const struct in6_addr *prefix)
{
	struct rb_node *node = odn->prefixes.rb_node;
	struct odmm_prefix *p, *found = NULL;

	lockdep_assert_held(&odn->lock);
	while (node) {
		p = odmm_prefix_entry(node);
		if (memcmp(prefix, &p->address.prefix, sizeof(*prefix)) < 0) {
			found = p;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

/*
 * A socket that is bound to no interface does not reach into a VRF, one that
 * is bound to the VRF is served by each of its interfaces.
 */
bool odmm_prefix_matches(const struct odmm_prefix *p,
			 const struct odmm_request_key *key)
{
	if (p->address.type != key->type ||
	    (uid_valid(p->uid) && !uid_eq(p->uid, key->uid)))
		return false;
	if (!key->ifindex)
		return !p->vrf;
	return key->ifindex == p->ifindex || key->ifindex == p->vrf;
}

/* What those want whom @p no longer serves. */
static struct odmm_request_key odmm_prefix_key(const struct odmm_prefix *p)
{
	return (struct odmm_request_key) {
		.type = p->address.type,
		.ifindex = p->vrf,
		.uid = p->uid,
	};
}

/* Whether @p serves those whom @old no longer serves. */
bool odmm_prefix_succeeds(const struct odmm_prefix *p,
			  const struct odmm_prefix *old)
{
	const struct odmm_request_key key = odmm_prefix_key(old);

	return !(p->flags & ODMM_PREFIX_F_EXCLUSIVE) &&
	       odmm_prefix_matches(p, &key);
}

/* The newest of these, or NULL. */
struct odmm_prefix *odmm_prefix_successor(struct odmm_net *odn,
					  const struct odmm_prefix *p)
{
	const struct odmm_request_key key = odmm_prefix_key(p);

	return odmm_shelf_best(odn, &key);
}

void odmm_prefix_insert(struct odmm_net *odn, struct odmm_prefix *p)
{
	struct rb_node *parent, **link;

	link = odmm_prefix_place(odn, &p->address.prefix,
				 p->address.prefix_len, &parent);
	rb_link_node(&p->node, parent, link);
	rb_insert_color(&p->node, &odn->prefixes);
	odn->n_prefixes++;
}

void odmm_prefix_erase(struct odmm_net *odn, struct odmm_prefix *p)
{
	rb_erase(&p->node, &odn->prefixes);
	odn->n_prefixes--;
}

void odmm_prefix_table_init(struct odmm_net *odn)
{
	int type;

	odn->prefixes = RB_ROOT;
	odn->shelves = RB_ROOT;
	for (type = 0; type <= ODMM_TYPE_MAX; type++)
		INIT_LIST_HEAD(&odn->fading[type]);
}
