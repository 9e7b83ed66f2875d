/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IAs, and what each has: its prefixes, how long they last, and when to renew
 * them.
 */
#ifndef _DHCP6_IA_H
#define _DHCP6_IA_H

#include "client.h"

/* One more of a client, that has nothing yet; NULL if there are so many. */
struct dhcp6_ia *ia_new(struct dhcp6_client *c, uint8_t type, uint32_t iaid, size_t max);
void ia_forget(struct dhcp6_client *c, struct dhcp6_ia *ia);

struct dhcp6_lease *ia_find(struct dhcp6_ia *ia, const struct in6_addr *addr, uint8_t len);
/* NULL if it has too many. */
struct dhcp6_lease *ia_add(struct dhcp6_ia *ia, const struct dhcp6_prefix *p, uint64_t now);
void ia_remove(struct dhcp6_ia *ia, struct dhcp6_lease *lease);

/* The lifetimes of @p are from now on those of @lease. */
void ia_last(struct dhcp6_lease *lease, const struct dhcp6_prefix *p, uint64_t now);
/* As it is now, with what is left of its lifetimes. */
struct dhcp6_prefix ia_prefix(const struct dhcp6_lease *lease, uint64_t now);
bool ia_is_held(const struct dhcp6_ia *ia);
/* Until its last prefix ends. */
uint64_t ia_valid_until(const struct dhcp6_ia *ia);
/* Whether none of its prefixes is for new use. */
bool ia_is_fading(const struct dhcp6_ia *ia, uint64_t now);

/* When to renew, as the server has said in seconds, or 0. */
void ia_set_times(struct dhcp6_ia *ia, uint32_t t1, uint32_t t2, uint64_t now);
void ia_never_renew(struct dhcp6_ia *ia);

#endif /* _DHCP6_IA_H */
