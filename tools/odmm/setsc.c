// SPDX-License-Identifier: GPL-2.0
/*
 * odmm setsc: asks as an application does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "show.h"
#include "stop.h"

#define POLL_MS 10

struct setsc_args {
	uint32_t type, timeout, ifindex, hold;
	const char *proto;
	bool on_net, nonblock, bind, has_hold, has_hold_time;
};

static const struct proto {
	const char *name;
	int type, protocol;
} protos[] = {
	{ "tcp",  SOCK_STREAM, IPPROTO_TCP },
	{ "udp",  SOCK_DGRAM,  IPPROTO_UDP },
	{ "raw",  SOCK_RAW,    IPPROTO_ICMPV6 },
	{ "icmp", SOCK_DGRAM,  IPPROTO_ICMPV6 },
};

static const struct proto *find_proto(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protos); i++)
		if (is(name, protos[i].name))
			return &protos[i];
	wrong(name, "no protocol; there are tcp, udp, raw and icmp");
}

static void take_args(struct words *w, struct setsc_args *a)
{
	struct keyword keywords[] = {
		{ "--on-net", ARG_FLAG, &a->on_net, false },
		{ "--nonblock", ARG_FLAG, &a->nonblock, false },
		{ "--timeout", ARG_U32, &a->timeout, false },
		{ "--bind", ARG_FLAG, &a->bind, false },
		{ "--proto", ARG_TEXT, &a->proto, false },
		{ "--hold", ARG_SECONDS_OPT, &a->hold, false },
		{ "dev", ARG_DEV, &a->ifindex, false },
	};

	a->type = parse_type(next(w, "TYPE"));
	a->hold = UINT32_MAX;
	take_keywords(w, keywords, ARRAY_SIZE(keywords));
	a->has_hold = keywords[5].given;
	a->has_hold_time = a->hold != UINT32_MAX;
	if (a->timeout > INT32_MAX)
		wrong("--timeout", "too big");
	if (a->hold > INT32_MAX / 1000 && a->has_hold_time)
		wrong("--hold", "too big");
}

/* No word of a time limit or flags to the kernel unless there is one. */
static int prepare(int fd, const struct setsc_args *a)
{
	int ifindex = (int)a->ifindex, timeout = (int)a->timeout;
	int flags = IPV6_REQUIRE_SRC_ON_NET;

	if (ifindex && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &ifindex, sizeof(ifindex)))
		return -1;
	if (a->nonblock && fcntl(fd, F_SETFL, O_NONBLOCK))
		return -1;
	if (a->on_net &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_SC_FLAGS, &flags, sizeof(flags)))
		return -1;
	if (timeout &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_SC_TIMEOUT, &timeout, sizeof(timeout)))
		return -1;
	return 0;
}

static int get_status(int fd, struct odmm_status *status)
{
	socklen_t len = sizeof(*status);

	memset(status, 0, sizeof(*status));
	return getsockopt(fd, IPPROTO_IPV6, IPV6_SC_STATUS, status, &len);
}

/* Until the network has answered, one way or the other. */
static int wait_decided(int fd)
{
	struct odmm_status status;

	do {
		poll(NULL, 0, POLL_MS);
		if (get_status(fd, &status))
			return -1;
	} while (status.state == ODMM_STATE_PENDING);
	return 0;
}

static int ask(int fd, const struct setsc_args *a, struct in6_addr *addr)
{
	int (*call)(int fd, struct in6_addr *addr, sc_type type) = a->bind ? setsc_bind : setsc;
	int ret = call(fd, addr, a->type);

	while (ret && (errno == EINPROGRESS || errno == EALREADY)) {
		if (wait_decided(fd))
			return -1;
		ret = call(fd, addr, a->type);
	}
	return ret ? -1 : 0;
}

static int show_answer(int fd, const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN];
	struct odmm_status status;
	json_t *row;

	if (get_status(fd, &status))
		return -1;
	if (options.json) {
		row = json_object();
		json_object_set_new(row, "type", value_type(status.type));
		json_object_set_new(row, "address", value_addr(addr));
		json_object_set_new(row, "state", value_name(socket_states, status.state));
		show_object(row);
	} else {
		puts(inet_ntop(AF_INET6, addr, text, sizeof(text)));
	}
	return fflush(stdout);
}

/* /dev/null is at its end always, and that is what scripts give to "odmm &". */
static bool is_dev_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

static void hold(const struct setsc_args *a, int stop)
{
	bool watch_stdin = !a->has_hold_time && !is_dev_null(STDIN_FILENO);
	struct pollfd fds[] = {
		{ .fd = stop, .events = POLLIN },
		{ .fd = watch_stdin ? STDIN_FILENO : -1, .events = POLLIN },
	};
	int timeout = a->has_hold_time ? (int)a->hold * 1000 : -1;
	char discard[256];

	while (poll(fds, ARRAY_SIZE(fds), timeout) > 0) {
		if (fds[0].revents)
			break;
		if (read(STDIN_FILENO, discard, sizeof(discard)) <= 0)
			break;
	}
}

/* Whoever has read the answer may send a signal at once. */
static int answer(int fd, const struct setsc_args *a, const struct in6_addr *addr)
{
	int stop = a->has_hold ? stop_fd() : -1;

	if (show_answer(fd, addr))
		return -1;
	if (a->has_hold)
		hold(a, stop);
	return 0;
}

static const char *advice(int error)
{
	switch (error) {
	case ENOPROTOOPT:
		return " (the kernel module is not loaded: modprobe odmm)";
	case EOPNOTSUPP:
		return " (no prefix of that type, no agent to get one: odmm prefix, odmm agent)";
	case EADDRNOTAVAIL:
		return " (the network refused, or the address is in use by another host)";
	case ETIMEDOUT:
		return " (no answer from the network: odmm request)";
	case EACCES:
		return " (policy forbids this type, or the socket needs more rights)";
	case EDQUOT:
		return " (quota reached: odmm session)";
	default:
		return "";
	}
}

static int complain(const char *what)
{
	int error = errno;

	fprintf(stderr, "Error: odmm: %s: %s%s\n", what, strerror(error), advice(error));
	return EXIT_REFUSED;
}

static int setsc_run(struct words *w)
{
	struct setsc_args a = { .proto = "tcp" };
	const struct proto *proto;
	struct in6_addr addr;
	int fd, code;

	take_args(w, &a);
	proto = find_proto(a.proto);
	fd = socket(AF_INET6, proto->type | SOCK_CLOEXEC, proto->protocol);
	if (fd < 0)
		return complain("socket");
	if (prepare(fd, &a) || ask(fd, &a, &addr) || answer(fd, &a, &addr))
		code = complain(sc_type_name(a.type));
	else
		code = EXIT_OK;
	close(fd);
	return code;
}

const struct object setsc_object = {
	"setsc",
	"Usage: odmm setsc TYPE [ --on-net ] [ --nonblock ] [ --timeout MILLISECONDS ] [ --bind ]\n"
	"               [ --proto { tcp | udp | raw | icmp } ] [ dev DEV ] [ --hold [ SECONDS ] ]\n"
	"TYPE := { fixed | session-lasting | non-persistent | graceful-replacement }\n",
	setsc_run
};
