/* SPDX-License-Identifier: GPL-2.0 */
/*
 * On-demand mobility (RFC 8653), private types.
 *
 * Calls go down only:
 *
 *   hooks  sockopt    netlink    the doors
 *       \     |       /   \
 *         session    /     |      what a socket asked for and holds; by status
 *             \     /      |      where that stands, by notice what it is told
 *             request      |      what is being waited for
 *             /     \      |
 *          agent   prefix -'      who answers; what there is, by spec what
 *                  /    \         there may be, by table and shelf where it is
 *              keep     adopt     how long it stays; what others have tagged
 *                  \    /
 *                  address        the kernel's own IPv6 address table,
 *                  /     \        written to through rtnl, with interface
 *                iid     rtnl     identifiers by iid
 *
 * policy, account, deadline, event, print, sessions, users, abort, meter and
 * trace serve all of them. What must travel up does so through a pointer that main.c sets
 * (struct odmm_net.on_prefix, .on_agent and .on_tagged) or that the object's
 * maker sets (struct odmm_address.ops, struct odmm_deadline.expire).
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
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/timerqueue.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/sock.h>
#include <uapi/linux/odmm.h>
#include <uapi/linux/odmm_netlink.h>

struct netlink_ext_ack;
struct genl_family;
struct odmm_net;
struct odmm_prefix;
struct odmm_request;
struct odmm_rtnl_news;
struct sk_buff;
struct socket;

#define ODMM_TYPE_MAX		ODMM_TYPE_GRACEFUL_REPLACEMENT
#define ODMM_NAME_LEN		16
#define ODMM_METER_BUCKETS	256

/* In a namespace, unless the administrator of the machine allows more. */
#define ODMM_REQUESTS_MAX	65536U
#define ODMM_PREFIXES_MAX	16384U

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
	ODMM_STAT_FORBIDDEN,
	ODMM_STAT_OVER_SESSIONS,
	ODMM_STAT_OVER_PENDING,
	ODMM_STAT_OVER_HELD,
	ODMM_STAT_OVER_RATE,
	ODMM_STAT_DEPRECATED,
	ODMM_STAT_AGED,
	ODMM_STAT_WITHDRAWN,
	ODMM_STAT_RELEASED,
	ODMM_STAT_PUT_BACK,
	ODMM_STAT_RETAGGED,
	ODMM_STAT_ADOPTED,
	ODMM_STAT_ADOPT_REFUSED,
	ODMM_STAT_ABORTED,
	ODMM_STAT_NOTICES,
	ODMM_STAT_NOTICES_MERGED,
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
 * @ODMM_ADDRESS_UNUSED: it was yielded, as nobody uses it
 */
enum odmm_address_news {
	ODMM_ADDRESS_USABLE,
	ODMM_ADDRESS_FAILED,
	ODMM_ADDRESS_LOST,
	ODMM_ADDRESS_UNUSED,
};

struct odmm_address;

/**
 * struct odmm_address_ops - what the owner of an address does
 * @settled: told the news; called with the net lock held, from the worker
 * @in_use: whether sockets use it; from the worker, may sleep
 * @yield: it is going to be taken away, if this is true; from the worker
 * @missing: somebody else took it away; how many ns to wait before it is put
 *	back, or -1 to give it up; from the worker, may sleep
 * @leaving: it is about to be taken away; from the worker, may sleep
 * @release: the last reference is gone
 */
