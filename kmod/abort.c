// SPDX-License-Identifier: GPL-2.0
/*
 * Aborting the connections of an address that is lost: whoever waits on one
 * gets ECONNABORTED now, and not a time-out in a quarter of an hour.
 *
 * To abort a socket its lock is needed, which its owner may hold for as long
 * as he likes. So each is aborted by a work item of its own; for those that
 * take long nobody waits, and one that stays locked is left to itself.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kref.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "odmm.h"

#define ODMM_ABORT_WAIT		HZ
#define ODMM_ABORT_GIVE_UP	(10 * HZ)
#define ODMM_ABORT_POLL		20	/* ms */
#define ODMM_ABORT_ROOM		64

/**
 * struct odmm_abort_batch - sockets that are aborted together
 * @ref: its items, and whoever started them
 * @busy: items that are not done
 * @aborted: sockets that were aborted
 * @done: none is busy
 */
struct odmm_abort_batch {
	struct kref		ref;
	atomic_t		busy;
	atomic_t		aborted;
	struct completion	done;
};

/**
 * struct odmm_abort - one socket to be aborted
 * @work: does it
 * @sk: the socket, held (const)
 * @batch: what it belongs to (const)
 */
struct odmm_abort {
	struct work_struct	work;
	struct sock		*sk;
	struct odmm_abort_batch	*batch;
};

/* Its own, so that who is late is waited for when the module goes. */
static struct workqueue_struct *odmm_abort_wq;

static void odmm_abort_batch_free(struct kref *ref)
{
	kfree(container_of(ref, struct odmm_abort_batch, ref));
}

static bool odmm_abort_is_locked(struct sock *sk)
{
	bool locked;

	spin_lock_bh(&sk->sk_lock.slock);
	locked = sock_owned_by_user_nocheck(sk);
	spin_unlock_bh(&sk->sk_lock.slock);
	return locked;
}

/* Work items are few: they must not be held up by somebody's page fault. */
static bool odmm_abort_socket(struct sock *sk)
{
	unsigned long end = jiffies + ODMM_ABORT_GIVE_UP;

	while (odmm_abort_is_locked(sk)) {
		if (time_after(jiffies, end))
			return false;
		msleep(ODMM_ABORT_POLL);
	}
	return !sk->sk_prot->diag_destroy(sk, ECONNABORTED);
}

static void odmm_abort_run(struct work_struct *work)
{
	struct odmm_abort *abort = container_of(work, struct odmm_abort, work);
	struct odmm_abort_batch *batch = abort->batch;

	atomic_add(odmm_abort_socket(abort->sk), &batch->aborted);
	sock_put(abort->sk);
	kfree(abort);
	if (atomic_dec_and_test(&batch->busy))
		complete(&batch->done);
	kref_put(&batch->ref, odmm_abort_batch_free);
}

/* Listeners have no connection, and go on when the address comes back. */
static bool odmm_abort_concerns(const struct sock *sk)
{
	return READ_ONCE(sk->sk_state) != TCP_LISTEN &&
	       sk->sk_prot->diag_destroy;
}

/* Consumes the reference on @sk. */
static void odmm_abort_start(struct odmm_abort_batch *batch, struct sock *sk)
{
	struct odmm_abort *abort;

	abort = odmm_abort_concerns(sk) ? kmalloc(sizeof(*abort), GFP_KERNEL) :
					  NULL;
	if (!abort) {
		sock_put(sk);
		return;
	}
	INIT_WORK(&abort->work, odmm_abort_run);
	abort->sk = sk;
	abort->batch = batch;
	kref_get(&batch->ref);
	atomic_inc(&batch->busy);
	queue_work(odmm_abort_wq, &abort->work);
}

static struct odmm_user_list *odmm_abort_room(const struct in6_addr *addr,
					      unsigned int max)
{
	struct odmm_user_list *list;

	list = kvzalloc(struct_size(list, sk, max), GFP_KERNEL);
	if (list) {
		list->addr = *addr;
		list->max = max;
	}
	return list;
}

static void odmm_abort_put(struct odmm_user_list *list)
{
	while (list->n)
		sock_put(list->sk[--list->n]);
	kvfree(list);
}

/* Sessions that are bound but have no port yet are in no table. */
static void odmm_abort_add_portless(const struct odmm_prefix *p,
				    struct odmm_user_list *list)
{
	struct odmm_want *w;
	struct sock *sk;

	spin_lock(&p->address.odn->lock);
	list_for_each_entry(w, &p->holders, node) {
		sk = container_of(w, struct odmm_session, want)->sk;
		if (list->n == list->max || inet_sk(sk)->inet_num ||
		    !ipv6_addr_equal(&sk->sk_v6_rcv_saddr, &list->addr))
			continue;
		sock_hold(sk);
		list->sk[list->n++] = sk;
	}
	spin_unlock(&p->address.odn->lock);
}

/* All that use the address: one walk if they are few, two if they are many. */
static struct odmm_user_list *odmm_abort_find(const struct odmm_prefix *p)
{
	const struct odmm_address *a = &p->address;
	unsigned int max = ODMM_ABORT_ROOM + READ_ONCE(p->sessions);
	struct odmm_user_list *list, *more;

	list = odmm_abort_room(&a->addr, max);
	if (!list)
		return NULL;
	odmm_users_list(a->odn, list);
	/* Some to spare, for those who come in between. */
	more = list->more ? odmm_abort_room(&a->addr, max + 2 * list->more) :
			    NULL;
	if (more) {
		odmm_abort_put(list);
		list = more;
		odmm_users_list(a->odn, list);
	}
	odmm_abort_add_portless(p, list);
	return list;
}

/**
 * odmm_abort_users - abort the connections of an address
 * @p: prefix of the address
 *
 * Sleeps, but no longer than a second for sockets whose owners keep them
 * locked; no lock held.
 */
void odmm_abort_users(const struct odmm_prefix *p)
{
	struct odmm_net *odn = p->address.odn;
	struct odmm_abort_batch *batch;
	struct odmm_user_list *list;

	list = odmm_abort_find(p);
	batch = list && list->n ? kmalloc(sizeof(*batch), GFP_KERNEL) : NULL;
	if (!batch) {
		if (list)
			odmm_abort_put(list);
		return;
	}
	kref_init(&batch->ref);
	atomic_set(&batch->busy, 1);
	atomic_set(&batch->aborted, 0);
	init_completion(&batch->done);
	while (list->n)
		odmm_abort_start(batch, list->sk[--list->n]);
	kvfree(list);
	if (!atomic_dec_and_test(&batch->busy))
		wait_for_completion_timeout(&batch->done, ODMM_ABORT_WAIT);

	spin_lock(&odn->lock);
	odn->stats[ODMM_STAT_ABORTED] += atomic_read(&batch->aborted);
	spin_unlock(&odn->lock);
	kref_put(&batch->ref, odmm_abort_batch_free);
}

int odmm_abort_init(void)
{
	odmm_abort_wq = alloc_workqueue("odmm_abort", WQ_UNBOUND,
					WQ_MAX_ACTIVE);
	return odmm_abort_wq ? 0 : -ENOMEM;
}

void odmm_abort_exit(void)
{
	destroy_workqueue(odmm_abort_wq);
}
