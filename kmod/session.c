// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: what a socket asked for and holds.
 *
 * A session holds a reference on its struct sock and nothing else of it. The
 * end of use is a state that is looked for, not an event that is hooked: so
 * nothing is missed, and no pointer is ever stale.
 */
#include <linux/cred.h>
#include <linux/freezer.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "compat.h"
#include "lifetime.h"
#include "odmm.h"

#define ODMM_SWEEP_PERIOD	HZ
#define ODMM_SWEEP_BATCH	256

static struct kmem_cache *odmm_session_cache;

/* The sweep may be looking at the socket. */
static void odmm_session_free_rcu(struct rcu_head *rcu)
{
	struct odmm_session *s = container_of(rcu, struct odmm_session, rcu);

	sock_put(s->sk);
	kmem_cache_free(odmm_session_cache, s);
}

static void odmm_session_free(struct odmm_session *s)
{
	call_rcu(&s->rcu, odmm_session_free_rcu);
}

static struct odmm_session *odmm_session_alloc(struct odmm_net *odn,
					       struct sock *sk, gfp_t gfp)
{
	struct odmm_session *s;

	s = kmem_cache_zalloc(odmm_session_cache, gfp);
	if (!s)
		return NULL;
	sock_hold(sk);
	s->sk = sk;
	s->odn = odn;
	odmm_want_init(&s->want);
	return s;
}

static int odmm_session_enlist(struct odmm_net *odn, struct odmm_session *s,
			       gfp_t gfp)
{
	int err;

	err = xa_alloc_cyclic(&odn->session_ids, &s->id, s, xa_limit_31b,
			      &odn->next_session, gfp);
	if (err < 0)
		return err;
	err = odmm_session_insert(s);
	if (err)
		xa_erase(&odn->session_ids, s->id);
	else
		atomic_inc(&odn->n_sessions);
	return err;
}

/*
 * No process has the socket any more, and for TCP no data is left to send:
 * an orphan still uses its address.
 */
static bool odmm_session_is_over(const struct odmm_session *s)
{
	const struct sock *sk = s->sk;

	return sock_flag(sk, SOCK_DEAD) &&
	       (sk->sk_protocol != IPPROTO_TCP ||
		READ_ONCE(sk->sk_state) == TCP_CLOSE);
}

/* With the lock held, which decides who of many drops it. */
static void odmm_session_drop(struct odmm_session *s)
{
	struct odmm_net *odn = s->odn;

	lockdep_assert_held(&odn->lock);
	odmm_session_remove(s);
	xa_erase(&odn->session_ids, s->id);
	atomic_dec(&odn->n_sessions);
	odmm_want_release(odn, &s->want);
	list_del(&s->charged);
	s->want.account->sessions--;
	odmm_session_free(s);
}

/*
 * Drops what a user has no more, before he is told that he has too much. Those
 * made last are looked at first, as most do not live long; those that do are
 * put out of the way, so that each call takes little time and all get their
 * turn.
 */
static void odmm_session_sweep_user(struct odmm_account *acc)
{
	struct odmm_session *s, *next;
	unsigned int n = 0;

	list_for_each_entry_safe_reverse(s, next, &acc->list, charged) {
		if (odmm_session_is_over(s))
			odmm_session_drop(s);
		else
			list_move(&s->charged, &acc->list);
		if (++n == ODMM_SWEEP_BATCH)
			break;
	}
}

/* With the lock held: makes the caller pay for the session from now on. */
static int odmm_session_charge(struct odmm_session *s)
{
	struct odmm_account *old = s->want.account, *acc;

	acc = odmm_account_of_caller(s->odn);
	if (!acc)
		return -ENOMEM;
	if (acc == old)
		return 0;
	if (!odmm_account_has_room(s->odn, acc))
		odmm_session_sweep_user(acc);
	if (!odmm_account_has_room(s->odn, acc)) {
		odmm_count(s->odn, ODMM_STAT_OVER_SESSIONS);
		return -EDQUOT;
	}
	if (old) {
		list_del(&s->charged);
		old->sessions--;
	}
	list_add_tail(&s->charged, &acc->list);
	acc->sessions++;
	s->want.account = acc;
	return 0;
}

