// SPDX-License-Identifier: GPL-2.0
/*
 * The socket contract as a C program sees it. Built for 64 and for 32 bits,
 * whose output must be the same.
 *
 *   client KIND OPERATION...
 *
 * KIND is tcp, udp, raw or ping. Each operation prints one line:
 *
 *   place WHERE             where later buffers are: aligned, odd, edge (ends
 *                           where the mapping ends), short (its last byte is
 *                           past that end), fault, readonly
 *   set NAME VALUE          a number
 *   setraw NAME HEX         any bytes
 *   get NAME LENGTH         the bytes; OVERRUN if others were written
 *   setsc TYPE FLAGS TIMEOUT  struct odmm_setsc, and its fields
 *   setscraw LENGTH HEX     any bytes, the rest of LENGTH zero
 *   getbadlen NAME          with an optlen that cannot be read
 *   getneg NAME             with an optlen of -1
 *   status                  struct odmm_status, its fields
 *   nonblock
 *   layout                  sizes and offsets of the structs
 *
 * NAME is type, flags, timeout, addr, status or setsc.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/odmm.h>

#define AT(type, field, offset) \
	_Static_assert(offsetof(type, field) == (offset), #field)

AT(struct odmm_status, size, 0);
AT(struct odmm_status, type, 4);
AT(struct odmm_status, flags, 8);
AT(struct odmm_status, state, 12);
AT(struct odmm_status, error, 16);
AT(struct odmm_status, ifindex, 20);
AT(struct odmm_status, valid_lft, 24);
AT(struct odmm_status, preferred_lft, 28);
AT(struct odmm_status, addr, 32);
AT(struct odmm_status, replacement, 48);
_Static_assert(sizeof(struct odmm_status) == 64, "struct odmm_status");
AT(struct odmm_setsc, type, 0);
AT(struct odmm_setsc, flags, 4);
AT(struct odmm_setsc, timeout, 8);
AT(struct odmm_setsc, reserved, 12);
AT(struct odmm_setsc, addr, 16);
_Static_assert(sizeof(struct odmm_setsc) == 32, "struct odmm_setsc");

#define UNTOUCHED	0xa5
#define ROOM		4096	/* bytes that a buffer may have */

static int fd;
static const char *place = "aligned";
static unsigned char *arena;	/* mapped, and a page that is not behind it */
static unsigned char *image;	/* what was in it before the call */
static size_t arena_size;

static const struct {
	const char *name;
	int option;
} names[] = {
	{ "type",	IPV6_SC_TYPE },
	{ "flags",	IPV6_SC_FLAGS },
	{ "timeout",	IPV6_SC_TIMEOUT },
	{ "addr",	IPV6_SC_ADDR },
	{ "status",	IPV6_SC_STATUS },
	{ "setsc",	IPV6_SETSC },
};

static void die(const char *what)
{
	fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int option_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i].name))
			return names[i].option;
	fprintf(stderr, "client: no option %s\n", name);
	exit(2);
}

static int open_socket(const char *kind)
{
	if (!strcmp(kind, "tcp"))
		return socket(AF_INET6, SOCK_STREAM, 0);
	if (!strcmp(kind, "udp"))
		return socket(AF_INET6, SOCK_DGRAM, 0);
	if (!strcmp(kind, "raw"))
		return socket(AF_INET6, SOCK_RAW, 253);
	if (!strcmp(kind, "ping"))
		return socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
	errno = EINVAL;
	return -1;
}

static void make_arena(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	arena_size = ROOM + page;
	arena = mmap(NULL, arena_size + page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED ||
	    mprotect(arena + arena_size, page, PROT_NONE))
		die("mmap");
	image = malloc(arena_size);
	if (!image)
		die("malloc");
}

/* Where a buffer of @len bytes is, with @input in it; the rest is untouched. */
static unsigned char *buffer(size_t len, const void *input, size_t input_len)
{
	unsigned char *buf = arena + 64;

	if (mprotect(arena, arena_size, PROT_READ | PROT_WRITE))
		die("mprotect");
	memset(arena, UNTOUCHED, arena_size);
	if (!strcmp(place, "fault"))
		return arena + arena_size;
	if (!strcmp(place, "odd"))
		buf++;
	if (!strcmp(place, "edge"))
		buf = arena + arena_size - len;
	if (!strcmp(place, "short")) {
		buf = arena + arena_size - len + 1;
		if (input_len == len)
			input_len--;
	}
	if (input_len)
		memcpy(buf, input, input_len);
	memcpy(image, arena, arena_size);
	if (!strcmp(place, "readonly") &&
	    mprotect(arena, arena_size, PROT_READ))
		die("mprotect");
	return buf;
}

