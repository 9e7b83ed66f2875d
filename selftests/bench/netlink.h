/* SPDX-License-Identifier: GPL-2.0 */
/* The requests that the benchmark sends by netlink. */
#ifndef BENCH_NETLINK_H
#define BENCH_NETLINK_H

#include <netinet/in.h>
#include <stdint.h>

struct mnl_socket;

/* Sockets; what fails ends the program. */
struct mnl_socket *nl_open(int bus);
struct mnl_socket *nl_listen(const char *group);

/* rtnetlink */
void nl_addr_add(struct mnl_socket *nl, const struct in6_addr *addr);
unsigned int nl_addr_dump(struct mnl_socket *nl);

/* odmm; all prefixes are /64 and come by lo */
void nl_find_family(void);
void nl_claim(struct mnl_socket *nl, uint32_t type);
void nl_accept(struct mnl_socket *nl, uint64_t cookie);
void nl_prefix_add(struct mnl_socket *nl, const struct in6_addr *prefix,
		   uint32_t type, uint64_t cookie);
void nl_prefix_del(struct mnl_socket *nl, const struct in6_addr *prefix);
void nl_wait_active(struct mnl_socket *listener, const struct in6_addr *prefix);
uint64_t nl_wait_doorbell(struct mnl_socket *listener);
uint32_t nl_waiters(struct mnl_socket *nl);

#endif
