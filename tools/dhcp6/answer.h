/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers of servers, or that none has come.
 */
#ifndef _DHCP6_ANSWER_H
#define _DHCP6_ANSWER_H

#include "client.h"

/* Who has asked is told that there is none; the IA ends with this. */
void answer_refuse(struct dhcp6_client *c, struct dhcp6_ia *ia, uint32_t error);
/* Takes the best offer there was, or none. */
void answer_decide(struct dhcp6_client *c, struct dhcp6_ia *ia, uint64_t now);

#endif /* _DHCP6_ANSWER_H */
