/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernels, and nowhere else. Each has a name that says
 * what is meant, so that the sources read the same on all of them.
 */
#ifndef _ODMM_COMPAT_H
#define _ODMM_COMPAT_H

#include <linux/net.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/rawv6.h>
#include <net/udp.h>

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
	old = inet_sk(sk)->bind_address_no_port;
	inet_sk(sk)->bind_address_no_port = on;
	release_sock(sk);
	return old;
}

static inline struct inet_hashinfo *odmm_compat_tcp_table(struct net *net)
{
	return net->ipv4.tcp_death_row.hashinfo;
}

static inline struct udp_table *odmm_compat_udp_table(struct net *net)
{
	return &udp_table;
}

#endif /* _ODMM_COMPAT_H */
