/* SPDX-License-Identifier: GPL-2.0 */
/* Another process, with a great many sockets, that does as it is told. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#define CROWD	100000

void crowd_start(void);

/* Has it do something with its sockets from @from to @to, and waits. */
void crowd_do(void (*act)(int *fd), unsigned int from, unsigned int to);

/* To be done first: a UDP socket that does not block. */
void crowd_open(int *fd);

void crowd_end(void);

#endif
