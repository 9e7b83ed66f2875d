/* SPDX-License-Identifier: GPL-2.0 */
/* A netlink socket, and a look at all that comes from it. */
#ifndef FUZZ_PORT_H
#define FUZZ_PORT_H

#include <stdint.h>

#include "message.h"

struct nlmsghdr;

/*
 * What a reader makes of the messages that come; @error is an errno, @type that
 * of what the kernel took for a message: it need not be one that was meant, as
 * wrong lengths make it read on in the middle of another.
 */
struct reader {
	void (*result)(struct reader *reader, uint32_t seq, uint16_t type, int error);
	void (*answer)(struct reader *reader, const struct nlmsghdr *nlh);
};

int port_open(void);
int port_send(int fd, const struct datagram *d);

/* Reads all there is. */
void port_read(int fd, struct reader *reader);

#endif /* FUZZ_PORT_H */
