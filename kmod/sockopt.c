// SPDX-License-Identifier: GPL-2.0
/*
 * The IPPROTO_IPV6 options of linux/odmm.h: checks, copies in, calls, copies
 * out. The socket is not locked here, and everything may sleep.
 */
#include <linux/file.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/net.h>
#include <linux/sockptr.h>
#include <linux/uaccess.h>
#include <net/ipv6.h>
#include <net/mptcp.h>
#include <net/sock.h>

#include "odmm.h"

#define ODMM_SC_FLAGS	(IPV6_REQUIRE_SRC_ON_NET | IPV6_SC_BIND | \
			 IPV6_SC_EVENTS)

static bool odmm_sc_protocol(const struct sock *sk)
{
	if (sk->sk_type == SOCK_RAW)
		return true;
	switch (sk->sk_protocol) {
	case IPPROTO_TCP:
		return sk->sk_type == SOCK_STREAM && !sk_is_mptcp(sk);
	case IPPROTO_UDP:
	case IPPROTO_ICMPV6:
		return sk->sk_type == SOCK_DGRAM;
	default:
		return false;
	}
}

/*
 * Others hand their inner kernel sockets through (SMC, MPTCP after fallback):
 * those have no file, or are not the one that the file is of.
 */
static __always_inline int odmm_sc_check(const struct sock *sk)
{
	if (sk->sk_family != AF_INET6 || !odmm_sc_protocol(sk) ||
	    !sk->sk_socket || sk->sk_socket->sk != sk || !sk->sk_socket->file)
		return -EOPNOTSUPP;
	if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr) ||
	    ipv6_addr_v4mapped(&sk->sk_v6_daddr))
		return -EAFNOSUPPORT;
	return 0;
}

/* The same for others. */
int odmm_sockopt_check(const struct sock *sk)
{
	return odmm_sc_check(sk);
}

static bool odmm_sc_nonblock(const struct sock *sk)
{
	return sk->sk_socket->file->f_flags & O_NONBLOCK;
}

static int odmm_sc_set_type(struct odmm_session *s, int type)
{
	if (type < 0 || type > ODMM_TYPE_MAX)
		return -EINVAL;
	return odmm_session_set_type(s, type);
}

static int odmm_sc_set_flags(struct odmm_session *s, int flags)
{
	if (flags & ~ODMM_SC_FLAGS)
		return -EINVAL;
	return odmm_session_set_flags(s, flags, ODMM_SC_FLAGS);
}

static int odmm_sc_set_timeout(struct odmm_session *s, int timeout)
{
	if (timeout < -1)
		return -EINVAL;
	WRITE_ONCE(s->timeout, timeout);
	return 0;
}

static int odmm_sc_set_lifetime(struct odmm_session *s, int lifetime)
{
	if (lifetime < 0)
		return -EINVAL;
	odmm_session_set_lifetime(s, lifetime);
	return 0;
}

/* @arg may be kernel memory: a BPF program of the cgroup may have changed it. */
static int odmm_sc_set(struct sock *sk, int optname, sockptr_t arg,
		       unsigned int len)
{
	struct odmm_session *s;
	int val, err;

	/* Three of the range can only be read. */
	if (optname > IPV6_SC_TIMEOUT && optname != IPV6_SC_LIFETIME)
		return -ENOPROTOOPT;
	err = odmm_sc_check(sk);
	if (err)
		return err;
	if (len < sizeof(val))
		return -EINVAL;
	if (copy_from_sockptr(&val, arg, sizeof(val)))
		return -EFAULT;

	s = odmm_session_make(sk);
	if (IS_ERR(s))
		return PTR_ERR(s);
	switch (optname) {
	case IPV6_SC_TYPE:
		return odmm_sc_set_type(s, val);
	case IPV6_SC_FLAGS:
		return odmm_sc_set_flags(s, val);
	case IPV6_SC_TIMEOUT:
		return odmm_sc_set_timeout(s, val);
	default:
		return odmm_sc_set_lifetime(s, val);
	}
}

static int odmm_sc_put(void __user *user, int *len, const void *val, int size)
{
	if (copy_to_user(user, val, size))
		return -EFAULT;
	*len = size;
	return 0;
}

/* Each is a word of its own; whoever changes it meanwhile may be first or last. */
static int odmm_sc_get_int(const struct odmm_session *s, int optname)
{
	if (!s)
		return 0;
	switch (optname) {
	case IPV6_SC_TYPE:
		return READ_ONCE(s->want.type);
	case IPV6_SC_FLAGS:
		return READ_ONCE(s->flags);
	case IPV6_SC_LIFETIME:
		return READ_ONCE(s->want.lifetime);
	default:
		return READ_ONCE(s->timeout);
	}
}

static int odmm_sc_put_int(const struct odmm_session *s, int optname,
			   void __user *user, int *len)
{
	int val = odmm_sc_get_int(s, optname);

	if (*len < (int)sizeof(val))
		return -EINVAL;
	return odmm_sc_put(user, len, &val, sizeof(val));
}

