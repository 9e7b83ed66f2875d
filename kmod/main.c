// SPDX-License-Identifier: GPL-2.0
/* Beginning and end of the module and of each namespace, in order. */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/genetlink.h>

#include "odmm.h"
#include "trace.h"

unsigned int odmm_net_id __read_mostly;

/* Unit tests begin and end one of their own. */
int odmm_net_start(struct odmm_net *odn, struct net *net)
{
	int err;

	odn->net = net;
	odn->on_prefix = odmm_request_on_prefix;
	odn->on_move = odmm_request_on_move;
	odn->on_agent = odmm_request_on_agent;
	odn->on_tagged = odmm_adopt;
	spin_lock_init(&odn->lock);
	odmm_policy_init(odn);
	odmm_deadline_start(odn);
	odmm_prefix_init(odn);
	odmm_agent_init(odn);
	odmm_request_init(odn);
	odmm_session_init(odn);
	err = odmm_address_init(odn);
	if (err)
		odmm_session_exit(odn);
	return err;
}

/* From those who ask down to what they were given. */
void odmm_net_stop(struct odmm_net *odn)
{
	trace_odmm_drain(odn);
	odmm_hooks_exit(odn);
	odmm_meter_exit(odn);
	odmm_session_exit(odn);
	odmm_request_exit(odn);
	odmm_agent_exit(odn);
	odmm_address_stop(odn);
	odmm_prefix_exit(odn);
	odmm_address_exit(odn);
	odmm_account_exit(odn);
	odmm_deadline_stop(odn);
}

static int __net_init odmm_net_init(struct net *net)
{
	return odmm_net_start(odmm_net(net), net);
}

static void __net_exit odmm_net_exit(struct net *net)
{
	odmm_net_stop(odmm_net(net));
}

static struct pernet_operations odmm_net_ops = {
	.init = odmm_net_init,
	.exit = odmm_net_exit,
	.id = &odmm_net_id,
	.size = sizeof(struct odmm_net),
};

/*
 * An interface that is still listed stays: unregistering a notifier replays
 * the removal of all interfaces to it.
 */
static int odmm_netdev_event(struct notifier_block *nb, unsigned long event,
			     void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct odmm_net *odn = odmm_net(dev_net(dev));

	if (event == NETDEV_UP || event == NETDEV_CHANGE)
		odmm_address_link_up(odn, dev->ifindex);
	if (event != NETDEV_UNREGISTER ||
	    __dev_get_by_index(odn->net, dev->ifindex))
		return NOTIFY_DONE;
	spin_lock(&odn->lock);
	odmm_request_link_gone(odn, dev->ifindex);
	odmm_prefix_link_gone(odn, dev->ifindex);
	spin_unlock(&odn->lock);
	return NOTIFY_DONE;
}

static struct notifier_block odmm_netdev_notifier = {
	.notifier_call = odmm_netdev_event,
};

/* The doors are opened last, and each finds all behind it ready. */
static int __init odmm_init(void)
{
	int err;

	err = odmm_session_cache_init();
	if (err)
		return err;
	err = odmm_session_table_init();
	if (err)
		goto err_cache;
	err = odmm_abort_init();
	if (err)
		goto err_table;
	err = register_pernet_subsys(&odmm_net_ops);
	if (err)
		goto err_abort;
	err = register_netdevice_notifier(&odmm_netdev_notifier);
	if (err)
		goto err_pernet;
	err = odmm_agent_notifier_init();
	if (err)
		goto err_netdev;
	err = odmm_netlink_init();
	if (err)
		goto err_agent;
	err = odmm_sockopt_init();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	odmm_netlink_exit();
err_agent:
	odmm_agent_notifier_exit();
err_netdev:
	unregister_netdevice_notifier(&odmm_netdev_notifier);
err_pernet:
	unregister_pernet_subsys(&odmm_net_ops);
err_abort:
	odmm_abort_exit();
err_table:
	odmm_session_table_exit();
err_cache:
	odmm_session_cache_exit();
	return err;
}

/*
 * The options go first: while an entry of a dying module is registered, those
 * of all other modules are hidden.
 */
static void __exit odmm_exit(void)
{
	odmm_sockopt_exit();
	odmm_netlink_exit();
	odmm_hooks_stop();
	odmm_agent_notifier_exit();
	unregister_netdevice_notifier(&odmm_netdev_notifier);
	unregister_pernet_subsys(&odmm_net_ops);
	odmm_abort_exit();
	odmm_session_table_exit();
	odmm_session_cache_exit();
}

module_init(odmm_init);
module_exit(odmm_exit);

MODULE_DESCRIPTION("On-demand mobility for IPv6 (RFC 8653)");
MODULE_AUTHOR("The odmm authors");
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY("odmm");
