/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What unit tests have in common: a namespace of their own, in which nothing
 * happens that a test does not do. Time stands still, and no worker runs,
 * until the test says so. What it has left at its end is ended by the same
 * code that ends all namespaces.
 *
 * The interfaces and sockets are those of the first network namespace, but
 * nothing is written to its address table: the test itself says what became of
 * an address.
 */
#ifndef _ODMM_TEST_H
#define _ODMM_TEST_H

#include <kunit/test-bug.h>
#include <kunit/test.h>

#include "lifetime.h"
#include "odmm.h"

/* The loopback interface, which is up, and one that does not exist. */
#define ODMM_TEST_LINK		1
#define ODMM_TEST_NO_LINK	0x7ffffffe

#define ODMM_TEST_PORTID	4711

/* For suites that want a namespace: test->priv is the struct odmm_net. */
int odmm_test_init(struct kunit *test);

static inline struct odmm_net *odmm_test_net(struct kunit *test)
{
	return test->priv;
}

/* Time passes, and what is due happens. */
void odmm_test_pass_ms(struct kunit *test, u64 ms);

/* A worker does its work, here and now. */
static inline void odmm_test_work(struct work_struct *work)
{
	work->func(work);
}

/* Has the calling thread see the time of the test, too. */
void odmm_test_join(struct kunit *test);

/* The test goes on as a user without capabilities, with one group. */
void odmm_test_become(struct kunit *test, uid_t uid, gid_t gid);

/* An IPv6 socket, of which the test is the only owner. */
struct socket *odmm_test_socket(struct kunit *test, int protocol);
void odmm_test_close(struct kunit *test, struct socket *sock);

struct odmm_session *odmm_test_session(struct kunit *test,
				       struct socket *sock, u32 type);

/* An account that is nobody's but the caller's. */
struct odmm_account *odmm_test_account(struct kunit *test);

/* A want of that account, as a session would have it. */
struct odmm_want *odmm_test_want(struct kunit *test, u32 type);

/* What a plain socket asks for. */
static inline struct odmm_request_key odmm_test_key(u32 type)
{
	return (struct odmm_request_key) { .type = type, .uid = INVALID_UID };
}

/* A claim, by a socket of its own. */
struct odmm_agent *odmm_test_agent(struct kunit *test, u32 types,
				   struct socket **sock);

struct in6_addr odmm_test_addr(const char *text);

/* A routed prefix /64 that lives for ever, for odmm_prefix_add(). */
struct odmm_prefix_spec odmm_test_spec(const char *prefix, u32 type);

int odmm_test_try(struct kunit *test, struct odmm_prefix_spec *spec);

/* It is in the table, and its address is not usable yet. */
struct odmm_prefix *odmm_test_add(struct kunit *test,
				  struct odmm_prefix_spec *spec);

/* What became of its address. */
void odmm_test_settle(struct odmm_prefix *p, enum odmm_address_news news);

/* An active prefix. */
struct odmm_prefix *odmm_test_prefix(struct kunit *test, const char *prefix,
				     u32 type);

u64 odmm_test_count(struct kunit *test, enum odmm_stat stat);

#endif /* _ODMM_TEST_H */