static int odmm_sc_get_addr(struct odmm_session *s, bool nonblock,
			    void __user *user, int *len)
{
	struct in6_addr addr;
	int err;

	if (*len < (int)sizeof(addr) || !s)
		return -EINVAL;
	err = odmm_session_ask(s, NULL, nonblock, &addr);
	return err ?: odmm_sc_put(user, len, &addr, sizeof(addr));
}

static int odmm_sc_get_status(struct odmm_session *s, void __user *user,
			      int *len)
{
	struct odmm_status status = { .size = sizeof(status) };

	if (*len < (int)sizeof(status.size))
		return -EINVAL;
	if (s)
		odmm_session_status(s, &status);
	return odmm_sc_put(user, len, &status,
			   min_t(int, *len, sizeof(status)));
}

/*
 * Word by word: this is the call that each connection of a program may make,
 * and the general copies would be a tenth of it.
 */
static int odmm_sc_fetch_setsc(struct odmm_setsc *arg,
			       const struct odmm_setsc __user *user)
{
	if (!user_read_access_begin(user, sizeof(*user)))
		return -EFAULT;
	unsafe_get_user(arg->type, &user->type, fault);
	unsafe_get_user(arg->flags, &user->flags, fault);
	unsafe_get_user(arg->timeout, &user->timeout, fault);
	unsafe_get_user(arg->reserved, &user->reserved, fault);
	/* Of no use but to find, before all else, a buffer that ends too early. */
	unsafe_get_user(arg->addr.s6_addr32[3], &user->addr.s6_addr32[3],
			fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/* What is in front of the address is as it was read. */
static int odmm_sc_store_addr(struct odmm_setsc __user *user,
			      const struct in6_addr *addr)
{
	if (!user_write_access_begin(user, sizeof(*user)))
		return -EFAULT;
	unsafe_copy_to_user(user->addr.s6_addr, addr->s6_addr,
			    sizeof(*addr), fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static int odmm_sc_read_setsc(struct odmm_setsc *arg,
			      const struct odmm_setsc __user *user, int len)
{
	int err;

	if (len < (int)sizeof(*arg))
		return -EINVAL;
	if (len > (int)sizeof(*arg)) {
		if (len > (int)PAGE_SIZE)
			return -E2BIG;
		err = check_zeroed_user(user + 1, len - sizeof(*arg));
		if (err <= 0)
			return err ?: -EINVAL;
	}
	err = odmm_sc_fetch_setsc(arg, user);
	if (err)
		return err;
	if (arg->type < 1 || arg->type > ODMM_TYPE_MAX ||
	    arg->flags & ~ODMM_SC_FLAGS || arg->timeout < -1 || arg->reserved)
		return -EINVAL;
	return 0;
}

static int odmm_sc_setsc(struct sock *sk, struct odmm_setsc __user *user,
			 int *len)
{
	struct odmm_session *s;
	struct odmm_setsc arg;
	int err;

	err = odmm_sc_read_setsc(&arg, user, *len);
	if (err)
		return err;
	s = odmm_session_make(sk);
	if (IS_ERR(s))
		return PTR_ERR(s);
	err = odmm_session_ask(s, &arg, odmm_sc_nonblock(sk), &arg.addr);
	if (!err)
		err = odmm_sc_store_addr(user, &arg.addr);
	if (!err)
		*len = sizeof(arg);
	return err;
}

static int odmm_sc_get(struct sock *sk, int optname, void __user *user,
		       int *len)
{
	struct odmm_session *s;
	int err;

	err = odmm_sc_check(sk);
	if (err)
		return err;
	if (optname == IPV6_SETSC)
		return odmm_sc_setsc(sk, user, len);

	s = odmm_session_find(sk);
	switch (optname) {
	case IPV6_SC_ADDR:
		return odmm_sc_get_addr(s, odmm_sc_nonblock(sk), user, len);
	case IPV6_SC_STATUS:
		return odmm_sc_get_status(s, user, len);
	default:
		return odmm_sc_put_int(s, optname, user, len);
	}
}

static struct nf_sockopt_ops odmm_sockopt_ops = {
	.pf		= PF_INET6,
	.set_optmin	= IPV6_SC_TYPE,
	.set_optmax	= IPV6_SC_LIFETIME + 1,
	.set		= odmm_sc_set,
	.get_optmin	= IPV6_SC_TYPE,
	.get_optmax	= IPV6_SC_LIFETIME + 1,
	.get		= odmm_sc_get,
	.owner		= THIS_MODULE,
};

int odmm_sockopt_init(void)
{
	return nf_register_sockopt(&odmm_sockopt_ops);
}

void odmm_sockopt_exit(void)
{
	nf_unregister_sockopt(&odmm_sockopt_ops);
}
