/* SPDX-License-Identifier: GPL-2.0 */
/*
 * On-demand mobility (RFC 8653), private types.
 *
 * Calls go down only:
 *
 *   sockopt    netlink          the two doors
 *       \       /   \
 *       session      |          what a socket asked for and holds
 *             \     /
 *             request           what is being waited for
 *             /     \
 *          agent   prefix       who answers; what there is, and by spec and
 *                     |         table what there may be and where it is found
 *                  address      the kernel's own IPv6 address table,
 *                  /     \      written to through rtnl, with interface
 *                iid     rtnl   identifiers by iid
 *
 * policy, deadline, event, print and users serve all of them. What must travel
 * up does so through a pointer that main.c sets (struct odmm_net.on_prefix and
 * .on_agent) or that the object's maker sets (struct odmm_address.ops, struct
 * odmm_deadline.expire).
 *
 * There is one lock per namespace, struct odmm_net.lock. "net" in the comments
 * below says that this lock guards the field; "const" that the field does not
 * change once the object can be found; "rcu" that it may also be read under
 * RCU.
 */
#ifndef _ODMM_H
#define _ODMM_H

#include <linux/in6.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/timerqueue.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <uapi/linux/odmm.h>
#include <uapi/linux/odmm_netlink.h>

struct netlink_ext_ack;
struct genl_family;
struct odmm_net;
struct odmm_prefix;
struct odmm_request;
struct sk_buff;
struct sock;
struct socket;

#define ODMM_TYPE_MAX		ODMM_TYPE_GRACEFUL_REPLACEMENT
#define ODMM_NAME_LEN		16

/**
 * enum odmm_stat - counters, in the order of the attributes from
 *	ODMM_A_STATS_SERVED on, where they are described
 */
enum odmm_stat {
	ODMM_STAT_SERVED,
	ODMM_STAT_SUBMITTED,
	ODMM_STAT_COALESCED,
	ODMM_STAT_ACCEPTED,
	ODMM_STAT_GRANTED,
	ODMM_STAT_REFUSED,
	ODMM_STAT_CANCELLED,
	ODMM_STAT_TIMED_OUT,
	ODMM_STAT_INTERRUPTED,
	ODMM_STAT_UNSUPPORTED,
	ODMM_STAT_OVER_QUOTA,
	ODMM_STAT_LINK_REMOVED,
	ODMM_STAT_AGENT_LOST,
	ODMM_STAT_LATE_ANSWERS,
	ODMM_STAT_DAD_FAILED,
	ODMM_STAT_PREFIXES_LOST,
	ODMM_STAT_MAX
};

/**
 * struct odmm_deadline - something that must happen at a time
 * @node: place in odmm_net.deadlines, CLOCK_BOOTTIME (net)
 * @expire: called with the net lock held, from process context (const)
 */
struct odmm_deadline {
	struct timerqueue_node	node;
	void (*expire)(struct odmm_net *odn, struct odmm_deadline *d);
};

/**
 * enum odmm_address_news - what became of an address
 * @ODMM_ADDRESS_USABLE: it can be bound and routed to
 * @ODMM_ADDRESS_FAILED: it could not be made
 * @ODMM_ADDRESS_LOST: it was usable, and somebody else took it away
 */
enum odmm_address_news {
	ODMM_ADDRESS_USABLE,
	ODMM_ADDRESS_FAILED,
	ODMM_ADDRESS_LOST,
};

struct odmm_address;

/**
 * struct odmm_address_ops - what the owner of an address does
 * @settled: told the news; called with the net lock held, from the worker
 * @release: the last reference is gone
 */
struct odmm_address_ops {
	void (*settled)(struct odmm_address *a, enum odmm_address_news news);
	void (*release)(struct odmm_address *a);
};

