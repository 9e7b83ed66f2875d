// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "network.h"

static int set(int fd, int option, int value)
{
	return setsockopt(fd, IPPROTO_IPV6, option, &value, sizeof(value));
}

/* The kernel makes the checksum, and looks at it. */
static int set_all(int fd, uint32_t ifindex)
{
	return set(fd, IPV6_CHECKSUM, offsetof(struct udphdr, uh_sum)) ||
	       set(fd, IPV6_MULTICAST_IF, (int)ifindex) ||
	       set(fd, IPV6_MULTICAST_LOOP, 0) ? -1 : 0;
}

/* To hear only what is sent to that address, which is not much. */
static int bind_to(int fd, uint32_t ifindex, const struct in6_addr *address)
{
	struct sockaddr_in6 here = {
		.sin6_family = AF_INET6, .sin6_addr = *address, .sin6_scope_id = ifindex,
	};

	return bind(fd, (struct sockaddr *)&here, sizeof(here));
}

int network_open(uint32_t ifindex, const struct in6_addr *address)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	int error;

	if (fd >= 0 && (set_all(fd, ifindex) || bind_to(fd, ifindex, address))) {
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
		.sin6_family = AF_INET6, .sin6_scope_id = ifindex,
		.sin6_addr.s6_addr = { [0] = 0xff, [1] = 2, [13] = 1, [15] = 2 },
	};
	struct udphdr head = {
		.uh_sport = htons(DHCP6_CLIENT_PORT), .uh_dport = htons(DHCP6_SERVER_PORT),
		.uh_ulen = htons((uint16_t)(sizeof(head) + packet->len)),
	};
	struct iovec parts[] = {
		{ &head, sizeof(head) }, { (void *)packet->data, packet->len },
	};
	struct msghdr msg = {
		.msg_name = &servers, .msg_namelen = sizeof(servers), .msg_iov = parts, .msg_iovlen = 2,
	};

	return sendmsg(fd, &msg, 0) < 0 ? -1 : 0;
}

bool network_read(int fd, void *data, size_t room, struct dhcp6_bytes *message,
		  struct in6_addr *from)
{
	struct sockaddr_in6 sender = { 0 };
	socklen_t sender_len = sizeof(sender);
	ssize_t len = recvfrom(fd, data, room, 0, (struct sockaddr *)&sender, &sender_len);
	struct udphdr head;

	if (len < (ssize_t)sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	if (head.uh_dport != htons(DHCP6_CLIENT_PORT) || ntohs(head.uh_ulen) > len ||
	    ntohs(head.uh_ulen) < sizeof(head))
		return false;
	*from = sender.sin6_addr;
	*message = (struct dhcp6_bytes) {
		(const uint8_t *)data + sizeof(head), ntohs(head.uh_ulen) - sizeof(head),
	};
	return true;
}
