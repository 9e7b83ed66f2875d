/* SPDX-License-Identifier: GPL-2.0 */
/* Another process, with a great many UDP sockets. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#define CROWD	100000

/* One after the other. */
void crowd_prepare(void);
void crowd_open(void);
void crowd_join(void);
void crowd_leave(void);

#endif