/**
 * struct odmm_address - one address in the kernel's IPv6 address table
 * @odn: namespace (const)
 * @ops: owner (const)
 * @ref: references; being on odmm_net.dirty is one
 * @prefix: prefix that the address is made of (const)
 * @prefix_len: its length (const)
 * @type: enum odmm_type, decides on the interface identifier (const)
 * @onlink: on the access link, with duplicate detection (const)
 * @ifindex: interface that carries it (const)
 * @addr: the address, valid from the first settled() on (net)
 * @node: place in odmm_net.addresses, while in the kernel's table (net)
 * @dirty: place in odmm_net.dirty (net)
 * @retry: when to look again whether it is usable (net)
 * @valid_lft: lifetime to tell the kernel, seconds (net)
 * @wanted: it should exist (net)
 * @made: it is in the kernel's table, as far as we know (net)
 * @usable: the owner was told so (net)
 * @stale: the kernel's lifetime of it must be renewed (net)
 * @conflicts: duplicates met so far, the DAD_Counter of RFC 7217 (net)
 */
struct odmm_address {
	struct odmm_net			*odn;
	const struct odmm_address_ops	*ops;
	refcount_t			ref;
	struct in6_addr			prefix;
	u8				prefix_len;
	u8				type;
	bool				onlink;
	int				ifindex;
	struct in6_addr			addr;
	struct rb_node			node;
	struct list_head		dirty;
	struct odmm_deadline		retry;
	u32				valid_lft;
	bool				wanted;
	bool				made;
	bool				usable;
	bool				stale;
	u8				conflicts;
};

/**
 * struct odmm_prefix - a typed prefix
 * @address: its address; address.ref counts for the prefix too
 * @node: place in odmm_net.prefixes, until it is gone (net)
 * @serving: place in odmm_net.coming or .active (net)
 * @expiry: end of the preferred, then of the valid lifetime (net)
 * @preferred_until: when it is deprecated, CLOCK_BOOTTIME (net)
 * @valid_until: when it is gone, CLOCK_BOOTTIME (net)
 * @cookie: request that it answers, 0 if it simply came (const)
 * @ifindex: access interface, 0 once that was removed (net)
 * @vrf: VRF of the access interface, or 0 (const)
 * @sessions: sockets that hold it (net)
 * @flags: enum odmm_prefix_flags (const)
 * @state: enum odmm_prefix_state (net)
 * @origin: who brought it (const)
 * @rcu: frees it
 */
struct odmm_prefix {
	struct odmm_address	address;
	struct rb_node		node;
	struct list_head	serving;
	struct odmm_deadline	expiry;
	ktime_t			preferred_until;
	ktime_t			valid_until;
	u64			cookie;
	int			ifindex;
	int			vrf;
	u32			sessions;
	u32			flags;
	u8			state;
	char			origin[ODMM_NAME_LEN];
	struct rcu_head		rcu;
};

/**
 * struct odmm_prefix_spec - what a prefix should be
 * @prefix: address part
 * @len: prefix length
 * @type: enum odmm_type
 * @ifindex: access interface
 * @home: interface that carries the address, 0 for the default
 * @flags: enum odmm_prefix_flags
 * @preferred_until: when it is deprecated, CLOCK_BOOTTIME
 * @valid_until: when it is gone, CLOCK_BOOTTIME
 * @cookie: request to answer, or 0
 * @origin: who brings it
 * @extack: where words about a refusal go
 * @culprit: set by whoever refuses it: the attribute that is wrong, or 0
 */
struct odmm_prefix_spec {
	struct in6_addr	prefix;
	u32		len;
	u32		type;
	int		ifindex;
	int		home;
	u32		flags;
	ktime_t		preferred_until;
	ktime_t		valid_until;
	u64		cookie;
	const char	*origin;
	struct netlink_ext_ack *extack;
	int		culprit;
};

/**
 * struct odmm_want - one socket's want, waiting or satisfied
 * @req: request that it waits for, NULL if it does not wait (net)
 * @prefix: what it holds; a prefix that is gone has been lost (net, rcu)
 * @node: place in odmm_request.wants (net)
 * @limit: end of the waiting (net)
 * @wq: where blocked callers sleep
 * @uid: user who asked (net)
 * @blocked: callers that sleep on @wq (net)
 * @error: errno of the last failure, 0 if none (net)
 * @unreported: nobody was told of @error yet (net)
 * @nonblock: somebody wants it without sleeping for it (net)
 */
