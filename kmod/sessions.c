// SPDX-License-Identifier: GPL-2.0
/* The sessions by socket. */
#include <linux/hash.h>
#include <linux/rhashtable.h>

#include "odmm.h"

/*
 * Of pointers, so that the compiler can put them into each lookup: the general
 * ones cost more than the rest of it.
 */
static u32 odmm_session_hash(const void *key, u32 len, u32 seed)
{
	return hash_64((unsigned long)*(struct sock *const *)key + seed, 32);
}

static int odmm_session_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct odmm_session *s = obj;

	return s->sk != *(struct sock *const *)arg->key;
}

static const struct rhashtable_params odmm_session_params = {
	.head_offset = offsetof(struct odmm_session, node),
	.key_offset = offsetof(struct odmm_session, sk),
	.key_len = sizeof_field(struct odmm_session, sk),
	.hashfn = odmm_session_hash,
	.obj_cmpfn = odmm_session_cmp,
	.automatic_shrinking = true,
};

/*
 * By socket, of all namespaces: so a socket's session is found without a
 * detour by its namespace, which would cost as much as finding it.
 */
static struct rhashtable odmm_sessions;

/*
 * The session of a socket, or NULL. It lives on until the socket is dead, and
 * under RCU a bit longer.
 */
struct odmm_session *odmm_session_find(struct sock *sk)
{
	struct odmm_session *s;

	rcu_read_lock();
	s = rhashtable_lookup(&odmm_sessions, &sk, odmm_session_params);
	rcu_read_unlock();
	return s;
}

/* 0, or -EEXIST if the socket has one, or -ENOMEM. */
int odmm_session_insert(struct odmm_session *s)
{
	return rhashtable_lookup_insert_fast(&odmm_sessions, &s->node,
					     odmm_session_params);
}

void odmm_session_remove(struct odmm_session *s)
{
	rhashtable_remove_fast(&odmm_sessions, &s->node, odmm_session_params);
}

int odmm_session_table_init(void)
{
	return rhashtable_init(&odmm_sessions, &odmm_session_params);
}

void odmm_session_table_exit(void)
{
	rhashtable_destroy(&odmm_sessions);
}
