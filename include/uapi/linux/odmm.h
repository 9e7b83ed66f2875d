/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * On-demand mobility (RFC 8653): the socket contract.
 *
 * An application says per socket which kind of IPv6 source address it needs
 * and reads the address back. All options live at level IPPROTO_IPV6, on
 * AF_INET6 sockets of TCP, UDP, RAW and ICMPv6.
 *
 *   option            get/set  value                meaning
 *   IPV6_SC_TYPE      both     int                  wanted enum odmm_type
 *   IPV6_SC_FLAGS     both     int                  IPV6_REQUIRE_SRC_ON_NET,
 *                                                   IPV6_SC_BIND,
 *                                                   IPV6_SC_EVENTS
 *   IPV6_SC_TIMEOUT   both     int                  ms; 0 default, -1 no limit
 *   IPV6_SC_ADDR      get      struct in6_addr      the address; may wait
 *   IPV6_SC_STATUS    get      struct odmm_status   what is; never waits
 *   IPV6_SETSC        get      struct odmm_setsc    all of setsc() in one call
 *   IPV6_SC_LIFETIME  both     int                  s; 0 no limit of our own
 *
 * Only IPV6_SC_ADDR and IPV6_SETSC wait for the network, and only on a socket
 * without O_NONBLOCK. Anybody may call anything here on a socket of his own.
 *
 * Errors: ENOPROTOOPT (no module, or MPTCP), EINVAL, EFAULT, EAFNOSUPPORT
 * (IPv4-mapped), EISCONN (IPV6_SC_BIND on a connected socket), EOPNOTSUPP
 * (nobody serves the type, or not a socket of ours), EADDRNOTAVAIL (the
 * network refused, or the address is a duplicate, or was lost as soon as it
 * came), ETIMEDOUT, EINTR, EACCES
 * (policy forbids that type to the caller), EDQUOT (a quota of the caller is
 * used up), EINPROGRESS, EALREADY, EBUSY (bound to the address to be given up),
 * ENETDOWN (the interface went away), ECANCELED (another thread changed the wish
 * while this one waited), E2BIG (a struct odmm_setsc of more than a page),
 * ENOMEM. Other calls on a socket whose address was lost may return
 * ECONNABORTED.
 */
#ifndef _UAPI_LINUX_ODMM_H
#define _UAPI_LINUX_ODMM_H

#include <linux/types.h>
#include <linux/in6.h>

#define IPV6_SC_TYPE	8653
#define IPV6_SC_FLAGS	8654
#define IPV6_SC_TIMEOUT	8655
#define IPV6_SC_ADDR	8656
#define IPV6_SC_STATUS	8657
#define IPV6_SETSC	8658

/*
 * How old, in seconds, an address that was asked for with
 * IPV6_REQUIRE_SRC_ON_NET may become before it is deprecated (RFC 8653 section
 * 5). Counts from the grant; addresses shared with others are not concerned.
 */
#define IPV6_SC_LIFETIME	8659

/**
 * enum odmm_type - kinds of source address, RFC 8653 section 3.2
 * @ODMM_TYPE_NONE: nothing is wanted; also gives up what is held
 * @ODMM_TYPE_FIXED: valid for a very long time, reachable, survives moves
 * @ODMM_TYPE_SESSION_LASTING: valid as long as the sockets that asked for it
 * @ODMM_TYPE_NON_PERSISTENT: may be gone after a move
 * @ODMM_TYPE_GRACEFUL_REPLACEMENT: after a move valid for a while beside its
 *	replacement
 *
 * Values 5 to 7 are reserved, as in the drafts. A type is matched exactly:
 * never is an address of a "better" type given in its place.
 */
enum odmm_type {
	ODMM_TYPE_NONE,
	ODMM_TYPE_FIXED,
	ODMM_TYPE_SESSION_LASTING,
	ODMM_TYPE_NON_PERSISTENT,
	ODMM_TYPE_GRACEFUL_REPLACEMENT,
};

/*
 * Flags of IPV6_SC_FLAGS. Their values are free among the RFC 5014 flags of
 * IPV6_ADDR_PREFERENCES, where the drafts put the first of them.
 */
#define IPV6_REQUIRE_SRC_ON_NET	0x00010000 /* always ask the network anew */
#define IPV6_SC_BIND		0x00020000 /* bind the socket to the address */
#define IPV6_SC_EVENTS		0x00040000 /* queue a struct odmm_notice */

/**
 * enum odmm_state - where a socket's wish stands
 * @ODMM_STATE_IDLE: nothing asked yet, or given up
 * @ODMM_STATE_PENDING: the network is being asked
 * @ODMM_STATE_GRANTED: an address is held and may be used by new connections
 * @ODMM_STATE_DEPRECATED: the address held still works, but is on its way out
 * @ODMM_STATE_LOST: the address that was held is gone
 * @ODMM_STATE_FAILED: the last asking failed, see @error of struct odmm_status
 */
