// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing of the socket options, by the door that setsockopt() and
 * getsockopt() take. Sockets that have a session here have it in the first
 * namespace, where nobody serves anybody.
 */
#include <linux/file.h>
#include <linux/mman.h>
#include <linux/net.h>
#include <linux/netfilter.h>
#include <linux/sockptr.h>
#include <linux/uaccess.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "test.h"

#define ODMM_SOCKOPT_UNKNOWN_FLAG	0x00080000

KUNIT_DEFINE_ACTION_WRAPPER(odmm_sockopt_fput, fput, struct file *);

/* Non-blocking, and with a file, as sockets of processes have one. */
static struct sock *odmm_sockopt_socket(struct kunit *test, int family)
{
	struct socket *sock;
	struct file *file;

	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, family, SOCK_DGRAM,
						  0, &sock));
	file = sock_alloc_file(sock, O_NONBLOCK, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   odmm_sockopt_fput,
							   file));
	return sock->sk;
}

static int odmm_sockopt_set(struct sock *sk, int optname, int val,
			    unsigned int len)
{
	return nf_setsockopt(sk, PF_INET6, optname, KERNEL_SOCKPTR(&val), len);
}

/* A page of user memory, the last byte of which is followed by none. */
static char __user *odmm_sockopt_page(struct kunit *test)
{
	unsigned long addr;

	addr = kunit_vm_mmap(test, NULL, 0, 2 * PAGE_SIZE,
			     PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, !addr || IS_ERR_VALUE(addr));
	KUNIT_ASSERT_EQ(test, vm_munmap(addr + PAGE_SIZE, PAGE_SIZE), 0);
	return (char __user *)addr;
}

static int odmm_sockopt_get(struct sock *sk, int optname, char __user *user,
			    int *len)
{
	return nf_getsockopt(sk, PF_INET6, optname, user, len);
}

static int odmm_sockopt_get_int(struct kunit *test, struct sock *sk,
				int optname, char __user *user)
{
	int val, len = sizeof(val);

	KUNIT_ASSERT_EQ(test, odmm_sockopt_get(sk, optname, user, &len), 0);
	KUNIT_EXPECT_EQ(test, len, sizeof(val));
	KUNIT_ASSERT_EQ(test, copy_from_user(&val, user, sizeof(val)), 0);
	return val;
}

struct odmm_sockopt_int {
	const char	*name;
	int		optname;
	int		val;
	unsigned int	len;
	int		err;
};

static const struct odmm_sockopt_int odmm_sockopt_ints[] = {
	{ "type none", IPV6_SC_TYPE, ODMM_TYPE_NONE, 4, 0 },
	{ "type fixed", IPV6_SC_TYPE, ODMM_TYPE_FIXED, 4, 0 },
	{ "last type", IPV6_SC_TYPE, ODMM_TYPE_GRACEFUL_REPLACEMENT, 4, 0 },
	{ "type 5", IPV6_SC_TYPE, 5, 4, -EINVAL },
	{ "type -1", IPV6_SC_TYPE, -1, 4, -EINVAL },
	{ "type, 3 bytes", IPV6_SC_TYPE, ODMM_TYPE_FIXED, 3, -EINVAL },
	{ "type, no bytes", IPV6_SC_TYPE, ODMM_TYPE_FIXED, 0, -EINVAL },
	{ "no flags", IPV6_SC_FLAGS, 0, 4, 0 },
	{ "each flag", IPV6_SC_FLAGS, IPV6_REQUIRE_SRC_ON_NET | IPV6_SC_BIND |
	  IPV6_SC_EVENTS, 4, 0 },
	{ "unknown flag", IPV6_SC_FLAGS, ODMM_SOCKOPT_UNKNOWN_FLAG, 4,
	  -EINVAL },
	{ "a flag of RFC 5014", IPV6_SC_FLAGS, 1, 4, -EINVAL },
	{ "sign bit", IPV6_SC_FLAGS, INT_MIN, 4, -EINVAL },
	{ "timeout", IPV6_SC_TIMEOUT, 1, 4, 0 },
	{ "longest timeout", IPV6_SC_TIMEOUT, INT_MAX, 4, 0 },
	{ "no limit", IPV6_SC_TIMEOUT, -1, 4, 0 },
	{ "timeout -2", IPV6_SC_TIMEOUT, -2, 4, -EINVAL },
	{ "lifetime", IPV6_SC_LIFETIME, INT_MAX, 4, 0 },
	{ "lifetime -1", IPV6_SC_LIFETIME, -1, 4, -EINVAL },
	{ "address", IPV6_SC_ADDR, 1, 4, -ENOPROTOOPT },
	{ "status", IPV6_SC_STATUS, 1, 4, -ENOPROTOOPT },
	{ "all in one", IPV6_SETSC, 1, 4, -ENOPROTOOPT },
	{ "one more", IPV6_SC_LIFETIME + 1, 1, 4, -ENOPROTOOPT },
};

