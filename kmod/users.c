// SPDX-License-Identifier: GPL-2.0
/*
 * Who uses an address: one walk of the socket tables answers for a batch.
 *
 * Not counted: ping sockets bound by hand, and IPV6_PKTINFO without a session.
 */
#include <linux/bsearch.h>
#include <linux/sort.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "compat.h"
#include "odmm.h"

struct odmm_users_walk {
	struct odmm_net		*odn;
	bool (*asks)(const struct odmm_users_walk *walk,
		     const struct in6_addr *addr);
	void (*visit)(const struct odmm_users_walk *walk, struct sock *sk);
	struct odmm_user_count	*counts;
	unsigned int		n;
	struct odmm_user_list	*list;
};

static int odmm_users_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in6_addr));
}

/* Whether the socket is counted as a session of that address. */
static bool odmm_users_session(struct sock *sk,
			       const struct in6_addr *addr)
{
	const struct odmm_prefix *p = NULL;
	const struct odmm_session *s;
	bool counted;

	rcu_read_lock();
	s = odmm_session_find(sk);
	if (s)
		p = rcu_dereference(s->want.prefix);
	counted = p && ipv6_addr_equal(&p->address.addr, addr);
	rcu_read_unlock();
	return counted;
}

/* What is in TIME_WAIT is a struct sock in its first fields only. */
static void odmm_users_visit(const struct odmm_users_walk *walk,
			     struct sock *sk)
{
	if (sk->sk_family == AF_INET6 && sk->sk_state != TCP_TIME_WAIT &&
	    net_eq(sock_net(sk), walk->odn->net))
		walk->visit(walk, sk);
}

static bool odmm_users_count_asks(const struct odmm_users_walk *walk,
				  const struct in6_addr *addr)
{
	return bsearch(addr, walk->counts, walk->n, sizeof(*walk->counts),
		       odmm_users_cmp);
}

static void odmm_users_count_one(const struct odmm_users_walk *walk,
				 struct sock *sk)
{
	struct odmm_user_count *count;

	count = bsearch(&sk->sk_v6_rcv_saddr, walk->counts, walk->n,
			sizeof(*walk->counts), odmm_users_cmp);
	if (count && !odmm_users_session(sk, &count->addr))
		count->users++;
}

/*
 * All children of a listener are in one bucket with it: those of others, which
 * may be long, are not gone through.
 */
static void odmm_users_bucket(const struct odmm_users_walk *walk,
			      struct inet_bind2_bucket *bucket)
{
	const struct in6_addr *addr;
	struct sock *sk;

	addr = odmm_compat_bind2_addr(bucket, walk->odn->net);
	if (!addr || !walk->asks(walk, addr))
		return;
	odmm_compat_for_each_owner(sk, bucket)
		odmm_users_visit(walk, sk);
}

/* All that are bound: listeners, clients, children, bound and no more. */
static void odmm_users_tcp(const struct odmm_users_walk *walk)
{
	struct inet_hashinfo *table = odmm_compat_tcp_table(walk->odn->net);
	struct inet_bind_hashbucket *head;
	struct inet_bind2_bucket *bucket;
	unsigned int i;

	for (i = 0; i < table->bhash_size; i++) {
		head = &table->bhash2[i];
		if (hlist_empty(&head->chain))
			continue;
		spin_lock_bh(&head->lock);
		inet_bind_bucket_for_each(bucket, &head->chain)
			odmm_users_bucket(walk, bucket);
		spin_unlock_bh(&head->lock);
		cond_resched();
	}
}

static void odmm_users_udp(const struct odmm_users_walk *walk)
{
	struct udp_table *table = odmm_compat_udp_table(walk->odn->net);
	struct udp_hslot *slot;
	struct sock *sk;
	unsigned int i;

	for (i = 0; i <= table->mask; i++) {
		slot = &table->hash[i];
		if (hlist_empty(&slot->head))
			continue;
		spin_lock_bh(&slot->lock);
		sk_for_each(sk, &slot->head)
			odmm_users_visit(walk, sk);
		spin_unlock_bh(&slot->lock);
		cond_resched();
	}
}

static void odmm_users_raw(const struct odmm_users_walk *walk)
{
	struct sock *sk;
	unsigned int i;

	for (i = 0; i < RAW_HTABLE_SIZE; i++)
		sk_for_each_rcu(sk, &raw_v6_hashinfo.ht[i])
			odmm_users_visit(walk, sk);
}

static void odmm_users_walk(const struct odmm_users_walk *walk)
{
	odmm_users_tcp(walk);
	odmm_users_udp(walk);
	rcu_read_lock();
	odmm_users_raw(walk);
	rcu_read_unlock();
}

/* Of a batch that was counted: the users of one address. */
u32 odmm_users_of(const struct odmm_user_count *counts, unsigned int n,
		  const struct in6_addr *addr)
{
	const struct odmm_user_count *count;

	count = bsearch(addr, counts, n, sizeof(*counts), odmm_users_cmp);
	return count ? count->users : 0;
}

/**
 * odmm_users_count - count the sockets that use addresses
 * @odn: namespace
 * @counts: addresses; sorted by this, and the users filled in
 * @n: how many
 *
 * May sleep; no lock held.
 */
void odmm_users_count(struct odmm_net *odn, struct odmm_user_count *counts,
		      unsigned int n)
{
	const struct odmm_users_walk walk = {
		.odn = odn,
		.asks = odmm_users_count_asks,
		.visit = odmm_users_count_one,
		.counts = counts,
		.n = n,
	};
	unsigned int i;

	for (i = 0; i < n; i++)
		counts[i].users = 0;
	sort(counts, n, sizeof(*counts), odmm_users_cmp, NULL);
	odmm_users_walk(&walk);
}

static bool odmm_users_list_asks(const struct odmm_users_walk *walk,
				 const struct in6_addr *addr)
{
	return ipv6_addr_equal(addr, &walk->list->addr);
}

/* Held, as it is used after the walk; one that is being freed is not. */
static void odmm_users_list_one(const struct odmm_users_walk *walk,
				struct sock *sk)
{
	struct odmm_user_list *list = walk->list;

	if (!ipv6_addr_equal(&sk->sk_v6_rcv_saddr, &list->addr))
		return;
	if (list->n < list->max && refcount_inc_not_zero(&sk->sk_refcnt))
		list->sk[list->n++] = sk;
	else
		list->more++;
}

/**
 * odmm_users_list - find the sockets that use an address, sessions included
 * @odn: namespace
 * @list: the address, and room for @list->max sockets; @list->n of them are
 *	filled in and held, and @list->more did not fit
 *
 * May sleep; no lock held.
 */
void odmm_users_list(struct odmm_net *odn, struct odmm_user_list *list)
{
	const struct odmm_users_walk walk = {
		.odn = odn,
		.asks = odmm_users_list_asks,
		.visit = odmm_users_list_one,
		.list = list,
	};

	list->n = 0;
	list->more = 0;
	odmm_users_walk(&walk);
}