struct odmm_want {
	struct odmm_request		*req;
	struct odmm_prefix __rcu	*prefix;
	struct list_head		node;
	struct odmm_deadline		limit;
	wait_queue_head_t		wq;
	kuid_t				uid;
	u32				blocked;
	u16				error;
	bool				unreported;
	bool				nonblock;
};

/**
 * struct odmm_request_key - what is asked of the network
 * @type: enum odmm_type
 * @ifindex: interface that the socket is bound to, or 0
 * @flags: IPV6_REQUIRE_SRC_ON_NET or 0
 */
struct odmm_request_key {
	u32	type;
	int	ifindex;
	u32	flags;
};

/**
 * struct odmm_request - something asked of the network
 * @node: place in odmm_net.requests, by cookie (net)
 * @wants: those who wait (net)
 * @cookie: its name, never reused (const)
 * @born: when it was asked, CLOCK_BOOTTIME (const)
 * @grace: when it fails, as nobody serves it any more (net)
 * @key: what is asked (const)
 * @uid: who asked first (const)
 * @agent: claim that accepted it, 0 if none (net)
 * @waiters: length of @wants (net)
 * @state: enum odmm_request_state (net)
 * @error: errno when it failed (net)
 */
struct odmm_request {
	struct rb_node		node;
	struct list_head	wants;
	u64			cookie;
	ktime_t			born;
	struct odmm_deadline	grace;
	struct odmm_request_key	key;
	kuid_t			uid;
	u32			agent;
	u32			waiters;
	u8			state;
	u16			error;
};

/**
 * struct odmm_agent - somebody's claim to serve types
 * @node: place in odmm_net.agents, by id (net)
 * @sk: netlink socket that made it; held, so that it is not mistaken for
 *	another one that got the same port (const)
 * @id: number of the claim, never reused (const)
 * @portid: port of @sk (const)
 * @types: mask of the types served, 0 once it has ended (net)
 * @n_ifindex: entries of @ifindex, 0 for all interfaces (const)
 * @name: free text (const)
 * @ifindex: interfaces served (const)
 */
struct odmm_agent {
	struct list_head	node;
	struct sock		*sk;
	u32			id;
	u32			portid;
	u32			types;
	u32			n_ifindex;
	char			name[ODMM_NAME_LEN];
	int			ifindex[];
};

/**
 * struct odmm_session - what one socket asked for and holds
 * @node: place in the table of sessions by socket (rcu)
 * @sk: the socket; a reference is held (const)
 * @odn: namespace (const)
 * @id: key in odmm_net.session_ids (const)
 * @type: wanted enum odmm_type (net)
 * @flags: IPV6_SC_FLAGS (net)
 * @timeout: IPV6_SC_TIMEOUT, a word of its own (no lock)
 * @want: the want (net)
 * @rcu: frees it
 */
struct odmm_session {
	struct rhash_head	node;
	struct sock		*sk;
	struct odmm_net		*odn;
	u32			id;
	u32			type;
	u32			flags;
	s32			timeout;
	struct odmm_want	want;
	struct rcu_head		rcu;
};

/**
 * struct odmm_net - one network namespace
 * @net: the namespace (const)
 * @lock: "net" in this file; taken in process context only
 * @session_ids: sessions by number (rcu, own lock)
 * @n_sessions: how many (atomic)
 * @next_session: hint for the next number (lock of @session_ids)
 * @sweep: finds the sessions of dead sockets
 * @requests: open ones by cookie (net)
 * @n_requests: how many (net)
 * @last_cookie: last one given (net)
 * @agents: claims (net)
 * @n_agents: how many (net)
 * @last_agent: last number given (net)
 * @on_agent: told when a claim has begun or ended (const)
 * @prefixes: by prefix (net)
 * @n_prefixes: how many (net)
 * @coming: prefixes whose address is not usable yet, by type (net)
 * @active: prefixes that serve everybody, by type, newest first (net)
 * @on_prefix: told when a prefix has become active or has failed (const)
 * @addresses: by address (net)
 * @dirty: addresses that the worker has to see to, in order (net)
 * @news_lost: news were lost, see to all addresses (net)
 * @address_work: the worker
 * @rtnl: asks the kernel's rtnetlink; used by the worker alone
 * @news: listens to the kernel's address news; read by the worker alone
 * @deadlines: things that must happen (net)
 * @deadline_timer: rings for the first of them
 * @deadline_work: makes them happen
 * @secret: key of the fixed interface identifiers (net)
 * @stats: counters (net)
 */