struct odmm_address_ops {
	void (*settled)(struct odmm_address *a, enum odmm_address_news news);
	bool (*in_use)(struct odmm_address *a);
	bool (*yield)(struct odmm_address *a);
	s64 (*missing)(struct odmm_address *a);
	void (*leaving)(struct odmm_address *a);
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
 * @plen: prefix length that the kernel's table has it with (const)
 * @flags: IFA_F_NOPREFIXROUTE, unless somebody else made it without (const)
 * @target: interface that should carry it (net)
 * @ifindex: interface that carries it (net; written by the worker alone)
 * @former: interface that carried it before a move, or 0 (worker)
 * @addr: the address, valid from the first settled() on (net)
 * @node: place in odmm_net.addresses, while in the kernel's table (net)
 * @dirty: place in odmm_net.dirty (net)
 * @retry: when to look again whether it is usable (net)
 * @delay: how long the last such time was away, ns (worker)
 * @valid_until: lifetime to tell the kernel, CLOCK_BOOTTIME (net)
 * @preferred_until: the same; 0 keeps it from sockets that never asked (net)
 * @wanted: it should exist (net)
 * @made: it is in the kernel's table, as far as we know (net)
 * @usable: the owner was told so (net)
 * @proven: it has been usable once, and stays the same from then on (net)
 * @stale: the kernel's lifetime or tag of it must be renewed (net)
 * @fenced: the unreachable route of its prefix is there (worker)
 * @absent: somebody took it away, and it is to be put back (worker)
 * @yield: take it away if nobody uses it (net)
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
	u8				plen;
	u32				flags;
	int				target;
	int				ifindex;
	int				former;
	struct in6_addr			addr;
	struct rb_node			node;
	struct list_head		dirty;
	struct odmm_deadline		retry;
	u64				delay;
	ktime_t				valid_until;
	ktime_t				preferred_until;
	bool				wanted;
	bool				made;
	bool				usable;
	bool				proven;
	bool				stale;
	bool				fenced;
	bool				absent;
	bool				yield;
	u8				conflicts;
};

/**
 * struct odmm_place - where a prefix is found by those whom it serves
 * @prefix: the prefix (const)
 * @shelf: with others that serve the same ones, NULL if it has no place (net)
 * @node: place in one of the lists of @shelf (net)
 */
struct odmm_place {
	struct odmm_prefix	*prefix;
	struct odmm_shelf	*shelf;
	struct list_head	node;
};

/**
 * struct odmm_prefix - a typed prefix
 * @address: its address; address.ref counts for the prefix too
 * @node: place in odmm_net.prefixes, until it is gone (net)
 * @everybody: place among those that serve all of its VRF, or all outside (net)
 * @link: place among those of its access interface (net)
 * @fading: place in odmm_net.fading (net)
 * @holders: wants that hold it (net)
 * @expiry: end of the preferred, then of the valid lifetime (net)
 * @linger: when to look next whether anybody uses it (net)
 * @look: place in odmm_net.looks; being there is a reference (net)
 * @unused_since: the first look that found nobody after one that did, or 0
 *	(net)
 * @serial: number of its own (const)
 * @arrival: such a number, new when it comes by another interface (net)
 * @born: when it came, CLOCK_BOOTTIME (const)
 * @preferred_until: when it is deprecated, CLOCK_BOOTTIME (net)
 * @valid_until: when it is gone, CLOCK_BOOTTIME (net)
 * @cookie: request that it answers, 0 if it simply came (const)
 * @ifindex: access interface, 0 once that was removed (net)
 * @vrf: VRF of the access interface, or 0 (const)
 * @sessions: sockets that hold it, the length of @holders (net)
 * @flags: enum odmm_prefix_flags (const)
 * @uid: user whom it serves alone, or INVALID_UID (const)
 * @lifetime: seconds that its only user gives it, 0 for no limit (net)
 * @state: enum odmm_prefix_state (net)
 * @end: enum odmm_prefix_end, once it is gone (net)
 * @withdrawn: it ends by prefix-withdraw (net)
 * @faded: those who hold it know that it is deprecated (net)
 * @first_held: when somebody held it for the first time, or 0 (net)
 * @privileged: its last user had CAP_NET_ADMIN (net)
 * @losses: times that its address was taken away since @first_loss (net)
 * @first_loss: CLOCK_BOOTTIME (net)
 * @meter: place in odmm_net.meters while bytes are counted (net, rcu)
 * @bytes: sent from its address while they are (atomic)
 * @max_bytes: how many may be, 0 if none are counted (net; read without)
 * @spent: more bytes than policy allows were sent (no lock)
 * @owner: user who is charged for it, as it serves one socket alone (net)
 * @origin: who brought it (const)
 * @rcu: frees it
 */