enum odmm_state {
	ODMM_STATE_IDLE,
	ODMM_STATE_PENDING,
	ODMM_STATE_GRANTED,
	ODMM_STATE_DEPRECATED,
	ODMM_STATE_LOST,
	ODMM_STATE_FAILED,
};

#define ODMM_LFT_INFINITY	0xffffffff	/* a lifetime without end */

/**
 * struct odmm_status - answer of IPV6_SC_STATUS
 * @size: bytes of this struct that the running kernel fills
 * @type: wanted enum odmm_type
 * @flags: IPV6_SC_FLAGS of the socket
 * @state: enum odmm_state
 * @error: errno of the last failure, 0 if there was none
 * @ifindex: access interface of the prefix held, 0 if none
 * @valid_lft: seconds until @addr becomes invalid, or ODMM_LFT_INFINITY
 * @preferred_lft: seconds until it is deprecated, or ODMM_LFT_INFINITY
 * @addr: address held, or lost; :: if there is none
 * @replacement: address to move to while @addr is deprecated or lost, else ::
 *
 * A caller that knows less of the struct gets what it knows: the smaller of
 * the two sizes is written and returned as the option's length.
 */
struct odmm_status {
	__u32		size;
	__u32		type;
	__u32		flags;
	__u32		state;
	__u32		error;
	__u32		ifindex;
	__u32		valid_lft;
	__u32		preferred_lft;
	struct in6_addr	addr;
	struct in6_addr	replacement;
};

/**
 * enum odmm_event - what a socket with IPV6_SC_EVENTS is told
 * @ODMM_EVENT_GRANTED: what it waited for is here
 * @ODMM_EVENT_FAILED: what it waited for will not come
 * @ODMM_EVENT_DEPRECATED: the address held is on its way out
 * @ODMM_EVENT_REPLACED: new sockets get another address; this one still works
 * @ODMM_EVENT_LOST: the address held is gone
 */
enum odmm_event {
	ODMM_EVENT_GRANTED = 1,
	ODMM_EVENT_FAILED,
	ODMM_EVENT_DEPRECATED,
	ODMM_EVENT_REPLACED,
	ODMM_EVENT_LOST,
};

/**
 * struct odmm_notice - news for a socket with IPV6_SC_EVENTS
 * @size: bytes of this struct that the running kernel fills
 * @event: enum odmm_event
 * @type: wanted enum odmm_type
 * @error: errno of ODMM_EVENT_FAILED, ECONNABORTED of ODMM_EVENT_LOST, else 0
 * @valid_lft: seconds until @addr becomes invalid, or ODMM_LFT_INFINITY
 * @preferred_lft: seconds until it is deprecated, or ODMM_LFT_INFINITY
 * @missed: notices that were merged into others since the last one, as the
 *	queue was full; at most 255
 * @reserved: 0
 * @addr: address held, or lost; :: if there is none
 * @replacement: address that new sockets get, or ::
 *
 * The data that recvmsg(MSG_ERRQUEUE) returns. It comes with a control message
 * (IPPROTO_IPV6, IPV6_RECVERR) of struct sock_extended_err, where ee_origin is
 * SO_EE_ORIGIN_ODMM, ee_errno is @error, ee_type @event, ee_code @type, ee_info
 * @valid_lft and ee_data @missed. poll() shows POLLERR while one waits.
 *
 * A call that waits returns the outcome itself, so ODMM_EVENT_GRANTED and
 * ODMM_EVENT_FAILED are for those who do not wait. What a notice says is as of
 * its queueing; IPV6_SC_STATUS says what is now.
 */
struct odmm_notice {
	__u32		size;
	__u32		event;
	__u32		type;
	__u32		error;
	__u32		valid_lft;
	__u32		preferred_lft;
	__u32		missed;
	__u32		reserved;
	struct in6_addr	addr;
	struct in6_addr	replacement;
};

#define SO_EE_ORIGIN_ODMM	0xd0	/* ee_origin of struct sock_extended_err */

/**
 * struct odmm_setsc - argument of IPV6_SETSC, read and written
 * @type: in: wanted enum odmm_type, 1 to 4
 * @flags: in: as IPV6_SC_FLAGS
 * @timeout: in: as IPV6_SC_TIMEOUT
 * @reserved: in: must be 0; out: 0
 * @addr: out: the address; not read
 *
 * A longer buffer is taken if all bytes past the struct are 0.
 */
struct odmm_setsc {
	__u32		type;
	__u32		flags;
	__s32		timeout;
	__u32		reserved;
	struct in6_addr	addr;
};

/*
 * The type of an address in IFA_PROTO of rtnetlink (shown by "ip -6 addr"),
 * and the protocol of the routes that keep unused addresses from looping.
 */
#define ODMM_IFAPROT(type)	(0xd0 + (type))
#define ODMM_RTPROT		0xd0

#endif /* _UAPI_LINUX_ODMM_H */
