/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libodmm: on-demand mobility for applications (RFC 8653).
 *
 * setsc() is the call that the drafts of RFC 8653 declare and the RFC names
 * in its appendix A. The socket options behind it are in <linux/odmm.h>.
 */
#ifndef _ODMM_H
#define _ODMM_H

#include <stdint.h>
#include <netinet/in.h>
#include <linux/odmm.h>		/* and with it the names of RFC 5014 */

#ifdef __cplusplus
extern "C" {
#endif

/* The drafts' name of the type; 0 and 5 to 7 are reserved. */
typedef enum odmm_type sc_type;

/* Names of RFC 8653, appendix A */
#define FIXED_IP_ADDRESS		ODMM_TYPE_FIXED
#define SESSION_LASTING_IP_ADDRESS	ODMM_TYPE_SESSION_LASTING
#define NON_PERSISTENT_IP_ADDRESS	ODMM_TYPE_NON_PERSISTENT
#define GRACEFUL_REPLACEMENT_IP_ADDRESS	ODMM_TYPE_GRACEFUL_REPLACEMENT

/* Names of the drafts' table of values */
#define FIXED_IPV6_ADDRESS		ODMM_TYPE_FIXED
#define SESSION_LASTING_IPV6_ADDRESS	ODMM_TYPE_SESSION_LASTING
#define NON_PERSISTENT_IPV6_ADDRESS	ODMM_TYPE_NON_PERSISTENT
#define GRACEFUL_REPLACEMENT_IPV6_ADDRESS ODMM_TYPE_GRACEFUL_REPLACEMENT

/* Names of the flags of the early drafts, still in the example of late ones */
#define IPV6_REQUIRE_FIXED_IP		ODMM_TYPE_FIXED
#define IPV6_REQUIRE_SESSION_LASTING_IP	ODMM_TYPE_SESSION_LASTING
#define IPV6_REQUIRE_NON_PERSISTENT_IP	ODMM_TYPE_NON_PERSISTENT
#define IPV6_REQUIRE_GRACEFUL_REPLACEMENT_IP ODMM_TYPE_GRACEFUL_REPLACEMENT

/*
 * What setsc() returns when it does not succeed. The drafts give no numbers;
 * these are odmm's own, outside the range of getaddrinfo(3) in every libc,
 * and gai_strerror(3) does not know them: read errno.
 */
#define EAI_REQUIREDIPNOTSUPPORTED	(-8653)	/* type not supported */
#define EAI_REQUIREDIPFAILED		(-8654)	/* network could not fulfil */

/**
 * setsc() - set service continuity: ask for a source address of one type
 * @sockfd: AF_INET6 socket of TCP, UDP, RAW, ICMPv6 or MPTCP
 * @sourceAddress: the address is stored here, untouched on failure
 * @addressType: kind of address wanted; never is another kind given
 *
 * The address is the socket's until it is closed, asks for another type or
 * calls setsc_release(). It takes effect with bind(2) to it (or IPV6_PKTINFO);
 * setsc_bind() does that too. IPV6_SC_FLAGS, such as IPV6_REQUIRE_SRC_ON_NET,
 * and IPV6_SC_TIMEOUT set before are honoured.
 *
 * Blocks while the network is asked, unless the socket is O_NONBLOCK: then
 * EAI_REQUIREDIPFAILED with errno EINPROGRESS, and EALREADY as long as the
 * answer is out; call again, or look at IPV6_SC_STATUS.
 *
 * Anybody may call it on a socket of his own, from any thread; policy may
 * forbid a type.
 *
 * MPTCP: the kernel has no such option for these sockets, so a second socket
 * of the caller's holds the address. It lives as long as @sockfd is not seen
 * to be closed, which the library looks for at each of its calls, or until
 * setsc_release(@sockfd). So call that before close(2); not noticed is a
 * socket that lives on under another number only (dup(2), SCM_RIGHTS,
 * execve(2)). Flags cannot be set on these sockets.
 *
 * RFC 8653 section 3.4 and appendix A;
 * draft-ietf-dmm-ondemand-mobility-15 section 4.
 *
 * Return: 0, or
 * EAI_REQUIREDIPNOTSUPPORTED: nobody serves the type here (errno EOPNOTSUPP),
 *	the module is not loaded (ENOPROTOOPT), or the socket is an IPv4 one
 *	(EAFNOSUPPORT);
 * EAI_REQUIREDIPFAILED: errno is EADDRNOTAVAIL (refused, or the address is a
 *	duplicate), ETIMEDOUT, EINTR, EINPROGRESS, EALREADY, EACCES, EDQUOT,
 *	ENETDOWN, EBUSY (bound to an address of another type), EINVAL (no such
 *	type), EFAULT, EBADF, ENOTSOCK, or EXDEV (an MPTCP socket of another
 *	network namespace than the caller's); ENOMEM and EMFILE may come with
 *	MPTCP.
 */
int setsc(int sockfd, struct in6_addr *sourceAddress, sc_type addressType);

/**
 * setsc_bind() - setsc(), and bind the socket to the address
 * @sockfd: as setsc()
 * @sourceAddress: as setsc()
 * @addressType: as setsc()
 *
 * Binds the address alone: the port is chosen by connect(2) or listen(2), as
 * with IP_BIND_ADDRESS_NO_PORT. It sets IPV6_SC_BIND on the socket, and takes
 * it back if there will be no address. Where a kernel does not let MPTCP
 * sockets leave the port open, they get one here.
 *
 * Blocks, and may be called, as setsc().
 *
 * RFC 8653 appendix A ("then the application can call the bind() function").
 *
 * Return: as setsc(), and errno EISCONN (connected already) or EINVAL (bound
 * to something else already) with EAI_REQUIREDIPFAILED.
 */
int setsc_bind(int sockfd, struct in6_addr *sourceAddress, sc_type addressType);

/**
 * setsc_release() - want nothing any more, give up what is held
 * @sockfd: socket that setsc() was called on
 *
 * Ends a pending want too. Closing the socket does the same, but see setsc()
 * about MPTCP: there this call may be made while the socket is still bound.
 *
 * Does not block. May be called as setsc().
 *
 * RFC 8653 section 3.4 (what happens after the last socket closes).
 *
 * Return: as setsc(), and errno EBUSY (the socket is bound to the address)
 * with EAI_REQUIREDIPFAILED.
 */
int setsc_release(int sockfd);

/**
 * setsc_notice() - read one notice of a socket with IPV6_SC_EVENTS
 * @sockfd: socket that setsc() was called on, or IPV6_SC_ADDR asked for
 * @notice: the notice is stored here; what the kernel does not know of it is 0
 *
 * To be called when poll(2) shows POLLERR, until there is none. Other messages
 * on the way to it in the error queue (of IPV6_RECVERR or MSG_ZEROCOPY) are
 * dropped: programs that want those read the queue themselves, and find there
 * what is written at struct odmm_notice.
 *
 * Never blocks. Anybody may call it on a socket of his own. MPTCP sockets get
 * no notices.
 *
 * RFC 8653 section 3.2 (Graceful-Replacement).
 *
 * Return: 1, 0 if no notice waits, or -1 with errno EBADF, ENOTSOCK or EOPNOTSUPP.
 */
int setsc_notice(int sockfd, struct odmm_notice *notice);

/**
 * inet6_is_srcaddr() - whether an address is local and of a kind
 * @srcaddr: the address; sin6_scope_id names the interface of a link-local one
 * @flags: what is asked of it, IPV6_PREFER_SRC_ flags of <linux/in6.h>; 0 is
 *	nothing but that it is local
 *
 * For a program that has chosen with IPV6_ADDR_PREFERENCES, which only prefers,
 * and wants to know what it got (with getsockname(2), after connect(2)).
 *
 * IPV6_PREFER_SRC_TMP is true of temporary addresses (RFC 8981), _PUBLIC of all
 * others; _HOME of those with the flag homeaddress of "ip address", _COA of all
 * others, as in the kernel's own choice: it does not mark care-of addresses, so
 * those of a host that knows nothing of Mobile IPv6 count as such. Linux does
 * not mark cryptographically generated addresses either: _NONCGA is true of all
 * and _CGA of none. _PUBTMP_DEFAULT asks for nothing. IPV6_REQUIRE_SRC_ON_NET,
 * which the drafts put among these flags, is wrong here: it says how to get an
 * address, not of what kind it is. The type of RFC 8653 of the address of a
 * socket is in IPV6_SC_STATUS.
 *
 * Does not block for the network. Anybody may call it, from any thread. It
 * asks the kernel each time.
 *
 * RFC 5014 section 7.
 *
 * Return: 1 if it is all of what @flags ask for, 0 if it is local and not, -1
 * with errno EADDRNOTAVAIL (not local, or not yet: duplicate address detection),
 * EINVAL (unknown flags, or two that exclude each other), EAFNOSUPPORT, EFAULT
 * (@srcaddr is NULL), or an error of socket(2).
 */
short inet6_is_srcaddr(struct sockaddr_in6 *srcaddr, uint32_t flags);

/**
 * sc_type_name() - the name of a type, as odmm(8) writes it
 * @type: the type, or ODMM_TYPE_NONE
 *
 * Does not block. Anybody may call it. RFC 8653 section 3.2.
 *
 * Return: "fixed", "session-lasting", "non-persistent",
 * "graceful-replacement" or "none"; NULL for a reserved type.
 */
const char *sc_type_name(sc_type type);

/**
 * sc_type_from_name() - the type of a name
 * @name: what sc_type_name() gives, its beginning, or a number 1 to 4
 *
 * Does not block. Anybody may call it. RFC 8653 section 3.2.
 *
 * Return: the type, or ODMM_TYPE_NONE if there is none of that name.
 */
sc_type sc_type_from_name(const char *name);

#ifdef __cplusplus
}
#endif

#endif /* _ODMM_H */