static size_t from_hex(const char *hex, unsigned char *bytes)
{
	unsigned int byte;
	size_t n = 0;

	while (n < ROOM && sscanf(hex + 2 * n, "%2x", &byte) == 1)
		bytes[n++] = (unsigned char)byte;
	return n;
}

static const char *error_name(void)
{
	return errno ? strerrorname_np(errno) : "ok";
}

static void print_hex(const void *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		printf("%02x", ((const unsigned char *)bytes)[i]);
}

/* Whether nothing was written but @len bytes at @buf. */
static int is_untouched(const unsigned char *buf, size_t len)
{
	size_t begin = (size_t)(buf - arena), end = begin + len;

	return !memcmp(arena, image, begin) &&
	       !memcmp(arena + end, image + end, arena_size - end);
}

static int set(const char *name, const void *val, size_t len)
{
	unsigned char *buf = buffer(len, val, len);

	errno = 0;
	return setsockopt(fd, IPPROTO_IPV6, option_of(name), buf,
			  (socklen_t)len);
}

/* The answer is at the address returned, NULL after an error. */
static unsigned char *get(const char *name, size_t *len, const void *input,
			  size_t input_len)
{
	unsigned char *buf = buffer(*len, input, input_len);
	socklen_t optlen = (socklen_t)*len;
	int err;

	errno = 0;
	err = getsockopt(fd, IPPROTO_IPV6, option_of(name), buf, &optlen);
	printf("%s", error_name());
	/* After EFAULT part of an answer may be there. */
	if (errno != EFAULT && !is_untouched(buf, err ? 0 : optlen))
		printf(" OVERRUN");
	*len = optlen;
	return err ? NULL : buf;
}

static void op_set(char **arg)
{
	int val = (int)strtoll(arg[1], NULL, 0);

	set(arg[0], &val, sizeof(val));
	printf("set %s %s: %s\n", arg[0], arg[1], error_name());
}

static void op_setraw(char **arg)
{
	unsigned char bytes[ROOM];
	size_t len = from_hex(arg[1], bytes);

	set(arg[0], bytes, len);
	printf("setraw %s %s: %s\n", arg[0], arg[1], error_name());
}

static void op_get(char **arg)
{
	size_t len = strtoul(arg[1], NULL, 0);
	unsigned char *buf;

	printf("get %s %s: ", arg[0], arg[1]);
	buf = get(arg[0], &len, NULL, 0);
	if (buf) {
		printf(" %zu ", len);
		print_hex(buf, len);
	}
	printf("\n");
}

static void print_setsc(const unsigned char *buf, size_t len)
{
	struct odmm_setsc arg;
	char addr[INET6_ADDRSTRLEN];

	if (!buf)
		return;
	memcpy(&arg, buf, sizeof(arg));
	inet_ntop(AF_INET6, &arg.addr, addr, sizeof(addr));
	printf(" %zu type %u flags %#x timeout %d reserved %u addr %s", len,
	       arg.type, arg.flags, arg.timeout, arg.reserved, addr);
}

static void op_setsc(char **arg)
{
	struct odmm_setsc in = {
		.type = (__u32)strtoll(arg[0], NULL, 0),
		.flags = (__u32)strtoll(arg[1], NULL, 0),
		.timeout = (__s32)strtoll(arg[2], NULL, 0),
	};
	size_t len = sizeof(in);
	unsigned char *buf;

	/* It is not read. */
	memset(&in.addr, 0xff, sizeof(in.addr));
	printf("setsc %s %s %s: ", arg[0], arg[1], arg[2]);
	buf = get("setsc", &len, &in, sizeof(in));
	print_setsc(buf, len);
	printf("\n");
}

static void op_setscraw(char **arg)
{
	unsigned char bytes[ROOM] = {};
	size_t len = strtoul(arg[0], NULL, 0);
	unsigned char *buf;

	from_hex(arg[1], bytes);
	printf("setscraw %s %s: ", arg[0], arg[1]);
	buf = get("setsc", &len, bytes, len);
	print_setsc(buf, len);
	printf("\n");
}

