/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libodmm share. Functions return 0, or -1 with errno.
 */
#ifndef _ODMM_PRIVATE_H
#define _ODMM_PRIVATE_H

#include <stdbool.h>
#include <odmm.h>

#define API __attribute__((visibility("default")))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* socket.c: the options of one socket that the kernel serves */
int socket_ask(int fd, struct in6_addr *addr, sc_type type);
int socket_ask_bind(int fd, struct in6_addr *addr, sc_type type);
int socket_release(int fd);
int socket_option(int fd, int name);
bool is_pending(int error);

/* mptcp.c: the same for a socket that the kernel does not serve */
int mptcp_ask(int fd, struct in6_addr *addr, sc_type type);
int mptcp_ask_bind(int fd, struct in6_addr *addr, sc_type type);
int mptcp_release(int fd);

/* holder.c: sockets that hold an address for an MPTCP socket */
struct holder {
	struct holder *next;	/* list_lock */
	int owner;		/* the MPTCP socket ... */
	struct file_id {
		dev_t dev;
		ino_t ino;
	} owner_id, fd_id;	/* ... and what tells it from a later one */
	int fd;			/* the socket that holds */
	unsigned int users;	/* calls working with it; list_lock */
	bool released;		/* to be freed by its last user; list_lock */
	sc_type type;		/* asked for last */
};

int holder_socket(int owner);
struct holder *holder_find(int owner);
struct holder *holder_find_or_make(int owner);
void holder_put(struct holder *h);
void holder_drop(struct holder *h);
void holders_sweep(void);

#endif /* _ODMM_PRIVATE_H */
