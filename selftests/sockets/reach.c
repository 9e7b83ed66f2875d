// SPDX-License-Identifier: GPL-2.0
/*
 * reach N TYPE: N times asks for an address of its own, and at the very moment
 * that it has it connects to it, and from it. Prints how often each worked.
 * Nothing but system calls lies between: what is usable a bit later fails.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/odmm.h>

static int udp(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0) {
		perror("reach: socket");
		exit(2);
	}
	return fd;
}

static struct sockaddr_in6 name_of(const struct in6_addr *addr, int port)
{
	struct sockaddr_in6 name = {
		.sin6_family = AF_INET6,
		.sin6_addr = *addr,
		.sin6_port = htons((in_port_t)port),
	};

	return name;
}

static int connects(int fd, const struct in6_addr *addr)
{
	struct sockaddr_in6 name = name_of(addr, 9);

	return !connect(fd, (struct sockaddr *)&name, sizeof(name));
}

static int binds(int fd, const struct in6_addr *addr)
{
	struct sockaddr_in6 name = name_of(addr, 0);

	return !bind(fd, (struct sockaddr *)&name, sizeof(name));
}

int main(int argc, char **argv)
{
	int n = argc == 3 ? atoi(argv[1]) : 0, to = 0, from = 0, i;

	if (!n) {
		fprintf(stderr, "usage: reach N TYPE\n");
		return 2;
	}
	for (i = 0; i < n; i++) {
		struct odmm_setsc arg = {
			.type = (__u32)atoi(argv[2]),
			.flags = IPV6_REQUIRE_SRC_ON_NET,
			.timeout = -1,
		};
		socklen_t len = sizeof(arg);
		int asking = udp(), other = udp();

		if (getsockopt(asking, IPPROTO_IPV6, IPV6_SETSC, &arg, &len)) {
			perror("reach: IPV6_SETSC");
			return 1;
		}
		to += connects(other, &arg.addr);
		from += binds(asking, &arg.addr) &&
			connects(asking, &in6addr_loopback);
		close(asking);
		close(other);
	}
	printf("to %d from %d\n", to, from);
	return 0;
}