KUNIT_ARRAY_PARAM_DESC(odmm_sockopt_ints, odmm_sockopt_ints, name);

/* What was set is read back; what was refused has changed nothing. */
static void odmm_sockopt_sets(struct kunit *test)
{
	const struct odmm_sockopt_int *c = test->param_value;
	struct sock *sk = odmm_sockopt_socket(test, AF_INET6);
	char __user *user = odmm_sockopt_page(test);

	KUNIT_EXPECT_EQ(test, odmm_sockopt_set(sk, c->optname, c->val, c->len),
			c->err);
	if (c->err != -ENOPROTOOPT)
		KUNIT_EXPECT_EQ(test, odmm_sockopt_get_int(test, sk, c->optname,
							   user),
				c->err ? 0 : c->val);
}

static void odmm_sockopt_bad_pointer(struct kunit *test)
{
	struct sock *sk = odmm_sockopt_socket(test, AF_INET6);
	char __user *user = odmm_sockopt_page(test);
	int len;

	KUNIT_EXPECT_EQ(test, nf_setsockopt(sk, PF_INET6, IPV6_SC_TYPE,
					    USER_SOCKPTR(user + PAGE_SIZE - 3),
					    4), -EFAULT);
	KUNIT_EXPECT_NULL(test, odmm_session_find(sk));
	len = 4;
	KUNIT_EXPECT_EQ(test, odmm_sockopt_get(sk, IPV6_SC_TYPE,
					       user + PAGE_SIZE - 3, &len),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, len, 4);
}

struct odmm_sockopt_length {
	const char	*name;
	int		optname;
	int		len;
	int		err;
	int		written;
};

/* Of a socket that has not asked for anything. */
static const struct odmm_sockopt_length odmm_sockopt_lengths[] = {
	{ "type, too short", IPV6_SC_TYPE, 3, -EINVAL, 3 },
	{ "type, negative", IPV6_SC_TYPE, -1, -EINVAL, -1 },
	{ "type, longer", IPV6_SC_TYPE, 8, 0, 4 },
	{ "flags, too short", IPV6_SC_FLAGS, 0, -EINVAL, 0 },
	{ "address, too short", IPV6_SC_ADDR, 15, -EINVAL, 15 },
	{ "address, nothing wanted", IPV6_SC_ADDR, 16, -EINVAL, 16 },
	{ "status, too short", IPV6_SC_STATUS, 3, -EINVAL, 3 },
	{ "status, size alone", IPV6_SC_STATUS, 4, 0, 4 },
	{ "status, cut", IPV6_SC_STATUS, 30, 0, 30 },
	{ "status, all", IPV6_SC_STATUS, sizeof(struct odmm_status), 0,
	  sizeof(struct odmm_status) },
	{ "status, of a later kernel", IPV6_SC_STATUS, 4000, 0,
	  sizeof(struct odmm_status) },
};

KUNIT_ARRAY_PARAM_DESC(odmm_sockopt_lengths, odmm_sockopt_lengths, name);