struct odmm_prefix {
	struct odmm_address	address;
	struct rb_node		node;
	struct odmm_place	everybody;
	struct odmm_place	link;
	struct list_head	fading;
	struct list_head	holders;
	struct odmm_deadline	expiry;
	struct odmm_deadline	linger;
	struct list_head	look;
	ktime_t			unused_since;
	u32			serial;
	u32			arrival;
	ktime_t			born;
	ktime_t			preferred_until;
	ktime_t			valid_until;
	u64			cookie;
	int			ifindex;
	int			vrf;
	u32			sessions;
	u32			flags;
	kuid_t			uid;
	u32			lifetime;
	u8			state;
	u8			end;
	bool			withdrawn;
	bool			faded;
	bool			privileged;
	u8			losses;
	ktime_t			first_loss;
	ktime_t			first_held;
	struct hlist_node	meter;
	atomic64_t		bytes;
	u64			max_bytes;
	bool			spent;
	struct odmm_account	*owner;
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
 * @tagged: an address that is in the kernel's table already, or NULL
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
	const struct odmm_rtnl_news *tagged;
	struct netlink_ext_ack *extack;
	int		culprit;
};

/**
 * struct odmm_want - one socket's want, waiting or satisfied
 * @req: request that it waits for, NULL if it does not wait (net)
 * @prefix: what it holds; a prefix that is gone has been lost (net, rcu)
 * @node: place in odmm_request.wants or odmm_prefix.holders (net)
 * @limit: end of the waiting (net)
 * @wq: where blocked callers sleep
 * @account: user who pays for it (net)
 * @tell: place in odmm_net.tell, while there is something to tell (net)
 * @blocked: callers that sleep on @wq (net)
 * @lifetime: IPV6_SC_LIFETIME, seconds (net)
 * @error: errno of the last failure, 0 if none (net)
 * @type: wanted enum odmm_type (net)
 * @due: mask of enum odmm_event that the socket is to be told (net)
 * @missed: how many were merged into those (net)
 * @unreported: nobody was told of @error yet (net)
 * @nonblock: somebody wants it without sleeping for it (net)
 * @events: the socket wants to be told (net)
 * @own: a prefix of its own is charged to @account (net)
 */
struct odmm_want {
	struct odmm_request		*req;
	struct odmm_prefix __rcu	*prefix;
	struct list_head		node;
	struct odmm_deadline		limit;
	wait_queue_head_t		wq;
	struct odmm_account		*account;
	struct list_head		tell;
	u32				blocked;
	u32				lifetime;
	u16				error;
	u8				type;
	u8				due;
	u8				missed;
	u8				unreported : 1;
	u8				nonblock : 1;
	u8				events : 1;
	u8				own : 1;
};

/**
 * struct odmm_account - what one user has and does in a namespace
 * @node: place in odmm_net.accounts (net)
 * @list: sessions that are charged to it (net)
 * @uid: the user (const)
 * @sessions: length of @list (net)
 * @pending: wants that wait (net)
 * @held: prefixes for one socket alone that are asked for, or there (net)
 * @paid_until: time for which the requests with IPV6_REQUIRE_SRC_ON_NET of the
 *	past have used up the allowed rate, CLOCK_BOOTTIME (net)
 */
struct odmm_account {
	struct rb_node		node;
	struct list_head	list;
	kuid_t			uid;
	u32			sessions;
	u32			pending;
	u32			held;
	ktime_t			paid_until;
};

/**
 * struct odmm_type_policy - what is decided about a type
 * @linger: seconds that a prefix stays after its last user
 * @grace: seconds that a withdrawn prefix stays valid
 * @max_age: seconds until a prefix is deprecated, 0 for never
 * @max_bytes: the same in bytes sent
 * @timeout: ms that a socket waits which does not say, -1 for no limit
 * @access: enum odmm_access
 * @abort: abort connections whose address is lost
 * @share_uid: no sharing of prefixes between users
 * @gid_min: first group that may ask
 * @gid_max: last group that may ask
 * @capability: capability that is needed to ask
 */
