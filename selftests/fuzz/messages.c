// SPDX-License-Identifier: GPL-2.0
/* Sends what message.c makes, and learns from what comes back. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port.h"
#include "text.h"
#include "worker.h"

#define PORTS		4
#define BUFFER_SMALL	2048

/**
 * struct talk - of a thread with the kernel
 * @reader: hears the answers
 * @w: who talks
 * @pool: what it has learned
 * @d: what it says
 * @ports: by which
 */
struct talk {
	struct reader reader;
	struct worker *w;
	struct pool pool;
	struct datagram d;
	int ports[PORTS];
};

static void hear_result(struct reader *reader, uint32_t seq, uint16_t type, int error)
{
	struct talk *talk = (struct talk *)reader;
	const struct operation *op;
	bool dump;

	if (seq >= message_rows())
		return;
	tally(talk->w, seq, error);
	op = message_row_operation(seq, &dump);
	if (op && op->privileged && !error && talk->w->settings->plain &&
	    type == talk->w->settings->family) {
		finding(talk->w, "a plain user has changed something");
		datagram_print(stderr, talk->w->settings->family, &talk->d);
	}
}

static const struct set *set_of(uint8_t cmd)
{
	unsigned int i;

	for (i = 0; i < n_operations; i++)
		if (operations[i].cmd == cmd)
			return operations[i].set;
	return NULL;
}

static bool is_zero(const unsigned char *data, size_t len)
{
	while (len && !*data) {
		data++;
		len--;
	}
	return !len;
}

static void learn(struct talk *talk, const struct set *set,
		  const struct nlattr *attr, size_t len)
{
	struct record *record = pool_new_record(&talk->pool);
	size_t size, step;
	unsigned int type;

	while (len >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN &&
	       attr->nla_len <= len) {
		type = attr->nla_type & NLA_TYPE_MASK;
		size = attr->nla_len - NLA_HDRLEN;
		step = NLA_ALIGN(attr->nla_len);
		if (type && type <= set->n)
			pool_keep(&talk->pool, record,
				  set->attributes[type - 1].same, attr + 1,
				  size);
		if (step > len)
			break;
		if (!is_zero((const unsigned char *)(attr + 1) + size,
			     step - attr->nla_len))
			finding(talk->w, "an answer with bytes that are not 0 between attributes");
		attr = (const void *)((const char *)attr + step);
		len -= step;
	}
}

/* Notifications have commands of their own: nothing is learned of them. */
static void hear_answer(struct reader *reader, const struct nlmsghdr *nlh)
{
	struct talk *talk = (struct talk *)reader;
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	const struct set *set;

	if (nlh->nlmsg_type != talk->w->settings->family)
		return;
	if (genl->reserved)
		finding(talk->w, "an answer with a reserved word that is not 0");
	set = set_of(genl->cmd);
	if (set)
		learn(talk, set, (const void *)(genl + 1),
		      nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN);
}

static void set(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

static void join(struct talk *talk, int fd, int group)
{
	if (!setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			sizeof(group)) && talk->w->settings->plain)
		finding(talk->w, "a plain user hears what others do");
}

static void set_up(struct talk *talk, struct rng *r, int fd)
{
	set(fd, SOL_NETLINK, NETLINK_EXT_ACK, percent(r, 80));
	set(fd, SOL_NETLINK, NETLINK_CAP_ACK, percent(r, 80));
	set(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, percent(r, 50));
	if (percent(r, 25))
		set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_SMALL);
	if (percent(r, 20))
		join(talk, fd, talk->w->settings->groups[below(r, 2)]);
}

/* Whatever it has not read is lost, a dump in progress too. */
static void reopen(struct talk *talk, struct rng *r, int *port)
{
	if (*port >= 0)
		close(*port);
	*port = port_open();
	set_up(talk, r, *port);
}

static void hear(struct talk *talk, int *port)
{
	char some[64];

	switch (below(&talk->w->r, 20)) {
	case 0:			/* later, or never */
		break;
	case 1:
		recv(*port, some, sizeof(some), MSG_DONTWAIT | MSG_PEEK);
		recv(*port, some, sizeof(some), MSG_DONTWAIT | MSG_TRUNC);
		break;
	default:
		port_read(*port, &talk->reader);
	}
}

static void make(struct worker *w)
{
	struct talk *talk = w->own;
	int *port = &talk->ports[below(&w->r, PORTS)];
	struct rng own = { rng_next(&w->r) };
	bool anew = percent(&w->r, 1);

	if (*port < 0 || anew)
		reopen(talk, &own, port);
	message_make(&w->r, &talk->pool, w->settings->family, &talk->d);
	if (w->settings->save)
		datagram_print(w->settings->save, w->settings->family,
			       &talk->d);
	if (!port_send(*port, &talk->d))
		hear(talk, port);
	else
		port_read(*port, &talk->reader);
}

static void begin(struct worker *w)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	if (!talk)
		abort();
	talk->reader = (struct reader){ hear_result, hear_answer };
	talk->w = w;
	memset(talk->ports, -1, sizeof(talk->ports));
	w->own = talk;
}

static void end(struct worker *w)
{
	struct talk *talk = w->own;
	unsigned int i;

	for (i = 0; i < PORTS; i++)
		if (talk->ports[i] >= 0)
			close(talk->ports[i]);
	free(talk);
}

const struct trade trade_messages = {
	"messages", message_rows, message_row_name, begin, make, end
};
