/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Getting an address for a socket of a program that knows nothing of it.
 */
#ifndef _ODMM_ASK_H
#define _ODMM_ASK_H

#include <stdbool.h>
#include "wish.h"

/*
 * Waits for the network, whether the socket is one that waits or not; a signal
 * does not end the wait, cancellation of the thread does. 0, or -1 with errno.
 */
int ask(int fd, const struct wish *wish, struct in6_addr *addr);

/* The same, and binds the socket to the address, to no port. */
int ask_bind(int fd, const struct wish *wish);

/* The socket is to hold nothing and wait for nothing any more. */
void ask_forget(int fd);

#endif /* _ODMM_ASK_H */
