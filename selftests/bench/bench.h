/* SPDX-License-Identifier: GPL-2.0 */
/* The groups of figures; each adds its rows and targets to the report. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <netinet/in.h>

#define ROW_EMPTY	"empty option of another module"
#define ROW_SETSC	"IPV6_SETSC, session and prefix there"
#define ROW_PREFIX	"prefix add until active, whole system"

/* load.c: takes the module out and puts it back. */
void bench_load(const char *module);
void load_insert(const char *module);

/* calls.c: system calls that do not wait. */
void bench_calls(void);

/* ask.c: asking the network. */
void bench_prefix(void);
void bench_agent(void);

/* wake.c: many who wait for the same. */
void bench_wake(void);

/* A prefix not used before. */
struct in6_addr bench_new_prefix(void);

int bench_socket(int type);
void bench_set(int fd, int option, int value);

#endif
