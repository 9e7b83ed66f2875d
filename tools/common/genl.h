/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Talking to the kernel: generic netlink, family "odmm" if nothing else is said.
 */
#ifndef _ODMM_GENL_H
#define _ODMM_GENL_H

#include <libmnl/libmnl.h>
#include "base.h"
#include "row.h"

struct genl {
	struct mnl_socket *nl;
	uint32_t seq;
	uint16_t family;
	uint32_t requests, events;	/* multicast groups */
	char request[2048];		/* the request being built or answered */
	char refusal[512];		/* what the kernel said against the last one */
};

/* What returns -1 has said why, and there is nothing to close. */
int genl_open(struct genl *g);
/* Another family; @absent is said of a kernel that has it not. */
int genl_open_family(struct genl *g, const char *family, const char *absent);
/* Another bus of netlink (NETLINK_ROUTE): its requests are not genl_request()'s. */
int genl_open_bus(struct genl *g, int bus);
void genl_close(struct genl *g);
int genl_join(struct genl *g, uint32_t group);
int genl_refused(const struct genl *g);

struct nlmsghdr *genl_request(struct genl *g, uint8_t cmd, uint16_t flags);
int genl_ask(struct genl *g, struct nlmsghdr *nlh, const struct field *fields,
	     mnl_cb_t answer, void *data);

/* Whether a message is one to show. */
typedef bool (*genl_filter)(const struct nlmsghdr *nlh, const void *arg);

json_t *genl_rows(struct genl *g, struct nlmsghdr *nlh, const struct field *fields,
		  genl_filter filter, const void *arg);

#endif /* _ODMM_GENL_H */