struct odmm_type_policy {
	u32	linger;
	u32	grace;
	u32	max_age;
	u64	max_bytes;
	s32	timeout;
	u8	access;
	bool	abort;
	bool	share_uid;
	kgid_t	gid_min;
	kgid_t	gid_max;
	int	capability;
};

/**
 * struct odmm_policy - what the administrator of a namespace decides; the
 *	attributes of the same names tell the units and limits
 * @type: by type
 * @sessions: per user
 * @pending: per user
 * @held: per user
 * @on_net_rate: per user
 * @on_net_burst: per user
 * @requests_max: of the namespace
 * @prefixes_max: of the namespace
 * @default_types: types that the kernel may choose for any socket
 * @rfc5014: IPV6_ADDR_PREFERENCES is looked at
 */
struct odmm_policy {
	struct odmm_type_policy	type[ODMM_TYPE_MAX + 1];
	u32			sessions;
	u32			pending;
	u32			held;
	u32			on_net_rate;
	u32			on_net_burst;
	u32			requests_max;
	u32			prefixes_max;
	u32			default_types;
	bool			rfc5014;
};

/**
 * struct odmm_request_key - what is asked of the network
 * @type: enum odmm_type
 * @ifindex: interface that the socket is bound to, or 0
 * @flags: IPV6_REQUIRE_SRC_ON_NET or 0
 * @uid: user who shares with nobody, or INVALID_UID
 */
struct odmm_request_key {
	u32	type;
	int	ifindex;
	u32	flags;
	kuid_t	uid;
};

/**
 * struct odmm_request - something asked of the network
 * @node: place in odmm_net.requests, by cookie (net)
 * @wants: those who wait (net)
 * @shared: place in odmm_net.shared, if others may join it (net)
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
	struct list_head	shared;
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
 * @accepted: requests that it works on (net)
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
	u32			accepted;
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
 * @flags: IPV6_SC_FLAGS (net)
 * @timeout: IPV6_SC_TIMEOUT, a word of its own (no lock)
 * @replacement: serial number of the prefix that the socket was told of last as
 *	the replacement for its own (net)
 * @want: the want (net)
 * @charged: place in odmm_account.list (net)
 * @rcu: frees it, once it is in no list any more
 */
struct odmm_session {
	struct rhash_head	node;
	struct sock		*sk;
	struct odmm_net		*odn;
	u32			id;
	u32			flags;
	s32			timeout;
	u32			replacement;
	struct odmm_want	want;
	union {
		struct list_head	charged;
		struct rcu_head		rcu;
	};
};