static void odmm_sockopt_gets(struct kunit *test)
{
	const struct odmm_sockopt_length *c = test->param_value;
	struct sock *sk = odmm_sockopt_socket(test, AF_INET6);
	char __user *user = odmm_sockopt_page(test);
	int len = c->len;

	KUNIT_EXPECT_EQ(test, odmm_sockopt_get(sk, c->optname, user, &len),
			c->err);
	KUNIT_EXPECT_EQ(test, len, c->written);
	KUNIT_EXPECT_NULL(test, odmm_session_find(sk));
}

static void odmm_sockopt_status(struct kunit *test)
{
	struct sock *sk = odmm_sockopt_socket(test, AF_INET6);
	char __user *user = odmm_sockopt_page(test);
	struct odmm_status status;
	int len = sizeof(status);

	odmm_sockopt_set(sk, IPV6_SC_TYPE, ODMM_TYPE_FIXED, 4);
	odmm_sockopt_set(sk, IPV6_SC_FLAGS, IPV6_SC_EVENTS, 4);
	KUNIT_ASSERT_EQ(test, odmm_sockopt_get(sk, IPV6_SC_STATUS, user, &len),
			0);
	KUNIT_ASSERT_EQ(test, copy_from_user(&status, user, len), 0);
	KUNIT_EXPECT_EQ(test, status.size, sizeof(status));
	KUNIT_EXPECT_EQ(test, status.type, ODMM_TYPE_FIXED);
	KUNIT_EXPECT_EQ(test, status.flags, IPV6_SC_EVENTS);
	KUNIT_EXPECT_EQ(test, status.state, ODMM_STATE_IDLE);
	KUNIT_EXPECT_TRUE(test, ipv6_addr_any(&status.addr));
}

struct odmm_sockopt_setsc {
	const char		*name;
	struct odmm_setsc	arg;
	int			len;
	u8			padding;
	int			err;
};

#define ODMM_SETSC_LEN	((int)sizeof(struct odmm_setsc))

/* What is well-formed is refused as well, as nobody serves it. */
static const struct odmm_sockopt_setsc odmm_sockopt_setscs[] = {
	{ "well-formed", { .type = 1 }, ODMM_SETSC_LEN, 0, -EOPNOTSUPP },
	{ "last type", { .type = 4 }, ODMM_SETSC_LEN, 0, -EOPNOTSUPP },
	{ "type 0", { .type = 0 }, ODMM_SETSC_LEN, 0, -EINVAL },
	{ "type 5", { .type = 5 }, ODMM_SETSC_LEN, 0, -EINVAL },
	{ "unknown flag", { .type = 1, .flags = ODMM_SOCKOPT_UNKNOWN_FLAG },
	  ODMM_SETSC_LEN, 0, -EINVAL },
	{ "no limit", { .type = 1, .timeout = -1 }, ODMM_SETSC_LEN, 0,
	  -EOPNOTSUPP },
	{ "timeout -2", { .type = 1, .timeout = -2 }, ODMM_SETSC_LEN, 0,
	  -EINVAL },
	{ "reserved", { .type = 1, .reserved = 1 }, ODMM_SETSC_LEN, 0,
	  -EINVAL },
	{ "too short", { .type = 1 }, ODMM_SETSC_LEN - 1, 0, -EINVAL },
	{ "negative length", { .type = 1 }, -1, 0, -EINVAL },
	{ "of a later library, unused", { .type = 1 }, ODMM_SETSC_LEN + 8, 0,
	  -EOPNOTSUPP },
	{ "of a later library, used", { .type = 1 }, ODMM_SETSC_LEN + 8, 1,
	  -EINVAL },
	{ "a page", { .type = 1 }, PAGE_SIZE, 0, -EOPNOTSUPP },
	{ "more than a page", { .type = 1 }, PAGE_SIZE + 1, 0, -E2BIG },
};

KUNIT_ARRAY_PARAM_DESC(odmm_sockopt_setscs, odmm_sockopt_setscs, name);

