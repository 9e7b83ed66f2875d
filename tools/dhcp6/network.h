/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket. The host has a DHCPv6 client already, and clients have one port:
 * of two that are bound to it only one hears what comes. So this one is a raw
 * socket, which hears what comes besides whoever is bound to the port, and
 * takes nothing away from it.
 */
#ifndef _DHCP6_NETWORK_H
#define _DHCP6_NETWORK_H

#include "dhcp6.h"

/* A descriptor, or -1 with errno. @address: a link-local one of that link. */
int network_open(uint32_t ifindex, const struct in6_addr *address);
/* To all servers and relays of the link. 0, or -1 with errno. */
int network_send(int fd, uint32_t ifindex, const struct dhcp6_packet *packet);
/* The message in what has come, in @data; false if it is none to this port. */
bool network_read(int fd, void *data, size_t room, struct dhcp6_bytes *message,
		  struct in6_addr *from);

#endif /* _DHCP6_NETWORK_H */
