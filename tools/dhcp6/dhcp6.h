/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DHCPv6 prefix delegation (RFC 8415, now RFC 9915) with types of addresses, as
 * far as a client that wants nothing else needs it.
 *
 * A message is taken as a whole or not at all: with one fault it changes
 * nothing, and the fault has a name under which it is counted.
 *
 * How the type is written is described in Documentation/dhcpv6.md.
 */
#ifndef _DHCP6_H
#define _DHCP6_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "duid.h"

#define DHCP6_CLIENT_PORT	546
#define DHCP6_SERVER_PORT	547
#define DHCP6_PREFIXES_MAX	4	/* in one message, and of one IA */
#define DHCP6_INFINITY		UINT32_MAX
#define DHCP6_PREFERENCE_MAX	255	/* that server is chosen at once */

/* Kinds of messages */
enum dhcp6_kind {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE,
	DHCP6_REQUEST,
	DHCP6_RENEW = 5,
	DHCP6_REBIND,
	DHCP6_REPLY,
	DHCP6_RELEASE,
};

enum dhcp6_status {
	DHCP6_SUCCESS,
	DHCP6_UNSPEC_FAIL,
	DHCP6_NO_BINDING = 3,
	DHCP6_NO_PREFIX_AVAIL = 6,
};

/* How types are written. Nothing of it is registered anywhere. */
struct dhcp6_format {
	uint32_t enterprise;		/* number, of the vendor options that follow */
	uint16_t type, types, grace;	/* their codes */
	uint16_t prefix_option;		/* 0, or the type is in an option of this code in each prefix */
};

enum dhcp6_fault {
	DHCP6_GOOD,
	DHCP6_KIND,		/* not what the answer to this could be */
	DHCP6_SHORT,
	DHCP6_OPTION_LENGTH,	/* beyond the end, or not that of this option */
	DHCP6_TWICE,		/* what is to be there once */
	DHCP6_TOO_MANY,		/* prefixes */
	DHCP6_LENGTH_OF_PREFIX,
	DHCP6_NOT_UNICAST,
	DHCP6_LIFETIMES,	/* preferred for longer than valid, or T1 behind T2 */
	DHCP6_NO_SERVER,	/* does not say by whom it is */
	DHCP6_NO_CLIENT,	/* nor to whom */
	DHCP6_TRANSACTION,	/* nobody has asked */
	DHCP6_OTHER_SERVER,	/* than the one that was asked */
	DHCP6_OTHER_IA,
	DHCP6_FAULTS
};

struct dhcp6_prefix {
	struct in6_addr addr;
	uint8_t len;
	uint8_t type;			/* that it says itself, 0 if it does not */
	uint32_t preferred, valid;	/* seconds */
};

/* What is in a message, of either direction; 0 and empty where it says nothing */
struct dhcp6_message {
	uint8_t kind;
	uint32_t id;			/* of the transaction, 24 bits */
	struct dhcp6_duid client, server;
	uint16_t elapsed;		/* hundredths of a second; of a client */
	bool rapid_commit;
	uint8_t preference;
	uint16_t status;
	uint32_t sol_max_rt;		/* seconds */
	bool has_ia;
	uint32_t iaid, t1, t2;
	uint16_t ia_status;
	size_t n;
	struct dhcp6_prefix prefix[DHCP6_PREFIXES_MAX];
	uint8_t type;			/* enum odmm_type */
	uint32_t types;			/* that the server knows, a mask */
	uint32_t grace;			/* seconds that it leaves to what is to be replaced */
};

/* Some that are read */
struct dhcp6_bytes {
	const uint8_t *data;
	size_t len;
};

/* As it travels, without UDP */
struct dhcp6_packet {
	size_t len;
	uint8_t data[1024];
};

void dhcp6_write(const struct dhcp6_format *format, const struct dhcp6_message *m,
		 struct dhcp6_packet *packet);
/* Whether it is to that client, or else to none that it names. */
bool dhcp6_is_to(const struct dhcp6_duid *client, struct dhcp6_bytes bytes);
enum dhcp6_fault dhcp6_parse(const struct dhcp6_format *format, struct dhcp6_bytes bytes,
			     struct dhcp6_message *m);
const char *dhcp6_fault_name(enum dhcp6_fault fault);

#endif /* _DHCP6_H */
