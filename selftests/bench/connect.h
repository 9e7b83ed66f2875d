/* SPDX-License-Identifier: GPL-2.0 */
/* A program that does not use odmm connects a UDP socket. */
#ifndef BENCH_CONNECT_H
#define BENCH_CONNECT_H

#include <netinet/in.h>

#include "measure.h"

struct connection {
	int fd;
	struct sockaddr_in6 remote;
};

void connect_open(void *ctx);
void connect_run(void *ctx);
void connect_close(void *ctx);

/* What it takes while there are so many typed addresses, and the targets. */
void connect_rows(unsigned int stage);
void connect_targets(void);

#endif