static int odmm_session_register(struct odmm_session *s, gfp_t gfp)
{
	struct odmm_net *odn = s->odn;
	int err;

	spin_lock(&odn->lock);
	err = odmm_session_charge(s);
	spin_unlock(&odn->lock);
	if (err)
		return err;
	err = odmm_session_enlist(odn, s, gfp);
	if (!err)
		return 0;
	spin_lock(&odn->lock);
	list_del(&s->charged);
	s->want.account->sessions--;
	spin_unlock(&odn->lock);
	return err;
}

/* For odmm_session_make(); in process context, and with @gfp it may sleep. */
struct odmm_session *odmm_session_new(struct odmm_net *odn, struct sock *sk,
				      gfp_t gfp)
{
	struct odmm_session *s;
	int err;

	s = odmm_session_alloc(odn, sk, gfp);
	if (!s)
		return ERR_PTR(-ENOMEM);
	err = odmm_session_register(s, gfp);
	if (err) {
		odmm_session_free(s);
		/* Another thread may have been faster. */
		return err == -EEXIST ? odmm_session_find(sk) :
					ERR_PTR(err);
	}
	queue_delayed_work(system_power_efficient_wq, &odn->sweep,
			   ODMM_SWEEP_PERIOD);
	return s;
}

static bool odmm_session_holds(const struct odmm_session *s)
{
	const struct odmm_prefix *p = odmm_session_prefix(s);

	return p && p->state != ODMM_PREFIX_GONE;
}

static bool odmm_session_uses(const struct odmm_session *s)
{
	const struct in6_addr *addr;

	if (!odmm_session_holds(s))
		return false;
	addr = &odmm_session_prefix(s)->address.addr;
	return ipv6_addr_equal(&s->sk->sk_v6_rcv_saddr, addr) ||
	       ipv6_addr_equal(&inet6_sk(s->sk)->saddr, addr);
}

/* With the lock held. Records a wish; a new one gives up the old one's fruit. */
static int odmm_session_record(struct odmm_session *s, u32 type, u32 flags)
{
	lockdep_assert_held(&s->odn->lock);
	if (type != s->want.type ||
	    (flags ^ s->flags) & IPV6_REQUIRE_SRC_ON_NET) {
		if (odmm_session_uses(s))
			return -EBUSY;
		odmm_want_release(s->odn, &s->want);
	}
	/* getsockopt() of these takes no lock. */
	WRITE_ONCE(s->want.type, type);
	WRITE_ONCE(s->flags, flags);
	s->want.events = !!(flags & IPV6_SC_EVENTS);
	if (!s->want.events)
		odmm_event_want_drop(&s->want);
	return 0;
}

int odmm_session_set_type(struct odmm_session *s, u32 type)
{
	int err;

	spin_lock(&s->odn->lock);
	err = odmm_session_record(s, type, s->flags);
	spin_unlock(&s->odn->lock);
	return err;
}

/* Those of @mask; the others stay as they are. */
int odmm_session_set_flags(struct odmm_session *s, u32 flags, u32 mask)
{
	int err;

	spin_lock(&s->odn->lock);
	err = odmm_session_record(s, s->want.type,
				  (s->flags & ~mask) | (flags & mask));
	spin_unlock(&s->odn->lock);
	return err;
}

void odmm_session_set_lifetime(struct odmm_session *s, u32 lifetime)
{
	struct odmm_prefix *p;

	spin_lock(&s->odn->lock);
	WRITE_ONCE(s->want.lifetime, lifetime);
	p = odmm_session_prefix(s);
	if (p)
		odmm_prefix_limit(p, lifetime);
	spin_unlock(&s->odn->lock);
}

static s32 odmm_session_timeout(const struct odmm_session *s)
{
	return odmm_policy_timeout(s->odn, s->want.type,
				   READ_ONCE(s->timeout));
}

/*
 * 0 if it holds an address, -EINPROGRESS if it waits for one from now on. Not
 * inline, like the wait: who has an address already needs not their frames.
 */
