// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port.h"

#define READ_MAX	65536

int port_open(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
}

int port_send(int fd, const struct datagram *d)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(fd, d->data, d->len, MSG_DONTWAIT,
		      (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ? errno :
									0;
}

static void look_at(struct reader *reader, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = NLMSG_DATA(nlh);

	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		reader->result(reader, nlh->nlmsg_seq, e->msg.nlmsg_type, -e->error);
		break;
	case NLMSG_DONE:
		reader->result(reader, nlh->nlmsg_seq, nlh->nlmsg_type, -e->error);
		break;
	default:
		reader->answer(reader, nlh);
	}
}

void port_read(int fd, struct reader *reader)
{
	static __thread char data[READ_MAX];
	const struct nlmsghdr *nlh;
	ssize_t len;

	/* A socket that missed something says so once. */
	while ((len = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0 ||
	       (len < 0 && errno == ENOBUFS)) {
		nlh = (const void *)data;
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len))
			look_at(reader, nlh);
	}
}
