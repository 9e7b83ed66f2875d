/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a client sends for an IA. Each begins an exchange, in the place of the one
 * that there was.
 */
#ifndef _DHCP6_SEND_H
#define _DHCP6_SEND_H

#include "client.h"

void send_solicit(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now);
void send_request(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now);
void send_renew(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now);
void send_rebind(struct dhcp6_client *c, struct dhcp6_ia *ia, const struct dhcp6_timing *timing,
		 uint64_t now);
/* Gives a prefix of @of back to @server, by an IA of the same number. */
void send_release(struct dhcp6_client *c, const struct dhcp6_ia *of,
		  const struct dhcp6_duid *server, const struct dhcp6_prefix *p, uint64_t now);

/* The message of the exchange that there is, once more; and no more. */
void send_again(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now);
void send_end(struct dhcp6_ia *ia);

/* Whose exchange has that number; one that none has. */
struct dhcp6_ia *send_find(const struct dhcp6_client *c, uint32_t id);
uint32_t send_new_id(struct dhcp6_client *c);

/* Whether such a message is to one server alone. */
bool send_names_server(uint8_t kind);

#endif /* _DHCP6_SEND_H */