static noinline int odmm_session_submit(struct odmm_session *s, bool nonblock)
{
	struct odmm_want *w = &s->want;
	struct odmm_request_key key;
	int err;

	if (w->unreported) {
		w->unreported = false;
		return -w->error;
	}
	if (!s->want.type)
		return -EINVAL;

	odmm_want_release(s->odn, w);
	err = odmm_session_charge(s);
	if (err)
		return err;
	if (odmm_account_is_full(s->odn, w->account))
		odmm_session_sweep_user(w->account);
	odmm_session_key(s, &key);
	err = odmm_want_submit(s->odn, w, &key);
	if (err == -EINPROGRESS) {
		w->nonblock = nonblock;
		odmm_want_limit(s->odn, w, odmm_session_timeout(s));
	}
	return err;
}

static int odmm_session_start(struct odmm_session *s, bool nonblock)
{
	if (s->want.req) {
		s->want.nonblock |= nonblock;
		return nonblock ? -EALREADY : -EINPROGRESS;
	}
	if (odmm_session_holds(s))
		return 0;
	return odmm_session_submit(s, nonblock);
}

/* A blocked caller was woken by a signal; others may wait on. */
static int odmm_session_interrupted(struct odmm_session *s)
{
	odmm_count(s->odn, ODMM_STAT_INTERRUPTED);
	if (!s->want.blocked && !s->want.nonblock)
		odmm_want_leave(s->odn, &s->want);
	return odmm_session_timeout(s) < 0 ? -ERESTARTSYS : -EINTR;
}

/*
 * Sleeps until the want is settled, with the lock let go. The limit of the
 * wait is a deadline in the want itself: freezing does not end it, and all
 * callers on the same socket share it.
 */
static noinline_for_stack int odmm_session_wait(struct odmm_session *s)
	__releases(&s->odn->lock) __acquires(&s->odn->lock)
{
	struct odmm_want *w = &s->want;
	int err;

	w->blocked++;
	do {
		spin_unlock(&s->odn->lock);
		err = wait_event_freezable(w->wq, !READ_ONCE(w->req));
		spin_lock(&s->odn->lock);
	} while (w->req && !err);
	w->blocked--;

	if (w->req)
		return odmm_session_interrupted(s);
	if (odmm_session_holds(s))
		return 0;
	w->unreported = false;
	/* It came, and was gone before this caller could run. */
	if (odmm_session_prefix(s))
		return -EADDRNOTAVAIL;
	/* No error: somebody has changed the socket's mind meanwhile. */
	return -(w->error ?: ECANCELED);
}

static bool odmm_session_is_connected(const struct sock *sk)
{
	if (sk->sk_protocol == IPPROTO_TCP)
		return !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN));
	return sk->sk_state == TCP_ESTABLISHED;
}

/* Bound to an address that is not the one held, or to a port already. */
static bool odmm_session_is_bound_elsewhere(const struct odmm_session *s)
{
	const struct sock *sk = s->sk;

	if (ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		return sk->sk_type != SOCK_RAW && inet_sk(sk)->inet_num;
	return !odmm_session_uses(s);
}

/* With the lock held: errors of IPV6_SC_BIND that can be told at once. */
static int odmm_session_may_bind(const struct odmm_session *s)
{
	if (!(s->flags & IPV6_SC_BIND) || odmm_session_uses(s))
		return 0;
	if (odmm_session_is_connected(s->sk))
		return -EISCONN;
	return odmm_session_is_bound_elsewhere(s) ? -EINVAL : 0;
}

/*
 * In the context of the caller, as by bind(2) with IP_BIND_ADDRESS_NO_PORT.
 * Somebody may have bound or connected it meanwhile: bind() finds out.
 */
static int odmm_session_bind(struct sock *sk, const struct in6_addr *addr)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_addr = *addr,
	};
	bool no_port;
	int err;

	if (ipv6_addr_equal(&sk->sk_v6_rcv_saddr, addr))
		return 0;
	no_port = odmm_compat_bind_no_port(sk, true);
	err = odmm_compat_bind(sk->sk_socket, &sin6, sizeof(sin6));
	if (!no_port)
		odmm_compat_bind_no_port(sk, false);
	return err;
}

static int odmm_session_get(struct odmm_session *s, bool nonblock,
			    struct in6_addr *addr)
	__must_hold(&s->odn->lock)
{
	int err;

	err = odmm_session_may_bind(s);
	if (!err)
		err = odmm_session_start(s, nonblock);
	if (err == -EINPROGRESS && !nonblock)
		err = odmm_session_wait(s);
	if (!err)
		*addr = odmm_session_prefix(s)->address.addr;
	return err;
}

