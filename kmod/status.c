// SPDX-License-Identifier: GPL-2.0
/* Where a session stands: what it asks for, what it has, what it might have. */
#include <net/sock.h>

#include "lifetime.h"
#include "odmm.h"

/* With the net lock held: what a session asks for. */
void odmm_session_key(const struct odmm_session *s,
		      struct odmm_request_key *key)
{
	const struct odmm_type_policy *policy = &s->odn->policy.type[s->want.type];

	key->type = s->want.type;
	key->ifindex = READ_ONCE(s->sk->sk_bound_dev_if);
	key->flags = s->flags & IPV6_REQUIRE_SRC_ON_NET;
	key->uid = policy->share_uid ? s->want.account->uid : INVALID_UID;
}

/*
 * With the net lock held: what the socket would get in place of what it holds,
 * if that is not for new use any more.
 */
struct odmm_prefix *odmm_session_replacement(const struct odmm_session *s)
{
	const struct odmm_prefix *p = odmm_session_prefix(s);
	struct odmm_request_key key;

	if (!p || (p->state != ODMM_PREFIX_GONE && !p->faded))
		return NULL;
	odmm_session_key(s, &key);
	return odmm_shelf_best(s->odn, &key);
}

static void odmm_session_status_prefix(const struct odmm_session *s,
				       const struct odmm_prefix *p,
				       struct odmm_status *status)
{
	const struct odmm_prefix *best = odmm_session_replacement(s);

	status->addr = p->address.addr;
	status->ifindex = p->ifindex;
	if (p->state != ODMM_PREFIX_GONE) {
		status->valid_lft = odmm_lifetime_left(p->valid_until);
		status->preferred_lft =
			odmm_lifetime_left(odmm_prefix_fresh_until(p));
	}
	if (best)
		status->replacement = best->address.addr;
}

/* With the net lock held. */
void odmm_session_describe(const struct odmm_session *s,
			   struct odmm_status *status)
{
	const struct odmm_prefix *p;

	status->type = s->want.type;
	status->flags = s->flags;
	status->state = odmm_session_state(s);
	status->error = s->want.error;
	p = odmm_session_prefix(s);
	if (p)
		odmm_session_status_prefix(s, p, status);
}
