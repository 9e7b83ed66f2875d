/* SPDX-License-Identifier: GPL-2.0 */
/* What the benchmark says and hears by netlink. */
#ifndef BENCH_NETLINK_H
#define BENCH_NETLINK_H

#include <netinet/in.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* The index of lo, in each namespace. */
#define NL_LO	1

/* Sockets; what fails ends the program. */
struct mnl_socket *nl_open(int bus);
struct mnl_socket *nl_listen(const char *group);

int nl_talk(struct mnl_socket *nl, const struct nlmsghdr *request, mnl_cb_t cb,
	    void *arg);
void nl_hear(struct mnl_socket *listener, mnl_cb_t cb, void *arg);

/* rtnl.c: addresses on lo */
void nl_addr_add(struct mnl_socket *nl, const struct in6_addr *addr);
void nl_addr_del(struct mnl_socket *nl, const struct in6_addr *addr);
unsigned int nl_addr_dump(struct mnl_socket *nl);
struct mnl_socket *nl_listen_routes(void);
void nl_wait_routed(struct mnl_socket *routes, const struct in6_addr *addr);

/* netlink.c: odmm; all prefixes are /64, and come by lo if nothing else is said */
void nl_find_family(void);
void nl_claim(struct mnl_socket *nl, uint32_t types);
void nl_accept(struct mnl_socket *nl, uint64_t cookie);
void nl_prefix_add(struct mnl_socket *nl, const struct in6_addr *prefix,
		   uint32_t type, uint64_t cookie);
void nl_prefix_add_by(struct mnl_socket *nl, const struct in6_addr *prefix,
		      uint32_t type, uint32_t ifindex);
void nl_prefix_del(struct mnl_socket *nl, const struct in6_addr *prefix);
void nl_wait_active(struct mnl_socket *listener, const struct in6_addr *prefix);
uint64_t nl_wait_doorbell(struct mnl_socket *listener);
uint32_t nl_waiters(struct mnl_socket *nl);

/* One counter, and one setting, of the namespace if @type is 0. */
uint64_t nl_stat(struct mnl_socket *nl, uint16_t attr);
void nl_policy_set(struct mnl_socket *nl, uint32_t type, uint16_t attr,
		   uint64_t value);

#endif