static void odmm_sockopt_all_in_one(struct kunit *test)
{
	const struct odmm_sockopt_setsc *c = test->param_value;
	struct sock *sk = odmm_sockopt_socket(test, AF_INET6);
	char __user *user = odmm_sockopt_page(test);
	int len = c->len;

	KUNIT_ASSERT_EQ(test, copy_to_user(user, &c->arg, sizeof(c->arg)), 0);
	KUNIT_ASSERT_EQ(test, put_user(c->padding, user + sizeof(c->arg) + 7),
			0);
	KUNIT_EXPECT_EQ(test, odmm_sockopt_get(sk, IPV6_SETSC, user, &len),
			c->err);
	KUNIT_EXPECT_EQ(test, len, c->len);
	KUNIT_EXPECT_EQ(test, !!odmm_session_find(sk), c->err == -EOPNOTSUPP);
}

/* Found before anything is done, wherever the memory ends. */
static void odmm_sockopt_all_in_one_faults(struct kunit *test)
{
	struct sock *sk = odmm_sockopt_socket(test, AF_INET6);
	char __user *user = odmm_sockopt_page(test);
	int i, len;

	for (i = 1; i <= ODMM_SETSC_LEN; i++) {
		len = ODMM_SETSC_LEN;
		KUNIT_EXPECT_EQ(test, odmm_sockopt_get(sk, IPV6_SETSC,
						       user + PAGE_SIZE + i -
						       ODMM_SETSC_LEN, &len),
				-EFAULT);
	}
	KUNIT_EXPECT_NULL(test, odmm_session_find(sk));
}

/* Inner sockets of others have no file. */
static void odmm_sockopt_no_file(struct kunit *test)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, AF_INET6,
						  SOCK_STREAM, IPPROTO_TCP,
						  &sock));
	KUNIT_EXPECT_EQ(test, odmm_sockopt_set(sock->sk, IPV6_SC_TYPE, 1, 4),
			-EOPNOTSUPP);
	KUNIT_EXPECT_NULL(test, odmm_session_find(sock->sk));
	sock_release(sock);
}

static void odmm_sockopt_ipv4(struct kunit *test)
{
	struct sock *sk = odmm_sockopt_socket(test, AF_INET);

	KUNIT_EXPECT_EQ(test, odmm_sockopt_set(sk, IPV6_SC_TYPE, 1, 4),
			-EOPNOTSUPP);
}

static void odmm_sockopt_mapped(struct kunit *test)
{
	struct sock *sk = odmm_sockopt_socket(test, AF_INET6);

	ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), &sk->sk_v6_daddr);
	KUNIT_EXPECT_EQ(test, odmm_sockopt_set(sk, IPV6_SC_TYPE, 1, 4),
			-EAFNOSUPPORT);
	sk->sk_v6_daddr = in6addr_any;
	ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), &sk->sk_v6_rcv_saddr);
	KUNIT_EXPECT_EQ(test, odmm_sockopt_set(sk, IPV6_SC_TYPE, 1, 4),
			-EAFNOSUPPORT);
	sk->sk_v6_rcv_saddr = in6addr_any;
}

static struct kunit_case odmm_sockopt_cases[] = {
	KUNIT_CASE_PARAM(odmm_sockopt_sets, odmm_sockopt_ints_gen_params),
	KUNIT_CASE(odmm_sockopt_bad_pointer),
	KUNIT_CASE_PARAM(odmm_sockopt_gets, odmm_sockopt_lengths_gen_params),
	KUNIT_CASE(odmm_sockopt_status),
	KUNIT_CASE_PARAM(odmm_sockopt_all_in_one,
			 odmm_sockopt_setscs_gen_params),
	KUNIT_CASE(odmm_sockopt_all_in_one_faults),
	KUNIT_CASE(odmm_sockopt_no_file),
	KUNIT_CASE(odmm_sockopt_ipv4),
	KUNIT_CASE(odmm_sockopt_mapped),
	{}
};

static struct kunit_suite odmm_sockopt_suite = {
	.name = "odmm_sockopt",
	.test_cases = odmm_sockopt_cases,
};

kunit_test_suite(odmm_sockopt_suite);
