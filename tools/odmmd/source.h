/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sources of prefixes: the ways in which odmmd asks the network.
 *
 *	      configure, start, adopt, settled, moved, stop
 *	agent ------------------------------------------->  source
 *	      ask, cancel, gone                                |
 *	      <------------------------------------------------
 *	      ask_grant, ask_refuse;  grant_add, grant_change, grant_withdraw
 *
 * All calls are made in the one thread of the event loop, so nothing here may
 * wait: what takes time hangs on daemon->event (sd-event: sockets, timers,
 * children) and answers later. A source may answer within its ask().
 *
 * A source embeds struct source as its first member:
 *
 *	struct pool_source {
 *		struct source source;
 *		...
 *	};
 *
 * A new kind is one file source-NAME.c with a "const struct source_kind
 * NAME_source" and one line in the table of source.c.
 */
#ifndef _ODMMD_SOURCE_H
#define _ODMMD_SOURCE_H

#include <jansson.h>
#include "../common/args.h"
#include "../common/prefix.h"
#include "daemon.h"

struct source;

/*
 * A request that was accepted, until it is answered or nobody waits any more.
 * Made and freed by ask.c; a source may keep the pointer from ask() until one
 * of these, after which the ask is no longer there:
 *	ask_grant() that has returned 0, ask_refuse(), cancel()
 */
struct ask {
	uint64_t cookie;
	uint32_t type;		/* enum odmm_type, one of source->types */
	uint32_t ifindex;	/* source->ifindex, or 0 if any will do */
	uint32_t flags;		/* IPV6_REQUIRE_SRC_ON_NET: wants a prefix of its own */
	struct source *source;	/* whom it is with */
	void *private;		/* the source's; NULL at first */
};

/*
 * Answers with a prefix. Of @args count home, onlink, and the lifetimes; 0 as
 * valid_lft is without end, preferred_lft needs has_preferred_lft.
 *
 * 0: the kernel has it, and gone() will be called once when it is over.
 * Else a negative errno, the prefix is still the source's, and the ask goes on:
 * grant another one, or refuse. -EEXIST: the kernel has it, or one that
 * overlaps. -ENOENT: nobody waits any more; cancel() has not come yet and will
 * not after ask_refuse().
 */
int ask_grant(struct ask *ask, const struct prefix *prefix, const struct prefix_args *args);

/*
 * Says no. The next source of the configuration that has the type is asked; if
 * there is none, the caller gets @error: EOPNOTSUPP (the network does not know
 * the type), EADDRNOTAVAIL (it has none to give), ETIMEDOUT, EACCES, EDQUOT or
 * ENETDOWN.
 */
void ask_refuse(struct ask *ask, uint32_t error);

/* All but name, usage, size, configure and ask may be NULL. */
struct source_kind {
	const char *name;	/* "pool" */
	const char *usage;	/* its words, for "odmmd -h" */
	size_t size;		/* of what embeds struct source; comes zeroed */

	/*
	 * Takes the words after "source NAME", all of them, by source_words().
	 * What is wrong with them ends it in the middle (usage_error(), by
	 * longjmp), so it may fill its struct but neither allocates nor opens.
	 * Strings point into the text of the file, which lives as long as s.
	 */
	void (*configure)(struct source *s, struct words *w);

	/* 0, or -1 and it has said why; then stop() is not called. */
	int (*start)(struct source *s);

	/*
	 * After start(): odmmd has come back, and the kernel still has this
	 * prefix, of one of the types of s. True if it is one of its own: gone()
	 * will be called for it. The lifetimes of @args are what is left.
	 */
	bool (*adopt)(struct source *s, const struct prefix *p,
		      const struct prefix_args *args);

	/*
	 * All there is has been adopted: of what s remembers beyond that
	 * (state.c) the kernel has no more, it can be given back.
	 */
	void (*settled)(struct source *s);

	/* Answer it, now or later. */
	void (*ask)(struct source *s, struct ask *ask);

	/* Nobody waits any more, or the daemon ends; the ask ends with this. */
	void (*cancel)(struct source *s, struct ask *ask);

	/*
	 * The kernel has it no more: give it back to the network. Once for each
	 * prefix that was granted, added or adopted, whoever ended it.
	 * @why: enum odmm_prefix_end, or GONE_UNKNOWN if that was missed.
	 */
	void (*gone)(struct source *s, const struct prefix *p, uint32_t why);

	/* link.c: @ifindex may be at another network. */
	void (*moved)(struct source *s, uint32_t ifindex);

	/*
	 * Ends what it has running; its asks have been cancelled, its prefixes
	 * stay in the kernel (n_prefixes and grant_has() still tell of them), and
	 * what has to be known of them in state.c. The struct is freed afterwards,
	 * or started again (a reload that failed): leave it as configure() did.
	 */
	void (*stop)(struct source *s);
};

#define GONE_UNKNOWN	UINT32_MAX

/* What all sources have */
struct source {
	const struct source_kind *kind;
	struct daemon *daemon;	/* set before start() */
	uint32_t types;		/* bit mask of 1 << enum odmm_type; word "type" */
	uint32_t ifindex;	/* the access link; word "dev" */
	uint32_t home;		/* 0 if the kernel chooses; word "home" */
	const char *dev;	/* the name of ifindex as configured, for state and log */
	size_t n_prefixes;	/* that the kernel has of it; counted by grant.c */

	/* source.c's */
	bool running, settled;
	char *text;		/* its words, one after the other */
	size_t text_len;
};

/*
 * For configure(): takes "type", "dev", "home" and the keywords of @own, in any
 * order, up to the end of the words; type and dev have to be there.
 */
void source_words(struct source *s, struct words *w, struct keyword *own, size_t n);

/*
 * grant.c: prefixes that arrive or change without a request. As ask_grant(),
 * 0 or a negative errno; of @args counts type, too. -ENOENT: the kernel has it
 * no more, gone() has been or will be called.
 */
int grant_add(struct source *s, const struct prefix *p, const struct prefix_args *args);

/* Gives it other lifetimes and, if @args has an ifindex, another access link. */
int grant_change(struct source *s, const struct prefix *p, const struct prefix_args *args);

/*
 * Takes it away after @grace seconds (GRACE_OF_POLICY: as policy says for its
 * type, 0: now), even while sockets hold it if @force; else -EBUSY then.
 */
int grant_withdraw(struct source *s, const struct prefix *p, uint32_t grace, bool force);

#define GRACE_OF_POLICY	UINT32_MAX

/* Whether the kernel has it of s. */
bool grant_has(const struct source *s, const struct prefix *p);

/*
 * state.c: what must survive, one JSON object per @name, which should be the
 * kind and what tells sources of it apart ("dhcpv6-eth0"; a file name without
 * slash). load: NULL if there is none, or none that can be read (said); the
 * caller's to json_decref(). save: on disk when it returns 0; -1 and it has
 * said why.
 */
json_t *state_load(const struct daemon *d, const char *name);
int state_save(const struct daemon *d, const char *name, const json_t *value);

/* source.c, for the agent */
struct source *source_new(struct words *w);
void source_free(struct source *s);
bool source_same(const struct source *a, const struct source *b);
int source_start(struct source *s, struct daemon *d);
void source_settle(struct source *s);
void source_stop(struct source *s);
void source_usage(void);

#endif /* _ODMMD_SOURCE_H */