struct odmm_net {
	struct net		*net;
	spinlock_t		lock;	/* "net" above */

	struct xarray		session_ids;
	atomic_t		n_sessions;
	u32			next_session;
	struct delayed_work	sweep;

	struct rb_root		requests;
	u32			n_requests;
	u64			last_cookie;

	struct list_head	agents;
	u32			n_agents;
	u32			last_agent;
	void (*on_agent)(struct odmm_net *odn,
			 const struct odmm_agent *agent);

	struct rb_root		prefixes;
	u32			n_prefixes;
	struct list_head	coming[ODMM_TYPE_MAX + 1];
	struct list_head	active[ODMM_TYPE_MAX + 1];
	void (*on_prefix)(struct odmm_prefix *p);

	struct rb_root		addresses;
	struct list_head	dirty;
	bool			news_lost;
	struct work_struct	address_work;
	struct socket		*rtnl;
	struct socket		*news;

	struct timerqueue_head	deadlines;
	struct hrtimer		deadline_timer;
	struct work_struct	deadline_work;

	siphash_key_t		secret;
	u64			stats[ODMM_STAT_MAX];
};

extern unsigned int odmm_net_id;

static inline struct odmm_net *odmm_net(const struct net *net)
{
	return net_generic(net, odmm_net_id);
}

static inline void odmm_count(struct odmm_net *odn, enum odmm_stat stat)
{
	lockdep_assert_held(&odn->lock);
	odn->stats[stat]++;
}

/* With the net lock held. What a session holds, or has lost; or NULL. */
static inline struct odmm_prefix *
odmm_session_prefix(const struct odmm_session *s)
{
	return rcu_dereference_protected(s->want.prefix,
					 lockdep_is_held(&s->odn->lock));
}

/* With the net lock held. */
static inline enum odmm_state
odmm_session_state(const struct odmm_session *s)
{
	const struct odmm_prefix *p = odmm_session_prefix(s);

	if (s->want.req)
		return ODMM_STATE_PENDING;
	if (!p)
		return s->want.error ? ODMM_STATE_FAILED : ODMM_STATE_IDLE;
	switch (p->state) {
	case ODMM_PREFIX_GONE:
		return ODMM_STATE_LOST;
	case ODMM_PREFIX_DEPRECATED:
		return ODMM_STATE_DEPRECATED;
	default:
		return ODMM_STATE_GRANTED;
	}
}

/* sockopt.c */
int odmm_sockopt_init(void);
void odmm_sockopt_exit(void);

/* session.c */
int odmm_session_table_init(void);
void odmm_session_table_exit(void);
void odmm_session_init(struct odmm_net *odn);
void odmm_session_exit(struct odmm_net *odn);
struct odmm_session *odmm_session_find(struct sock *sk);
struct odmm_session *odmm_session_new(struct sock *sk);

/* The session of a socket, new if it has none. May sleep; for system calls. */
static inline struct odmm_session *odmm_session_make(struct sock *sk)
{
	return odmm_session_find(sk) ?: odmm_session_new(sk);
}

int odmm_session_set_type(struct odmm_session *s, u32 type);
int odmm_session_set_flags(struct odmm_session *s, u32 flags);
int odmm_session_ask(struct odmm_session *s, const struct odmm_setsc *wish,
		     bool nonblock, struct in6_addr *addr);
void odmm_session_status(struct odmm_session *s, struct odmm_status *status);

/* request.c */
void odmm_request_init(struct odmm_net *odn);
void odmm_request_exit(struct odmm_net *odn);
void odmm_want_init(struct odmm_want *w);
int odmm_want_submit(struct odmm_net *odn, struct odmm_want *w,
		     const struct odmm_request_key *key);
