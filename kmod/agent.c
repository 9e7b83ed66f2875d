// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: who has claimed to serve which types on which interfaces. A claim
 * ends with the netlink socket that made it.
 *
 * All here is called with the net lock held, but where told.
 */
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "odmm.h"

#define ODMM_AGENTS_MAX		64

bool odmm_agent_serves(const struct odmm_agent *agent,
		       const struct odmm_request_key *key)
{
	u32 i;

	if (!(agent->types & BIT(key->type)))
		return false;
	if (!key->ifindex || !agent->n_ifindex)
		return true;
	for (i = 0; i < agent->n_ifindex; i++)
		if (agent->ifindex[i] == key->ifindex)
			return true;
	return false;
}

bool odmm_agents_serve(struct odmm_net *odn, const struct odmm_request_key *key)
{
	struct odmm_agent *agent;

	lockdep_assert_held(&odn->lock);
	list_for_each_entry(agent, &odn->agents, node)
		if (odmm_agent_serves(agent, key))
			return true;
	return false;
}

/* The claim that this netlink socket made, or NULL. */
struct odmm_agent *odmm_agent_of(struct odmm_net *odn, const struct sock *sk)
{
	struct odmm_agent *agent;

	lockdep_assert_held(&odn->lock);
	list_for_each_entry(agent, &odn->agents, node)
		if (agent->sk == sk)
			return agent;
	return NULL;
}

/* The first claim with a number greater than @id, or NULL. */
struct odmm_agent *odmm_agent_after(struct odmm_net *odn, u32 id)
{
	struct odmm_agent *agent;

	lockdep_assert_held(&odn->lock);
	list_for_each_entry(agent, &odn->agents, node)
		if (agent->id > id)
			return agent;
	return NULL;
}

/* The claim of that number, or NULL. */
struct odmm_agent *odmm_agent_find(struct odmm_net *odn, u32 id)
{
	struct odmm_agent *agent = id ? odmm_agent_after(odn, id - 1) : NULL;

	return agent && agent->id == id ? agent : NULL;
}

/* May sleep; no lock. The caller fills sk, portid, types, name and ifindex. */
struct odmm_agent *odmm_agent_alloc(u32 n_ifindex)
{
	struct odmm_agent *agent;

	agent = kzalloc(struct_size(agent, ifindex, n_ifindex),
			GFP_KERNEL_ACCOUNT);
	if (agent)
		agent->n_ifindex = n_ifindex;
	return agent;
}

static void odmm_agent_free(struct odmm_net *odn, struct odmm_agent *agent)
{
	list_del(&agent->node);
	odn->n_agents--;
	sock_put(agent->sk);
	kfree(agent);
}

static void odmm_agent_end(struct odmm_net *odn, struct odmm_agent *agent)
{
	agent->types = 0;
	odmm_event_agent(odn, agent);
	odn->on_agent(odn, agent);
	odmm_agent_free(odn, agent);
}

/*
 * Takes the claim over, in place of an older one of the same socket, whose
 * work is offered anew. A refused claim stays the caller's to free.
 */
int odmm_agent_claim(struct odmm_net *odn, struct odmm_agent *agent,
		     struct netlink_ext_ack *extack)
{
	struct odmm_agent *old = odmm_agent_of(odn, agent->sk);

	if (!old && odn->n_agents >= ODMM_AGENTS_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "too many claims");
		return -ENOSPC;
	}

	sock_hold(agent->sk);
	agent->id = ++odn->last_agent;
	list_add_tail(&agent->node, &odn->agents);
	odn->n_agents++;
	if (old)
		odmm_agent_end(odn, old);
	odmm_event_agent(odn, agent);
	odn->on_agent(odn, agent);
	return 0;
}

/*
 * A netlink socket is being closed. Its port may be another's by now, who may
 * have made a claim already: so the sockets themselves are looked at. No lock.
 */
void odmm_agent_closed(struct odmm_net *odn, u32 portid)
{
	struct odmm_agent *agent, *next;

	spin_lock(&odn->lock);
	list_for_each_entry_safe(agent, next, &odn->agents, node)
		if (agent->portid == portid && sock_flag(agent->sk, SOCK_DEAD))
			odmm_agent_end(odn, agent);
	spin_unlock(&odn->lock);
}

static int odmm_agent_notify(struct notifier_block *nb, unsigned long state,
			     void *data)
{
	const struct netlink_notify *notify = data;

	if (state == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC)
		odmm_agent_closed(odmm_net(notify->net), notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block odmm_agent_notifier = {
	.notifier_call = odmm_agent_notify,
};

int odmm_agent_notifier_init(void)
{
	return netlink_register_notifier(&odmm_agent_notifier);
}

void odmm_agent_notifier_exit(void)
{
	netlink_unregister_notifier(&odmm_agent_notifier);
}

void odmm_agent_init(struct odmm_net *odn)
{
	INIT_LIST_HEAD(&odn->agents);
}

/* Sockets may be left, when the module goes before them. */
void odmm_agent_exit(struct odmm_net *odn)
{
	struct odmm_agent *agent, *next;

	spin_lock(&odn->lock);
	list_for_each_entry_safe(agent, next, &odn->agents, node)
		odmm_agent_free(odn, agent);
	spin_unlock(&odn->lock);
}