/**
 * struct odmm_net - one network namespace
 * @net: the namespace (const)
 * @lock: "net" in this file; taken in process context only
 * @session_ids: sessions by number (rcu, own lock)
 * @n_sessions: how many (atomic)
 * @next_session: hint for the next number (lock of @session_ids)
 * @sweep: finds the sessions of dead sockets
 * @accounts: users by uid (net)
 * @tell: wants whose socket is to be told something (net)
 * @tell_work: tells them
 * @requests: open ones by cookie (net)
 * @shared: those that wants may join, by type (net)
 * @n_requests: how many (net)
 * @last_cookie: last one given (net)
 * @agents: claims (net)
 * @n_agents: how many (net)
 * @last_agent: last number given (net)
 * @on_agent: told when a claim has begun or ended (const)
 * @prefixes: by prefix (net)
 * @n_prefixes: how many (net)
 * @last_prefix: last serial number given (net)
 * @shelves: prefixes by whom they serve (net)
 * @fading: deprecated prefixes, by type (net)
 * @on_prefix: told when a prefix has become active or has failed (const)
 * @on_move: told when a prefix comes by another interface (const)
 * @looks: prefixes whose users are to be looked for (net)
 * @look_work: looks for them
 * @meters: prefixes whose bytes are counted, by address (net, rcu)
 * @meter_work: deprecates those that have sent enough
 * @metering: packets are looked at (policy_mutex)
 * @hooked: IPV6_ADDR_PREFERENCES is looked at (policy_mutex; read without)
 * @addresses: by address (net)
 * @dirty: addresses that the worker has to see to, in order (net)
 * @news_lost: look at the whole table of the kernel (worker)
 * @resync: when to look at the whole table, if that has failed (net)
 * @closing: no prefixes any more, and the kernel's table is left alone (net)
 * @on_tagged: told of addresses that others gave a type; worker (const)
 * @address_work: the worker
 * @rtnl: asks the kernel's rtnetlink; used by the worker alone
 * @news: listens to the kernel's address news; read by the worker alone
 * @deadlines: things that must happen (net)
 * @deadline_timer: rings for the first of them
 * @deadline_work: makes them happen
 * @policy_mutex: one change of policy at a time; taken before the net lock
 * @policy: what is allowed, and defaults (net)
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
	struct rb_root		accounts;

	struct list_head	tell;
	struct work_struct	tell_work;

	struct rb_root		requests;
	struct list_head	shared[ODMM_TYPE_MAX + 1];
	u32			n_requests;
	u64			last_cookie;

	struct list_head	agents;
	u32			n_agents;
	u32			last_agent;
	void (*on_agent)(struct odmm_net *odn,
			 const struct odmm_agent *agent);

	struct rb_root		prefixes;
	u32			n_prefixes;
	u32			last_prefix;
	struct rb_root		shelves;
	struct list_head	fading[ODMM_TYPE_MAX + 1];
	void (*on_prefix)(struct odmm_prefix *p);
	void (*on_move)(struct odmm_prefix *p);

	struct list_head	looks;
	struct work_struct	look_work;

	struct hlist_head	meters[ODMM_METER_BUCKETS];
	struct work_struct	meter_work;
	bool			metering;
	bool			hooked;

	struct rb_root		addresses;
	struct list_head	dirty;
	bool			news_lost;
	struct odmm_deadline	resync;
	bool			closing;
	void (*on_tagged)(struct odmm_net *odn,
			  const struct odmm_rtnl_news *news);
	struct work_struct	address_work;
	struct socket		*rtnl;
	struct socket		*news;

	struct timerqueue_head	deadlines;
	struct hrtimer		deadline_timer;
	struct work_struct	deadline_work;

	struct mutex		policy_mutex;	/* changes of policy */
	struct odmm_policy	policy;
	siphash_key_t		secret;
	u64			stats[ODMM_STAT_MAX];
};

/**
 * struct odmm_rtnl_news - an address in the kernel's table, as rtnetlink says
 * @addr: the address
 * @ifindex: interface that carries it
 * @plen: prefix length
 * @proto: IFA_PROTO, 0 if it has none
 * @flags: IFA_FLAGS
 * @valid_lft: seconds, ODMM_LFT_INFINITY for ever
 * @there: it was added or changed, and not taken away
 */
