// SPDX-License-Identifier: GPL-2.0
/*
 * Counting the bytes sent from typed addresses, for the types that policy
 * limits (RFC 8653 section 5). Packets are looked at only while there is such
 * a limit in the namespace.
 */
#include <linux/hash.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rculist.h>
#include <net/ipv6.h>

#include "compat.h"
#include "odmm.h"

static struct hlist_head *odmm_meter_bucket(struct odmm_net *odn,
					    const struct in6_addr *addr)
{
	u32 hash = hash_32(ipv6_addr_hash(addr), ilog2(ODMM_METER_BUCKETS));

	return &odn->meters[hash];
}

/* Softirqs may get here, and the net lock is not for them. */
static void odmm_meter_count(struct odmm_net *odn, struct odmm_prefix *p,
			     unsigned int bytes)
{
	u64 max = READ_ONCE(p->max_bytes);

	if (atomic64_add_return(bytes, &p->bytes) < max || !max ||
	    READ_ONCE(p->spent))
		return;
	WRITE_ONCE(p->spent, true);
	queue_work(odmm_compat_unbound_wq, &odn->meter_work);
}

static unsigned int odmm_meter_packet(void *priv, struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	struct odmm_net *odn = odmm_net(state->net);
	const struct in6_addr *addr = &ipv6_hdr(skb)->saddr;
	struct odmm_prefix *p;

	rcu_read_lock();
	hlist_for_each_entry_rcu(p, odmm_meter_bucket(odn, addr), meter)
		if (ipv6_addr_equal(&p->address.addr, addr))
			odmm_meter_count(odn, p, skb->len);
	rcu_read_unlock();
	return NF_ACCEPT;
}

static const struct nf_hook_ops odmm_meter_hook = {
	.hook		= odmm_meter_packet,
	.pf		= NFPROTO_IPV6,
	.hooknum	= NF_INET_LOCAL_OUT,
	.priority	= NF_IP6_PRI_LAST,
};

/*
 * Whether packets should be looked at. With policy_mutex held; sleeps. 0 or an
 * error, and then it is as it was.
 */
int odmm_meter_switch(struct odmm_net *odn, bool on)
{
	int err = 0;

	if (on && !odn->metering)
		err = nf_register_net_hook(odn->net, &odmm_meter_hook);
	else if (!on && odn->metering)
		nf_unregister_net_hook(odn->net, &odmm_meter_hook);
	if (!err)
		odn->metering = on;
	return err;
}

/* With the net lock held: its address is known, and policy may concern it. */
void odmm_meter_start(struct odmm_prefix *p)
{
	struct odmm_net *odn = p->address.odn;
	u64 max = odn->policy.type[p->address.type].max_bytes;

	lockdep_assert_held(&odn->lock);
	WRITE_ONCE(p->max_bytes, max);
	if (max && hlist_unhashed(&p->meter))
		hlist_add_head_rcu(&p->meter,
				   odmm_meter_bucket(odn, &p->address.addr));
}

/* With the net lock held. */
void odmm_meter_stop(struct odmm_prefix *p)
{
	lockdep_assert_held(&p->address.odn->lock);
	WRITE_ONCE(p->max_bytes, 0);
	if (!hlist_unhashed(&p->meter))
		hlist_del_init_rcu(&p->meter);
}

/* Before the prefixes go. */
void odmm_meter_exit(struct odmm_net *odn)
{
	mutex_lock(&odn->policy_mutex);
	if (odn->metering) {
		odmm_meter_switch(odn, false);
		/* Those who are at it may queue the work. */
		synchronize_net();
	}
	mutex_unlock(&odn->policy_mutex);
	cancel_work_sync(&odn->meter_work);
}
