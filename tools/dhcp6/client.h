/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The client: identity associations (IAs), each for prefixes of one type, and
 * what is sent and done for them. A server like Kea looks at one type per
 * message, so each message is about one IA.
 *
 *	SOLICITING --> REQUESTING --> BOUND <--> RENEWING --> REBINDING
 *	     '-----------------------^  '---------------------^
 *	   Rapid Commit                        moved
 *
 * A prefix that is given back leaves its IA for one of the same number that is
 * RELEASING, which ends with that.
 */
#ifndef _DHCP6_CLIENT_H
#define _DHCP6_CLIENT_H

#include <sys/queue.h>
#include "dhcp6.h"
#include "exchange.h"
#include "rate.h"

#define DHCP6_IAS_MAX	256

enum dhcp6_state {
	IA_SOLICITING,
	IA_REQUESTING,
	IA_BOUND,
	IA_RENEWING,
	IA_REBINDING,
	IA_RELEASING,
};

/* A prefix of an IA */
struct dhcp6_lease {
	struct in6_addr addr;
	uint8_t len;
	bool held;		/* whoever uses it has it */
	bool over;		/* the network says so: nobody has to be told when it is gone */
	uint64_t preferred_until, valid_until;
};

struct dhcp6_ia {
	TAILQ_ENTRY(dhcp6_ia) next;
	uint8_t type;		/* enum odmm_type */
	uint32_t iaid;
	enum dhcp6_state state;
	bool abandoned;		/* nobody waits for what is asked for */
	struct dhcp6_duid server;
	size_t n;
	struct dhcp6_lease lease[DHCP6_PREFIXES_MAX];
	uint64_t t1, t2;	/* when, NEVER if not */
	struct dhcp6_exchange x;
	int preference;		/* of the server whose offer that is, -1 if there is none */
	uint32_t error;		/* what servers have said that have none, 0 if none has */
	void *private;		/* of who uses it */
};

TAILQ_HEAD(dhcp6_ias, dhcp6_ia);

/*
 * None of them may call back, but for dhcp6_get(). Of a prefix, length, address
 * and lifetimes count.
 */
struct dhcp6_ops {
	/* 0, or -1 if it cannot be sent now: dhcp6_resume() when it can. */
	int (*send)(void *data, const struct dhcp6_message *m);
	/* A new one. If it is not 0 it is not wanted, and given back. */
	int (*granted)(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p);
	void (*changed)(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p);
	/* @over: the network has ended it, else it has only not confirmed it. */
	void (*withdrawn)(void *data, struct dhcp6_ia *ia, const struct dhcp6_prefix *p,
			  bool over);
	/* There will be none; the IA ends with this. */
	void (*refused)(void *data, struct dhcp6_ia *ia, uint32_t error);
	/* All its prefixes are on their way out, as was promised: there is time for another. */
	void (*fading)(void *data, struct dhcp6_ia *ia);
	uint32_t (*random)(void *data);
};

struct dhcp6_client {
	const struct dhcp6_ops *ops;
	void *data;
	struct dhcp6_duid duid;
	uint32_t patience;	/* milliseconds that a Solicit lasts */
	uint32_t sol_max_rt;	/* milliseconds */
	struct dhcp6_rate rate;
	struct dhcp6_ias ias;
	size_t n;
};

void dhcp6_init(struct dhcp6_client *c);
void dhcp6_end(struct dhcp6_client *c);

/* Whether an IA has that number for which somebody waits, or which has something. */
bool dhcp6_has(const struct dhcp6_client *c, uint32_t iaid);
/* Asks for a prefix. NULL if there are too many already. */
struct dhcp6_ia *dhcp6_get(struct dhcp6_client *c, uint8_t type, uint32_t iaid, void *private,
			   uint64_t now);
/* Nobody waits for it any more. */
void dhcp6_abandon(struct dhcp6_client *c, struct dhcp6_ia *ia);
/* Nobody has the prefix any more. Whether it was of here. */
bool dhcp6_gone(struct dhcp6_client *c, const struct in6_addr *addr, uint8_t len, uint64_t now);

/*
 * After a restart: an IA as it was remembered (NULL: too many), which of its
 * prefixes are still held, and what to do of all that.
 */
struct dhcp6_ia *dhcp6_remember(struct dhcp6_client *c, uint8_t type, uint32_t iaid,
				const struct dhcp6_duid *server);
bool dhcp6_adopt(struct dhcp6_client *c, uint8_t type, const struct dhcp6_prefix *p,
		 uint64_t now);
void dhcp6_settle(struct dhcp6_client *c, uint32_t types, uint64_t now);

/* Messages can be sent; the host may be elsewhere; a message came; a time has come. */
void dhcp6_resume(struct dhcp6_client *c, uint64_t now);
void dhcp6_moved_all(struct dhcp6_client *c, uint64_t now);
/* That it is to this client has been looked at, by dhcp6_is_to(). */
enum dhcp6_fault dhcp6_receive(struct dhcp6_client *c, const struct dhcp6_message *m,
			       uint64_t now);
void dhcp6_expire(struct dhcp6_client *c, uint64_t now);
/* When to call that, NEVER if there is nothing to wait for. */
uint64_t dhcp6_next(const struct dhcp6_client *c);

#endif /* _DHCP6_CLIENT_H */