void odmm_want_limit(struct odmm_net *odn, struct odmm_want *w, s32 timeout);
void odmm_want_leave(struct odmm_net *odn, struct odmm_want *w);
void odmm_want_release(struct odmm_net *odn, struct odmm_want *w);
struct odmm_request *odmm_request_find(struct odmm_net *odn, u64 cookie);
struct odmm_request *odmm_request_after(struct odmm_net *odn, u64 cookie);
int odmm_request_answer(struct odmm_net *odn, struct odmm_prefix_spec *spec);
int odmm_request_refuse(struct odmm_net *odn, u64 cookie, u16 error,
			struct netlink_ext_ack *extack);
void odmm_request_link_gone(struct odmm_net *odn, int ifindex);
void odmm_request_on_prefix(struct odmm_prefix *p);

int odmm_request_accept(struct odmm_net *odn, const struct odmm_agent *agent,
			u64 cookie, struct odmm_request **req,
			struct netlink_ext_ack *extack);
u32 odmm_request_accepted(struct odmm_net *odn, u32 agent);
void odmm_request_on_agent(struct odmm_net *odn,
			   const struct odmm_agent *agent);

/* agent.c */
void odmm_agent_init(struct odmm_net *odn);
void odmm_agent_exit(struct odmm_net *odn);
int odmm_agent_notifier_init(void);
void odmm_agent_notifier_exit(void);
struct odmm_agent *odmm_agent_alloc(u32 n_ifindex);
int odmm_agent_claim(struct odmm_net *odn, struct odmm_agent *agent,
		     struct netlink_ext_ack *extack);
struct odmm_agent *odmm_agent_of(struct odmm_net *odn, const struct sock *sk);
struct odmm_agent *odmm_agent_after(struct odmm_net *odn, u32 id);
bool odmm_agent_serves(const struct odmm_agent *agent,
		       const struct odmm_request_key *key);
bool odmm_agents_serve(struct odmm_net *odn,
		       const struct odmm_request_key *key);

/* prefix.c */
void odmm_prefix_exit(struct odmm_net *odn);
int odmm_prefix_add(struct odmm_net *odn, struct odmm_prefix_spec *spec,
		    const struct odmm_request_key *key);
int odmm_prefix_change(struct odmm_net *odn, struct odmm_prefix *p,
		       struct odmm_prefix_spec *spec);
void odmm_prefix_remove(struct odmm_prefix *p);
void odmm_prefix_hold(struct odmm_prefix *p);
void odmm_prefix_unhold(struct odmm_prefix *p);
void odmm_prefix_link_gone(struct odmm_net *odn, int ifindex);

static inline void odmm_prefix_get(struct odmm_prefix *p)
{
	refcount_inc(&p->address.ref);
}

void odmm_prefix_put(struct odmm_prefix *p);

/* spec.c */
int odmm_spec_check(struct odmm_net *odn, struct odmm_prefix_spec *spec);
int odmm_spec_check_lft(struct odmm_prefix_spec *spec);
int odmm_spec_check_key(struct odmm_prefix_spec *spec,
			const struct odmm_prefix *p,
			const struct odmm_request_key *key);
int odmm_spec_locate(struct odmm_net *odn, struct odmm_prefix_spec *spec,
		     struct odmm_prefix *p);
int odmm_spec_move(struct odmm_net *odn, struct odmm_prefix_spec *spec,
		   struct odmm_prefix *p);

/* table.c */
void odmm_prefix_table_init(struct odmm_net *odn);
void odmm_prefix_insert(struct odmm_net *odn, struct odmm_prefix *p);
void odmm_prefix_erase(struct odmm_net *odn, struct odmm_prefix *p);
void odmm_prefix_sort(struct odmm_net *odn, struct odmm_prefix *p);
struct odmm_prefix *odmm_prefix_find(struct odmm_net *odn,
				     const struct in6_addr *prefix, u32 len);
