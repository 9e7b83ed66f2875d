/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The raw ICMPv6 socket: router advertisements come in, solicitations go out.
 */
#ifndef _ODMMD_ICMP_H
#define _ODMMD_ICMP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* An advertisement as it came, with all that was said of it outside */
struct icmp_message {
	struct in6_addr source;
	uint32_t ifindex;
	int hop_limit;
	size_t len;
	uint8_t data[65536];	/* as much as there can be */
};

/* A descriptor, or -1 with errno. */
int icmp_open(void);
/* Whether there was one. */
int icmp_read(int fd, struct icmp_message *message);
/* @lladdr: of the link, or NULL. 0, or -1 with errno. */
int icmp_solicit(int fd, uint32_t ifindex, const uint8_t *lladdr);

#endif /* _ODMMD_ICMP_H */
