// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the calls. The sockets are in slots, which are file descriptors: so a
 * socket can be replaced while other threads use it, and no thread has to know
 * what the others did.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/odmm.h>

#include "arena.h"

#define PROTOCOL_L2TP	115
#define SMCPROTO_SMC6	1
#define EXPERIMENTAL	253	/* protocol of RFC 3692 */

#ifndef IPV6_ADDR_PREFERENCES
#define IPV6_ADDR_PREFERENCES	72
#endif

static const struct socket_kind {
	const char *name;
	int family, type, protocol;
} socket_kinds[] = {
	{ "tcp", AF_INET6, SOCK_STREAM, 0 },
	{ "udp", AF_INET6, SOCK_DGRAM, 0 },
	{ "raw", AF_INET6, SOCK_RAW, EXPERIMENTAL },
	{ "raw-icmp", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 },
	{ "ping", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6 },
	{ "tcp4", AF_INET, SOCK_STREAM, 0 },
	{ "udp4", AF_INET, SOCK_DGRAM, 0 },
	{ "mptcp", AF_INET6, SOCK_STREAM, IPPROTO_MPTCP },
	{ "sctp", AF_INET6, SOCK_STREAM, IPPROTO_SCTP },
	{ "sctp-many", AF_INET6, SOCK_SEQPACKET, IPPROTO_SCTP },
	{ "udplite", AF_INET6, SOCK_DGRAM, IPPROTO_UDPLITE },
	{ "l2tp", AF_INET6, SOCK_DGRAM, PROTOCOL_L2TP },
	{ "smc", AF_SMC, SOCK_STREAM, SMCPROTO_SMC6 },
	{ "unix", AF_UNIX, SOCK_STREAM, 0 },
	{ "packet", AF_PACKET, SOCK_DGRAM, 0 },
};

const unsigned int n_socket_kinds = sizeof(socket_kinds) / sizeof(*socket_kinds);

const char *socket_kind(unsigned int kind)
{
	return kind < n_socket_kinds ? socket_kinds[kind].name : NULL;
}

static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

static int slot(int number)
{
	return SLOT_FIRST + number;
}

/* Another socket comes into the slot, in one step. */
static int into_slot(int fd, int number)
{
	int err;

	if (fd < 0)
		return errno;
	err = error_of(dup2(fd, slot(number)));
	close(fd);
	return err;
}

static int make_open(const struct call *c)
{
	const struct socket_kind *kind = &socket_kinds[c->number];

	return into_slot(socket(kind->family, kind->type, kind->protocol),
			 c->slot);
}

static int make_nonblock(const struct call *c)
{
	return error_of(fcntl(slot(c->slot), F_SETFL,
			      c->number ? O_NONBLOCK : 0));
}

static int make_get(struct arena *arena, const struct call *c,
		    const char **wrong)
{
	void *value = arena_put(arena, c->place, c->data, c->n);
	void *len = arena_put_length(arena, c->len_place, c->len);
	int err = error_of(syscall(SYS_getsockopt, slot(c->slot), IPPROTO_IPV6,
				   c->number, value, len));
	int written = err ? 0 : arena_length(arena);

	if (c->len_place != PLACE_GOOD)
		return err;
	if (written < 0 || (written && written > c->len))
		*wrong = "a length greater than was given";
	else if (!arena_is_untouched(arena, c->place, written))
		*wrong = "bytes written beyond the length, or by a call that failed";
	return err;
}

static int make_set(struct arena *arena, const struct call *c, int option)
{
	return error_of(syscall(SYS_setsockopt, slot(c->slot), IPPROTO_IPV6,
				option,
				arena_put(arena, c->place, c->data, c->n),
				c->len));
}

static int make_bind(struct arena *arena, const struct call *c)
{
	return error_of(syscall(SYS_bind, slot(c->slot),
				arena_put(arena, c->place, c->data, c->n),
				c->len));
}

/* To the address in session. */
static int make_bind_held(const struct call *c)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	struct odmm_status status = { 0 };
	socklen_t len = sizeof(status);

	if (getsockopt(slot(c->slot), IPPROTO_IPV6, IPV6_SC_STATUS, &status,
		       &len))
		return errno;
	sin6.sin6_addr = status.addr;
	return error_of(bind(slot(c->slot), (struct sockaddr *)&sin6,
			     sizeof(sin6)));
}

/* To the socket in another slot, wherever that one listens. */
static int make_connect_slot(const struct call *c)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	if (getsockname(slot(c->number), (struct sockaddr *)&name, &len))
		return errno;
	return error_of(connect(slot(c->slot), (struct sockaddr *)&name, len));
}

static int make_connect(struct arena *arena, const struct call *c)
{
	return error_of(syscall(SYS_connect, slot(c->slot),
				arena_put(arena, c->place, c->data, c->n),
				c->len));
}

static int make_send(struct arena *arena, const struct call *c)
{
	return error_of(send(slot(c->slot),
			     arena_put(arena, c->place, c->data, c->n), c->len,
			     MSG_DONTWAIT | MSG_NOSIGNAL));
}

/*
 * Reads the error queue; @number and @len_place say how much room there is for
 * what comes along, and where.
 */
static int make_notice(struct arena *arena, const struct call *c)
{
	unsigned char control[256];
	struct iovec iov = {
		arena_put(arena, c->place, c->data, c->n), (size_t)c->len
	};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = (size_t)c->number,
	};

	if (c->len_place != PLACE_GOOD)
		msg.msg_control = arena_put_length(arena, c->len_place, 0);

	return error_of(recvmsg(slot(c->slot), &msg,
				MSG_ERRQUEUE | MSG_DONTWAIT));
}

static int set_number(const struct call *c, int level, int option)
{
	return error_of(setsockopt(slot(c->slot), level, option, &c->number,
				   sizeof(c->number)));
}

int call_make(struct arena *arena, const struct call *c, const char **wrong)
{
	switch (c->verb) {
	case VERB_OPEN:
		return make_open(c);
	case VERB_CLOSE:
		return error_of(close(slot(c->slot)));
	case VERB_GET:
		return make_get(arena, c, wrong);
	case VERB_SET:
		return make_set(arena, c, c->number);
	case VERB_PREFER:
		return make_set(arena, c, IPV6_ADDR_PREFERENCES);
	case VERB_NONBLOCK:
		return make_nonblock(c);
	case VERB_BIND:
		return make_bind(arena, c);
	case VERB_BIND_HELD:
		return make_bind_held(c);
	case VERB_CONNECT:
		return make_connect(arena, c);
	case VERB_CONNECT_SLOT:
		return make_connect_slot(c);
	case VERB_LISTEN:
		return error_of(listen(slot(c->slot), c->number));
	case VERB_ACCEPT:
		return into_slot(accept(slot(c->slot), NULL, NULL), c->number);
	case VERB_SHUTDOWN:
		return error_of(shutdown(slot(c->slot), c->number));
	case VERB_DEVICE:
		return set_number(c, SOL_SOCKET, SO_BINDTOIFINDEX);
	case VERB_TO_V4:
		return set_number(c, IPPROTO_IPV6, IPV6_ADDRFORM);
	case VERB_SEND:
		return make_send(arena, c);
	default:
		return make_notice(arena, c);
	}
}