struct odmm_rtnl_news {
	struct in6_addr	addr;
	int		ifindex;
	u8		plen;
	u8		proto;
	u32		flags;
	u32		valid_lft;
	bool		there;
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

/* main.c */
int odmm_net_start(struct odmm_net *odn, struct net *net);
void odmm_net_stop(struct odmm_net *odn);

/* sockopt.c */
int odmm_sockopt_init(void);
void odmm_sockopt_exit(void);
int odmm_sockopt_check(const struct sock *sk);

/* sessions.c */
int odmm_session_table_init(void);
void odmm_session_table_exit(void);
struct odmm_session *odmm_session_find(struct sock *sk);
int odmm_session_insert(struct odmm_session *s);
void odmm_session_remove(struct odmm_session *s);

/* status.c */
void odmm_session_key(const struct odmm_session *s,
		      struct odmm_request_key *key);
struct odmm_prefix *odmm_session_replacement(const struct odmm_session *s);
void odmm_session_describe(const struct odmm_session *s,
			   struct odmm_status *status);

/* session.c */
int odmm_session_cache_init(void);
void odmm_session_cache_exit(void);
void odmm_session_init(struct odmm_net *odn);
void odmm_session_exit(struct odmm_net *odn);
struct odmm_session *odmm_session_new(struct odmm_net *odn, struct sock *sk,
				      gfp_t gfp);

/* The session of a socket, new if it has none. May sleep; for system calls. */
static inline struct odmm_session *odmm_session_make(struct sock *sk)
{
	return odmm_session_find(sk) ?:
	       odmm_session_new(odmm_net(sock_net(sk)), sk,
				GFP_KERNEL_ACCOUNT);
}

int odmm_session_set_type(struct odmm_session *s, u32 type);
int odmm_session_set_flags(struct odmm_session *s, u32 flags, u32 mask);
void odmm_session_set_lifetime(struct odmm_session *s, u32 lifetime);
int odmm_session_ask(struct odmm_session *s, const struct odmm_setsc *wish,
		     bool nonblock, struct in6_addr *addr);
void odmm_session_status(struct odmm_session *s, struct odmm_status *status);

/* notice.c */
void odmm_notice_init(struct odmm_net *odn);
void odmm_notice_exit(struct odmm_net *odn);
void odmm_notice_retry(struct odmm_session *s);

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
void odmm_request_on_move(struct odmm_prefix *p);

int odmm_request_accept(struct odmm_net *odn, struct odmm_agent *agent,
			u64 cookie, struct odmm_request **req,
			struct netlink_ext_ack *extack);
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
void odmm_agent_closed(struct odmm_net *odn, u32 portid);
struct odmm_agent *odmm_agent_of(struct odmm_net *odn, const struct sock *sk);
struct odmm_agent *odmm_agent_after(struct odmm_net *odn, u32 id);
struct odmm_agent *odmm_agent_find(struct odmm_net *odn, u32 id);
bool odmm_agent_serves(const struct odmm_agent *agent,
		       const struct odmm_request_key *key);
bool odmm_agents_serve(struct odmm_net *odn,
		       const struct odmm_request_key *key);

/* prefix.c */
void odmm_prefix_init(struct odmm_net *odn);
void odmm_prefix_exit(struct odmm_net *odn);
int odmm_prefix_add(struct odmm_net *odn, struct odmm_prefix_spec *spec,
		    const struct odmm_request_key *key);
int odmm_prefix_change(struct odmm_net *odn, struct odmm_prefix *p,
		       struct odmm_prefix_spec *spec);
void odmm_prefix_remove(struct odmm_prefix *p, enum odmm_prefix_end end);
void odmm_prefix_withdraw(struct odmm_prefix *p, u32 grace);
void odmm_prefix_limit(struct odmm_prefix *p, u32 lifetime);
void odmm_prefix_review(struct odmm_net *odn);
ktime_t odmm_prefix_fresh_until(const struct odmm_prefix *p);
void odmm_prefix_hold(struct odmm_prefix *p, struct odmm_want *w);
void odmm_prefix_unhold(struct odmm_prefix *p, struct odmm_want *w);
void odmm_prefix_link_gone(struct odmm_net *odn, int ifindex);

static inline struct odmm_prefix *odmm_prefix_of(struct odmm_address *a)
{
	return container_of(a, struct odmm_prefix, address);
}

static inline void odmm_prefix_get(struct odmm_prefix *p)
{
	refcount_inc(&p->address.ref);
}

void odmm_prefix_put(struct odmm_prefix *p);

/* keep.c */
bool odmm_keep_is_promised(u32 type);
bool odmm_keep_in_use(struct odmm_address *a);
bool odmm_keep_is_over(const struct odmm_prefix *p);
s64 odmm_keep_delay(struct odmm_address *a);
void odmm_keep_leaving(struct odmm_address *a);
void odmm_keep_arm(struct odmm_prefix *p);
void odmm_keep_expire(struct odmm_net *odn, struct odmm_deadline *d);
void odmm_keep_init(struct odmm_net *odn);
void odmm_keep_exit(struct odmm_net *odn);

/* adopt.c */
void odmm_adopt(struct odmm_net *odn, const struct odmm_rtnl_news *news);

/* abort.c */
int odmm_abort_init(void);
void odmm_abort_exit(void);
void odmm_abort_users(const struct odmm_prefix *p);

/* meter.c */
int odmm_meter_switch(struct odmm_net *odn, bool on);
void odmm_meter_start(struct odmm_prefix *p);
void odmm_meter_stop(struct odmm_prefix *p);
void odmm_meter_exit(struct odmm_net *odn);

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
struct odmm_prefix *odmm_prefix_find(struct odmm_net *odn,
				     const struct in6_addr *prefix, u32 len);
struct odmm_prefix *odmm_prefix_overlapping(struct odmm_net *odn,
					    const struct in6_addr *prefix,
					    u32 len);
struct odmm_prefix *odmm_prefix_next(struct odmm_net *odn,
				     const struct odmm_prefix *p);
struct odmm_prefix *odmm_prefix_after(struct odmm_net *odn,
				      const struct in6_addr *prefix);
struct odmm_prefix *odmm_prefix_successor(struct odmm_net *odn,
					  const struct odmm_prefix *p);
bool odmm_prefix_succeeds(const struct odmm_prefix *p,
			  const struct odmm_prefix *old);
bool odmm_prefix_matches(const struct odmm_prefix *p,
			 const struct odmm_request_key *key);

/* shelf.c */
void odmm_shelf_init(struct odmm_prefix *p);
int odmm_shelf_take(struct odmm_prefix *p);
int odmm_shelf_move(struct odmm_prefix *p, int ifindex);
void odmm_shelf_leave(struct odmm_prefix *p);
void odmm_shelf_sort(struct odmm_prefix *p);
struct odmm_prefix *odmm_shelf_best(struct odmm_net *odn,
				    const struct odmm_request_key *key);
bool odmm_shelf_coming(struct odmm_net *odn,
		       const struct odmm_request_key *key);

/* address.c */
int odmm_address_init(struct odmm_net *odn);
void odmm_address_stop(struct odmm_net *odn);
void odmm_address_exit(struct odmm_net *odn);
void odmm_address_setup(struct odmm_address *a);
void odmm_address_take(struct odmm_address *a,
		       const struct odmm_rtnl_news *news);
void odmm_address_refresh(struct odmm_address *a, ktime_t valid_until,
			  ktime_t preferred_until);
void odmm_address_move(struct odmm_address *a, int ifindex);
void odmm_address_yield(struct odmm_address *a);
void odmm_address_unmake(struct odmm_address *a);
void odmm_address_link_up(struct odmm_net *odn, int ifindex);
void odmm_address_put(struct odmm_address *a);

/* iid.c */
void odmm_iid_make(const struct odmm_address *a, struct in6_addr *addr);
bool odmm_iid_reserved(__be64 iid);

/* rtnl.c */
int odmm_rtnl_open(struct odmm_net *odn, void (*ready)(struct sock *sk));
void odmm_rtnl_close_news(struct odmm_net *odn);
void odmm_rtnl_close(struct odmm_net *odn);
int odmm_rtnl_add_address(const struct odmm_address *a, u32 valid_lft,
			  u32 preferred_lft);
int odmm_rtnl_del_address(const struct odmm_address *a, int ifindex);
int odmm_rtnl_add_unreachable(const struct odmm_address *a);
int odmm_rtnl_del_unreachable(const struct odmm_address *a);
int odmm_rtnl_news(struct odmm_net *odn, struct odmm_rtnl_news *news);
int odmm_rtnl_each_address(struct odmm_net *odn,
			   void (*fn)(struct odmm_net *odn,
				      const struct odmm_rtnl_news *news));

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

/**
 * struct odmm_user_list - sockets that use an address
 * @addr: the address
 * @n: entries of @sk
 * @max: room in @sk
 * @more: how many found no room
 * @sk: the sockets, held
 */
struct odmm_user_list {
	struct in6_addr	addr;
	unsigned int	n;
	unsigned int	max;
	unsigned int	more;
	struct sock	*sk[];
};

void odmm_users_list(struct odmm_net *odn, struct odmm_user_list *list);
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
bool odmm_deadline_is_before(const struct odmm_deadline *d, ktime_t when);
void odmm_deadline_set(struct odmm_net *odn, struct odmm_deadline *d,
		       ktime_t when);
void odmm_deadline_clear(struct odmm_net *odn, struct odmm_deadline *d);

/* policy.c */
void odmm_policy_init(struct odmm_net *odn);
s32 odmm_policy_timeout(const struct odmm_net *odn, u32 type, s32 timeout);
bool odmm_policy_allows(const struct odmm_net *odn, u32 type);
bool odmm_policy_room_for_request(const struct odmm_net *odn);
u32 odmm_policy_linger(const struct odmm_prefix *p);
ktime_t odmm_policy_age_end(const struct odmm_prefix *p);

/* account.c */
bool odmm_account_is_root(const struct odmm_net *odn,
			  const struct odmm_account *acc);
struct odmm_account *odmm_account_of_caller(struct odmm_net *odn);
bool odmm_account_has_room(const struct odmm_net *odn,
			   const struct odmm_account *acc);
bool odmm_account_is_full(const struct odmm_net *odn,
			  const struct odmm_account *acc);
int odmm_account_wait(struct odmm_net *odn, struct odmm_account *acc);
int odmm_account_own(struct odmm_net *odn, struct odmm_want *w);
void odmm_account_disown(struct odmm_want *w);
void odmm_account_give(struct odmm_want *w, struct odmm_prefix *p);
void odmm_account_gone(struct odmm_prefix *p);
bool odmm_account_sweep(struct odmm_net *odn);
void odmm_account_exit(struct odmm_net *odn);

/* hooks.c */
void odmm_hooks_stop(void);
void odmm_hooks_exit(struct odmm_net *odn);
int odmm_hooks_switch(struct odmm_net *odn, bool on);

/* event.c */
void odmm_event_start(void);
void odmm_event_stop(void);
void odmm_event_want(struct odmm_net *odn, struct odmm_want *w,
		     enum odmm_event event);
void odmm_event_want_drop(struct odmm_want *w);
void odmm_event_prefix(const struct odmm_prefix *p);
void odmm_event_prefix_end(const struct odmm_prefix *p);
void odmm_event_request(struct odmm_net *odn, const struct odmm_request *req);
void odmm_event_offer(struct odmm_net *odn, const struct odmm_request *req);
void odmm_event_agent(struct odmm_net *odn, const struct odmm_agent *agent);

/* print.c */
/*
 * Room for all attributes of one. A page would do as well, but many kernels
 * clear all that they allocate.
 */
#define ODMM_PRINT_PREFIX_SIZE	256
#define ODMM_PRINT_REQUEST_SIZE	128

int odmm_print_prefix(struct sk_buff *skb, const struct odmm_prefix *p);
int odmm_print_request(struct sk_buff *skb, const struct odmm_net *odn,
		       const struct odmm_request *req);
int odmm_print_agent(struct sk_buff *skb, const struct odmm_agent *agent);
int odmm_print_session(struct sk_buff *skb, const struct odmm_session *s);
int odmm_print_stats(struct sk_buff *skb, struct odmm_net *odn);
int odmm_print_policy(struct sk_buff *skb, const struct odmm_net *odn,
		      u32 type);

/* netlink.c */
extern struct genl_family odmm_nl_family;

int odmm_netlink_init(void);
void odmm_netlink_exit(void);

#endif /* _ODMM_H */
