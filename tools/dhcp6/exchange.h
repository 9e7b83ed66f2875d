/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One exchange of messages: when to send again, and when to give it up (RFC 8415
 * section 15). Times are in milliseconds, and come from outside.
 */
#ifndef _DHCP6_EXCHANGE_H
#define _DHCP6_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#define NEVER	UINT64_MAX

/* How long between two times, at first and at most; how often; how long in all. 0: no limit */
struct dhcp6_timing {
	uint32_t irt, mrt, mrc, mrd;
	bool positive;		/* the first one is never shorter than said */
};

/* RFC 8415 section 7.6; the Solicit's mrd is the patience of who asks */
extern const struct dhcp6_timing dhcp6_solicit, dhcp6_request, dhcp6_renew, dhcp6_rebind,
				 dhcp6_moved, dhcp6_release;

struct dhcp6_exchange {
	uint8_t kind;		/* enum dhcp6_kind, 0 if there is none */
	bool unsent;		/* it could not be sent when it was due */
	uint32_t id;
	struct dhcp6_timing timing;
	uint64_t began, due, end;
	uint32_t rt, sent;
};

/* @end: no longer than until then, whatever the timing says. */
void exchange_begin(struct dhcp6_exchange *x, uint8_t kind, uint32_t id,
		    const struct dhcp6_timing *timing, uint64_t now, uint64_t end);
/* It has been sent: sets when it is due again. @random is any number. */
void exchange_sent(struct dhcp6_exchange *x, uint64_t now, uint32_t random);
/* It could not be, until then. */
void exchange_put_off(struct dhcp6_exchange *x, uint64_t until);
/* It is due: whether there is nothing more to send. */
bool exchange_is_over(const struct dhcp6_exchange *x, uint64_t now);
/* Hundredths of a second since it began, as the message has it. */
uint16_t exchange_elapsed(const struct dhcp6_exchange *x, uint64_t now);

#endif /* _DHCP6_EXCHANGE_H */