struct odmm_prefix *odmm_prefix_overlapping(struct odmm_net *odn,
					    const struct in6_addr *prefix,
					    u32 len);
struct odmm_prefix *odmm_prefix_next(struct odmm_net *odn,
				     const struct odmm_prefix *p);
struct odmm_prefix *odmm_prefix_after(struct odmm_net *odn,
				      const struct in6_addr *prefix);
struct odmm_prefix *odmm_prefix_best(struct odmm_net *odn,
				     const struct odmm_request_key *key);
bool odmm_prefix_coming(struct odmm_net *odn,
			const struct odmm_request_key *key);
bool odmm_prefix_matches(const struct odmm_prefix *p,
			 const struct odmm_request_key *key);

/* address.c */
int odmm_address_init(struct odmm_net *odn);
void odmm_address_exit(struct odmm_net *odn);
void odmm_address_make(struct odmm_address *a);
void odmm_address_refresh(struct odmm_address *a, u32 valid_lft);
void odmm_address_unmake(struct odmm_address *a);
void odmm_address_put(struct odmm_address *a);

/* iid.c */
void odmm_iid_make(const struct odmm_address *a, struct in6_addr *addr);
bool odmm_iid_reserved(__be64 iid);

/* rtnl.c */
int odmm_rtnl_open(struct odmm_net *odn, void (*ready)(struct sock *sk));
void odmm_rtnl_close_news(struct odmm_net *odn);
void odmm_rtnl_close(struct odmm_net *odn);
int odmm_rtnl_add_address(const struct odmm_address *a, u32 valid_lft);
int odmm_rtnl_del_address(const struct odmm_address *a);
int odmm_rtnl_add_unreachable(const struct odmm_address *a);
int odmm_rtnl_del_unreachable(const struct odmm_address *a);
int odmm_rtnl_news(struct odmm_net *odn, struct in6_addr *addr);

/* users.c */
/**
 * struct odmm_user_count - how many sockets use an address
 * @addr: the address
 * @users: sockets that are bound or connected from it, but those that hold
 *	it as a session
 */
struct odmm_user_count {
	struct in6_addr	addr;
	u32		users;
};

void odmm_users_count(struct odmm_net *odn, struct odmm_user_count *counts,
		      unsigned int n);
u32 odmm_users_of(const struct odmm_user_count *counts, unsigned int n,
		  const struct in6_addr *addr);

/* deadline.c */
void odmm_deadline_start(struct odmm_net *odn);
void odmm_deadline_stop(struct odmm_net *odn);
void odmm_deadline_init(struct odmm_deadline *d,
			void (*expire)(struct odmm_net *odn,
				       struct odmm_deadline *d));
void odmm_deadline_set(struct odmm_net *odn, struct odmm_deadline *d,
		       ktime_t when);
void odmm_deadline_clear(struct odmm_net *odn, struct odmm_deadline *d);

/* policy.c */
void odmm_policy_init(struct odmm_net *odn);
int odmm_policy_timeout(s32 timeout);
bool odmm_policy_room_for_request(const struct odmm_net *odn);

/* event.c */
void odmm_event_start(void);
void odmm_event_stop(void);
void odmm_event_prefix(const struct odmm_prefix *p);
void odmm_event_request(struct odmm_net *odn, const struct odmm_request *req);
void odmm_event_offer(struct odmm_net *odn, const struct odmm_request *req);
void odmm_event_agent(struct odmm_net *odn, const struct odmm_agent *agent);

/* print.c */
int odmm_print_prefix(struct sk_buff *skb, const struct odmm_prefix *p);
int odmm_print_request(struct sk_buff *skb, const struct odmm_net *odn,
		       const struct odmm_request *req);
int odmm_print_agent(struct sk_buff *skb, const struct odmm_agent *agent);
int odmm_print_session(struct sk_buff *skb, const struct odmm_session *s);
int odmm_print_stats(struct sk_buff *skb, struct odmm_net *odn);

/* netlink.c */
extern struct genl_family odmm_nl_family;

int odmm_netlink_init(void);
void odmm_netlink_exit(void);

#endif /* _ODMM_H */
