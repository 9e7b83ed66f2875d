/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernels, and nowhere else. Each has a name that says
 * what is meant, so that the sources read the same on all of them. Which of
 * them apply is seen in the kernel's headers, not in its version, as
 * distributions backport: by a macro that came with the change, or else by
 * Kbuild.compat, which looks for a line.
 */
#ifndef _ODMM_COMPAT_H
#define _ODMM_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/net.h>
#include <linux/ptrace.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/rawv6.h>
#include <net/udp.h>

/* For work that may be done on any CPU. */
#ifdef ODMM_COMPAT_SYSTEM_DFL_WQ
#define odmm_compat_unbound_wq	system_dfl_wq
#else
#define odmm_compat_unbound_wq	system_unbound_wq
#endif

static inline int odmm_compat_bind(struct socket *sock, void *addr, int len)
{
	return kernel_bind(sock, addr, len);
}

static inline int odmm_compat_connect(struct socket *sock, void *addr, int len)
{
	return kernel_connect(sock, addr, len, 0);
}

/* Sets IP_BIND_ADDRESS_NO_PORT and returns what it was. */
static inline bool odmm_compat_bind_no_port(struct sock *sk, bool on)
{
	bool old;

	lock_sock(sk);
#ifdef inet_assign_bit
	old = inet_test_bit(BIND_ADDRESS_NO_PORT, sk);
	inet_assign_bit(BIND_ADDRESS_NO_PORT, sk, on);
#else
	old = inet_sk(sk)->bind_address_no_port;
	inet_sk(sk)->bind_address_no_port = on;
#endif
	release_sock(sk);
	return old;
}

/*
 * TCP sockets by address and port. Since they are linked like those by port
 * (6.8), a bucket has connections in TIME_WAIT, too, and has the addresses of
 * IPv4 sockets mapped to IPv6.
 */
#ifdef sk_for_each_bound_bhash2
#define odmm_compat_for_each_owner(sk, bucket) \
	sk_for_each_bound_bhash2(sk, &(bucket)->owners)
#define odmm_compat_bind2_is_ipv6(bucket)	((bucket)->family == AF_INET6)
#else
#define odmm_compat_for_each_owner(sk, bucket) \
	sk_for_each_bound(sk, &(bucket)->owners)
#define odmm_compat_bind2_is_ipv6(bucket)	((void)(bucket), true)
#endif

/* The address that the sockets of a bucket have, NULL if none of @net's. */
static inline const struct in6_addr *
odmm_compat_bind2_addr(const struct inet_bind2_bucket *bucket,
		       const struct net *net)
{
	if (!odmm_compat_bind2_is_ipv6(bucket) ||
	    !net_eq(read_pnet(&bucket->ib_net), net))
		return NULL;
	return &bucket->v6_rcv_saddr;
}

static inline struct inet_hashinfo *odmm_compat_tcp_table(struct net *net)
{
	return net->ipv4.tcp_death_row.hashinfo;
}

static inline struct udp_table *odmm_compat_udp_table(struct net *net)
{
#ifdef ODMM_COMPAT_UDP_TABLE_OF_NET
	return net->ipv4.udp_table;
#else
	return &udp_table;
#endif
}

static inline void
odmm_compat_hrtimer_setup(struct hrtimer *timer,
			  enum hrtimer_restart (*ring)(struct hrtimer *timer),
			  clockid_t clock, enum hrtimer_mode mode)
{
#ifdef ODMM_COMPAT_HRTIMER_SETUP
	hrtimer_setup(timer, ring, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = ring;
#endif
}

/*
 * ipv6_setsockopt() as a probe sees it: the fourth argument, a sockptr_t, is
 * passed in two registers. Where the registers are not known, or the handlers
 * of probes may not take our locks, there is no probing.
 */
#if defined(CONFIG_KRETPROBES) && !defined(CONFIG_PREEMPT_RT) && \
	(defined(CONFIG_X86_64) || defined(CONFIG_ARM64))
#define ODMM_COMPAT_PROBES

/**
 * struct odmm_compat_setsockopt - a call of ipv6_setsockopt()
 * @sk: socket
 * @level: level
 * @optname: option
 * @value: where the value is, in user or kernel memory
 * @is_kernel: in kernel memory
 * @optlen: length of the value
 */
struct odmm_compat_setsockopt {
	struct sock	*sk;
	int		level;
	int		optname;
	void		*value;
	bool		is_kernel;
	int		optlen;
};

static inline void
odmm_compat_setsockopt_args(struct odmm_compat_setsockopt *call,
			    struct pt_regs *regs)
{
	call->sk = (void *)regs_get_kernel_argument(regs, 0);
	call->level = regs_get_kernel_argument(regs, 1);
	call->optname = regs_get_kernel_argument(regs, 2);
	call->value = (void *)regs_get_kernel_argument(regs, 3);
	call->is_kernel = regs_get_kernel_argument(regs, 4) & 1;
	call->optlen = regs_get_kernel_argument(regs, 5);
}

/* Does not sleep. */
static inline int
odmm_compat_setsockopt_value(const struct odmm_compat_setsockopt *call,
			     int *value)
{
	if (call->is_kernel)
		return copy_from_kernel_nofault(value, call->value,
						sizeof(*value));
	return copy_from_user_nofault(value, (void __user *)call->value,
				      sizeof(*value));
}
#endif

#endif /* _ODMM_COMPAT_H */
