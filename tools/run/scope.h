/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which calls of a program are about an IPv6 source address that it leaves to
 * the kernel to choose. Nothing is remembered: the kernel is asked each time,
 * so copies of a descriptor, in whatever process, are one socket.
 */
#ifndef _ODMM_SCOPE_H
#define _ODMM_SCOPE_H

#include <stdbool.h>
#include <sys/socket.h>
#include <odmm.h>

/* A destination that is reached by IPv6 through a network. */
bool is_network(const struct sockaddr *addr, socklen_t len);

/* The address :: */
bool is_any(const struct sockaddr *addr, socklen_t len);

/* Whether the message says itself which source address it is to have. */
bool has_source(const struct msghdr *msg);

/* A TCP, UDP or MPTCP socket that has no source address and wants none but @type. */
bool is_open(int fd, sc_type type);

#endif /* _ODMM_SCOPE_H */
