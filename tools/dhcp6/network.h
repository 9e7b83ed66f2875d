/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket. It is bound to a link-local address that nobody else uses, so that
 * the DHCPv6 client of the host and this one get each its own answers at the one
 * port that clients have.
 */
#ifndef _DHCP6_NETWORK_H
#define _DHCP6_NETWORK_H

#include "dhcp6.h"

/* A descriptor, or -1 with errno. */
int network_open(uint32_t ifindex, const char *dev, const struct in6_addr *address);
/* To all servers and relays of the link. 0, or -1 with errno. */
int network_send(int fd, uint32_t ifindex, const struct dhcp6_packet *packet);
/* The length of a message that has come, or -1. */
ssize_t network_read(int fd, void *data, size_t room);

#endif /* _DHCP6_NETWORK_H */