static void op_getbadlen(char **arg)
{
	unsigned char *buf = buffer(64, NULL, 0);

	errno = 0;
	getsockopt(fd, IPPROTO_IPV6, option_of(arg[0]), buf,
		   (socklen_t *)(arena + arena_size));
	printf("getbadlen %s: %s\n", arg[0], error_name());
}

static void op_getneg(char **arg)
{
	unsigned char *buf = buffer(64, NULL, 0);
	socklen_t len = (socklen_t)-1;

	errno = 0;
	getsockopt(fd, IPPROTO_IPV6, option_of(arg[0]), buf, &len);
	printf("getneg %s: %s\n", arg[0], error_name());
}

static void op_status(char **arg)
{
	char addr[INET6_ADDRSTRLEN], replacement[INET6_ADDRSTRLEN];
	struct odmm_status status;
	size_t len = sizeof(status);
	unsigned char *buf;

	(void)arg;
	printf("status: ");
	buf = get("status", &len, NULL, 0);
	if (buf) {
		memcpy(&status, buf, sizeof(status));
		inet_ntop(AF_INET6, &status.addr, addr, sizeof(addr));
		inet_ntop(AF_INET6, &status.replacement, replacement,
			  sizeof(replacement));
		printf(" %zu size %u type %u flags %#x state %u error %u ifindex %u valid %u preferred %u addr %s replacement %s",
		       len, status.size, status.type, status.flags,
		       status.state, status.error, status.ifindex,
		       status.valid_lft, status.preferred_lft, addr,
		       replacement);
	}
	printf("\n");
}

static void op_place(char **arg)
{
	place = arg[0];
	printf("place %s\n", place);
}

static void op_nonblock(char **arg)
{
	(void)arg;
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		die("fcntl");
	printf("nonblock\n");
}

static void op_layout(char **arg)
{
	(void)arg;
	printf("layout: status %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu setsc %zu %zu %zu %zu %zu %zu\n",
	       sizeof(struct odmm_status),
	       offsetof(struct odmm_status, size),
	       offsetof(struct odmm_status, type),
	       offsetof(struct odmm_status, flags),
	       offsetof(struct odmm_status, state),
	       offsetof(struct odmm_status, error),
	       offsetof(struct odmm_status, ifindex),
	       offsetof(struct odmm_status, valid_lft),
	       offsetof(struct odmm_status, preferred_lft),
	       offsetof(struct odmm_status, addr),
	       offsetof(struct odmm_status, replacement),
	       sizeof(struct odmm_setsc),
	       offsetof(struct odmm_setsc, type),
	       offsetof(struct odmm_setsc, flags),
	       offsetof(struct odmm_setsc, timeout),
	       offsetof(struct odmm_setsc, reserved),
	       offsetof(struct odmm_setsc, addr));
}

static const struct {
	const char *name;
	int n_args;
	void (*run)(char **arg);
} operations[] = {
	{ "set",	2, op_set },
	{ "setraw",	2, op_setraw },
	{ "get",	2, op_get },
	{ "setsc",	3, op_setsc },
	{ "setscraw",	2, op_setscraw },
	{ "getbadlen",	1, op_getbadlen },
	{ "getneg",	1, op_getneg },
	{ "status",	0, op_status },
	{ "place",	1, op_place },
	{ "nonblock",	0, op_nonblock },
	{ "layout",	0, op_layout },
};

/* Returns the arguments that are left. */
static char **run(char **arg)
{
	size_t i;
	int n;

	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (strcmp(arg[0], operations[i].name))
			continue;
		for (n = 1; n <= operations[i].n_args; n++)
			if (!arg[n])
				break;
		if (n <= operations[i].n_args)
			break;
		operations[i].run(arg + 1);
		return arg + n;
	}
	fprintf(stderr, "client: no operation %s, or too few arguments\n",
		arg[0]);
	exit(2);
}

int main(int argc, char **argv)
{
	char **arg = argv + 2;

	if (argc < 2) {
		fprintf(stderr, "usage: client tcp|udp|raw|ping OPERATION...\n");
		return 2;
	}
	make_arena();
	fd = open_socket(argv[1]);
	if (fd < 0)
		die(argv[1]);
	while (*arg)
		arg = run(arg);
	return 0;
}
