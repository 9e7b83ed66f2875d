/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How types are written: in a vendor option of the message, or in an option of
 * each prefix.
 */
#ifndef _DHCP6_ENCODING_H
#define _DHCP6_ENCODING_H

#include "option.h"

#define OPTION_VENDOR_OPTS	17

/* In the message, and in a prefix of it */
void encoding_put(struct dhcp6_packet *p, const struct dhcp6_format *f,
		  const struct dhcp6_message *m);
void encoding_put_prefix(struct dhcp6_packet *p, const struct dhcp6_format *f, uint8_t type);

/* What a vendor option, or an option of a prefix, says, if it is one of ours. */
enum dhcp6_fault encoding_read(const struct dhcp6_format *f, struct dhcp6_bytes in,
			       struct dhcp6_message *m);
enum dhcp6_fault encoding_read_prefix(const struct dhcp6_format *f, const struct dhcp6_option *o,
				      struct dhcp6_prefix *prefix);

#endif /* _DHCP6_ENCODING_H */
