/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests that were accepted, and with which source they are.
 */
#ifndef _ODMMD_ASK_H
#define _ODMMD_ASK_H

#include "source.h"

/* Accepted: @request has cookie, type, ifindex and flags. */
void ask_begin(struct daemon *d, const struct ask *request);
/* The kernel says that it is over, if it is one of ours. */
void ask_over(uint64_t cookie);

/* A look at all requests there are: this is one of them. After it: the others are over. */
void ask_see(uint64_t cookie);
void ask_end_seeing(void);

/* A source goes: what it works on is with nobody, until ask_pass_on() gives it to others. */
void ask_leave(struct source *s);
void ask_pass_on(struct daemon *d);
size_t ask_count(void);

#endif /* _ODMMD_ASK_H */