/**
 * odmm_session_ask - get the address that a socket wants
 * @s: session of a socket that the caller keeps open
 * @wish: a new wish to record first, or NULL
 * @nonblock: do not wait
 * @addr: where the address goes
 *
 * Sleeps if the network has to be asked, unless @nonblock, and to bind.
 *
 * Return: 0 or an error of the socket contract, see linux/odmm.h.
 */
int odmm_session_ask(struct odmm_session *s, const struct odmm_setsc *wish,
		     bool nonblock, struct in6_addr *addr)
{
	bool bind;
	int err = 0;

	spin_lock(&s->odn->lock);
	if (wish && (wish->type != s->want.type || wish->flags != s->flags))
		err = odmm_session_record(s, wish->type, wish->flags);
	if (!err && wish)
		WRITE_ONCE(s->timeout, wish->timeout);
	if (!err)
		err = odmm_session_get(s, nonblock, addr);
	bind = s->flags & IPV6_SC_BIND;
	spin_unlock(&s->odn->lock);

	if (!err && bind)
		err = odmm_session_bind(s->sk, addr);
	return err;
}

void odmm_session_status(struct odmm_session *s, struct odmm_status *status)
{
	spin_lock(&s->odn->lock);
	odmm_session_describe(s, status);
	odmm_notice_retry(s);
	spin_unlock(&s->odn->lock);
}

/* With the lock held for the few that there is something to do for. */
static bool odmm_session_tend(struct odmm_session *s)
{
	bool over = odmm_session_is_over(s);

	if (!over && !READ_ONCE(s->want.due))
		return false;
	spin_lock(&s->odn->lock);
	/* Another one may have dropped it already. */
	if (xa_load(&s->odn->session_ids, s->id) != s)
		over = true;
	else if (over)
		odmm_session_drop(s);
	else
		odmm_notice_retry(s);
	spin_unlock(&s->odn->lock);
	return over;
}

static void odmm_session_sweep_all(struct odmm_net *odn)
{
	XA_STATE(xas, &odn->session_ids, 0);
	struct odmm_session *s;
	unsigned int n = 0;

	rcu_read_lock();
	xas_for_each(&xas, s, ULONG_MAX) {
		if (xas_retry(&xas, s))
			continue;
		if (!odmm_session_tend(s) && ++n % ODMM_SWEEP_BATCH)
			continue;
		xas_pause(&xas);
		rcu_read_unlock();
		cond_resched();
		rcu_read_lock();
	}
	rcu_read_unlock();
}

/* Goes on while there are sessions, or users who have to wait for more. */
static void odmm_session_sweep(struct work_struct *work)
{
	struct odmm_net *odn = container_of(to_delayed_work(work),
					    struct odmm_net, sweep);

	odmm_session_sweep_all(odn);
	if (odmm_account_sweep(odn))
		queue_delayed_work(system_power_efficient_wq, &odn->sweep,
				   ODMM_SWEEP_PERIOD);
}

void odmm_session_init(struct odmm_net *odn)
{
	odn->accounts = RB_ROOT;
	xa_init_flags(&odn->session_ids, XA_FLAGS_ALLOC1);
	INIT_DELAYED_WORK(&odn->sweep, odmm_session_sweep);
	odmm_notice_init(odn);
}

/* No option can be called any more: the sockets live on without us. */
void odmm_session_exit(struct odmm_net *odn)
{
	struct odmm_session *s;
	unsigned long id;

	cancel_delayed_work_sync(&odn->sweep);
	xa_for_each(&odn->session_ids, id, s) {
		spin_lock(&odn->lock);
		odmm_session_drop(s);
		spin_unlock(&odn->lock);
	}
	xa_destroy(&odn->session_ids);
	odmm_notice_exit(odn);
}

int odmm_session_cache_init(void)
{
	odmm_session_cache = KMEM_CACHE(odmm_session, SLAB_ACCOUNT);
	return odmm_session_cache ? 0 : -ENOMEM;
}

/* The last of them are freed by RCU. */
void odmm_session_cache_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(odmm_session_cache);
}
