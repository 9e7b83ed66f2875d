// SPDX-License-Identifier: GPL-2.0
/*
 * IPV6_REQUIRE_SRC_ON_NET among the flags of IPV6_ADDR_PREFERENCES, as the
 * drafts before RFC 8653 have it. A stock kernel accepts an unknown flag there
 * and drops it, and no module is asked: so the call is probed, as long as the
 * policy of any namespace wants that.
 */
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include "compat.h"
#include "odmm.h"

#ifdef ODMM_COMPAT_PROBES

static DEFINE_MUTEX(odmm_hooks_mutex);
static unsigned int odmm_hooks_users;	/* odmm_hooks_mutex */

/* Only what we are after costs more than the probe itself. */
static int odmm_hooks_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct odmm_compat_setsockopt *call = (void *)ri->data;

	odmm_compat_setsockopt_args(call, regs);
	return call->level != IPPROTO_IPV6 ||
	       call->optname != IPV6_ADDR_PREFERENCES ||
	       call->optlen < (int)sizeof(int);
}

/* No sleeping here. */
static void odmm_hooks_prefer(struct sock *sk, int prefs)
{
	struct odmm_net *odn = odmm_net(sock_net(sk));
	struct odmm_session *s = odmm_session_find(sk);

	if (!READ_ONCE(odn->hooked) ||
	    (!s && !(prefs & IPV6_REQUIRE_SRC_ON_NET)))
		return;
	if (!s)
		s = odmm_session_new(odn, sk, GFP_ATOMIC | __GFP_ACCOUNT);
	if (!IS_ERR(s))
		odmm_session_set_flags(s, prefs, IPV6_REQUIRE_SRC_ON_NET);
}

/*
 * The kernel has just read the flags, so that they can be read without a page
 * fault; and it says whether it likes the rest of them.
 */
static int odmm_hooks_leave(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct odmm_compat_setsockopt *call = (void *)ri->data;
	int prefs;

	if (!regs_return_value(regs) && !odmm_sockopt_check(call->sk) &&
	    !odmm_compat_setsockopt_value(call, &prefs))
		odmm_hooks_prefer(call->sk, prefs);
	return 0;
}

static struct kretprobe odmm_hooks_probe = {
	.kp.symbol_name	= "ipv6_setsockopt",
	.entry_handler	= odmm_hooks_enter,
	.handler	= odmm_hooks_leave,
	.data_size	= sizeof(struct odmm_compat_setsockopt),
	/* Callers that may sleep in there at once; the flag of more is lost. */
	.maxactive	= 1024,
};

/* One probe for all namespaces. A probe that was unregistered has to be cleaned. */
static int odmm_hooks_use(bool on)
{
	int err = 0;

	mutex_lock(&odmm_hooks_mutex);
	if (on && !odmm_hooks_users) {
		odmm_hooks_probe.kp.addr = NULL;
		odmm_hooks_probe.kp.flags = 0;
		err = register_kretprobe(&odmm_hooks_probe);
	} else if (!on && odmm_hooks_users == 1) {
		unregister_kretprobe(&odmm_hooks_probe);
	}
	if (!err && (on || odmm_hooks_users))
		odmm_hooks_users += on ? 1 : -1;
	mutex_unlock(&odmm_hooks_mutex);
	return err;
}

/* The module goes: no more of this in any namespace. */
void odmm_hooks_stop(void)
{
	mutex_lock(&odmm_hooks_mutex);
	if (odmm_hooks_users)
		unregister_kretprobe(&odmm_hooks_probe);
	odmm_hooks_users = 0;
	mutex_unlock(&odmm_hooks_mutex);
}

#else

static int odmm_hooks_use(bool on)
{
	return -EOPNOTSUPP;
}

void odmm_hooks_stop(void)
{
}

#endif /* ODMM_COMPAT_PROBES */

/* With policy_mutex held; sleeps. 0 or an error, and it is as it was. */
int odmm_hooks_switch(struct odmm_net *odn, bool on)
{
	int err;

	if (on == odn->hooked)
		return 0;
	err = odmm_hooks_use(on);
	if (!err)
		WRITE_ONCE(odn->hooked, on);
	return err;
}

void odmm_hooks_exit(struct odmm_net *odn)
{
	mutex_lock(&odn->policy_mutex);
	odmm_hooks_switch(odn, false);
	mutex_unlock(&odn->policy_mutex);
}
