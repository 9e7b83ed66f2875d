/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel tells of links, and what it is asked: rtnetlink for link.c.
 */
#ifndef _ODMMD_LINK_NEWS_H
#define _ODMMD_LINK_NEWS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link_state {
	const char *name;
	bool up;
	uint32_t losses;		/* of the carrier, ever */
	const uint8_t *lladdr;	/* 6 bytes, or NULL */
};

struct link_news {
	/* Also when nothing of it is new. */
	void (*link)(uint32_t ifindex, const struct link_state *state);
	void (*removed)(uint32_t ifindex);
	void (*neighbour)(uint32_t ifindex, const struct in6_addr *addr, const uint8_t *lladdr);
	void (*gateway)(uint32_t ifindex, const struct in6_addr *addr);
	/* An address that can be used as a source. */
	void (*address)(uint32_t ifindex);
	/* Some of the above has got lost. */
	void (*lost)(void);
};

/* A descriptor that is readable when there is news, or -1 with errno. */
int link_news_open(void);
void link_news_close(void);
/* Hands over all that is there. */
void link_news_read(const struct link_news *news);
/* This link is to be told as news. 0, or -1 with errno. */
int link_news_ask(uint32_t ifindex);

#endif /* _ODMMD_LINK_NEWS_H */
