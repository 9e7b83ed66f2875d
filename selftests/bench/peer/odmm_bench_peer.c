// SPDX-License-Identifier: GPL-2.0
/*
 * An option that does nothing, registered as odmm registers its own: what is
 * left of a call when the module's part is taken away.
 */
#include <linux/in6.h>
#include <linux/module.h>
#include <linux/netfilter.h>

/* bench.c calls it by this number. */
#define PEER_OPTION	19653

static int peer_get(struct sock *sk, int optname, void __user *user, int *len)
{
	return 0;
}

static struct nf_sockopt_ops peer_ops = {
	.pf		= PF_INET6,
	.get_optmin	= PEER_OPTION,
	.get_optmax	= PEER_OPTION + 1,
	.get		= peer_get,
	.owner		= THIS_MODULE,
};

static int __init peer_init(void)
{
	return nf_register_sockopt(&peer_ops);
}

static void __exit peer_exit(void)
{
	nf_unregister_sockopt(&peer_ops);
}

module_init(peer_init);
module_exit(peer_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Empty socket option, for comparison");
