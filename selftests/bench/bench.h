/* SPDX-License-Identifier: GPL-2.0 */
/* The groups of figures; each adds its rows and targets to the report. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <netinet/in.h>
#include <stdbool.h>

#define ROW_EMPTY	"empty option of another module"
#define ROW_SETSC	"IPV6_SETSC, session and prefix there"
#define ROW_WAITING_BROKER	"address from a broker that waits for its route"

/* load.c: takes the module out and puts it back. */
void bench_load(const char *module);
void load_insert(const char *module);
void load_remove(void);

/* meter.c: counting bytes; takes the module out and puts it back, too. */
void bench_meter(const char *module);

/* calls.c: system calls that do not wait. */
void bench_calls(void);

/* probe.c: setsockopt() while it is looked at. */
void bench_probe(void);

/* footprint.c: memory; to be done before others have sessions. */
void bench_footprint(void);

/* many.c: many sessions, many prefixes. */
void bench_many(void);

/* churn.c: many short sessions. */
void bench_churn(void);

/* broker.c: what an agent is compared with. */
void bench_broker(void);

/* ask.c: asking the network. */
void bench_prefix(void);
void bench_agent(void);

/* wake.c: many who wait for the same. */
void bench_wake(void);

/* space.c: a network namespace of our own, in which nl_open() is done anew. */
#define SPACE_LINK	"bench0"
void space_enter(void);
void space_leave(void);
struct sockaddr_in6 space_remote(void);

/* Sysctl use_oif_addrs_only of its interface. */
void space_oif_only(bool on);

/* A prefix not used before. */
struct in6_addr bench_new_prefix(void);

/* Such a prefix that serves already. */
void bench_active_prefix(uint32_t type);

int bench_socket(int type);
void bench_set(int fd, int option, int value);
void bench_setsc(int fd, uint32_t type, struct in6_addr *addr);

#endif
