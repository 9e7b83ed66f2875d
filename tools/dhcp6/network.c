// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "network.h"

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int set_all(int fd, uint32_t ifindex, const char *dev)
{
	/* The other client may have the port at all addresses. */
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, (socklen_t)strlen(dev)))
		return -1;
	return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) ||
	       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)ifindex) ||
	       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) ? -1 : 0;
}

static int bind_to(int fd, uint32_t ifindex, const struct in6_addr *address)
{
	struct sockaddr_in6 here = {
		.sin6_family = AF_INET6, .sin6_port = htons(DHCP6_CLIENT_PORT),
		.sin6_addr = *address, .sin6_scope_id = ifindex,
	};

	return bind(fd, (struct sockaddr *)&here, sizeof(here));
}

int network_open(uint32_t ifindex, const char *dev, const struct in6_addr *address)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd >= 0 && (set_all(fd, ifindex, dev) || bind_to(fd, ifindex, address))) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int network_send(int fd, uint32_t ifindex, const struct dhcp6_packet *packet)
{
	/* All_DHCP_Relay_Agents_and_Servers, ff02::1:2 */
	struct sockaddr_in6 servers = {
		.sin6_family = AF_INET6, .sin6_port = htons(DHCP6_SERVER_PORT),
		.sin6_addr.s6_addr = { [0] = 0xff, [1] = 2, [13] = 1, [15] = 2 },
		.sin6_scope_id = ifindex,
	};

	return sendto(fd, packet->data, packet->len, 0, (struct sockaddr *)&servers,
		      sizeof(servers)) < 0 ? -1 : 0;
}

ssize_t network_read(int fd, void *data, size_t room)
{
	return recv(fd, data, room, 0);
}
