// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Notices on the error queue of a socket.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/errqueue.h>
#include "private.h"

/* Errors of ICMP and completions of MSG_ZEROCOPY come by the same way. */
static bool is_ours(struct msghdr *msg)
{
	struct sock_extended_err err;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != IPPROTO_IPV6 || cmsg->cmsg_type != IPV6_RECVERR)
			continue;
		memcpy(&err, CMSG_DATA(cmsg), sizeof(err));
		return err.ee_origin == SO_EE_ORIGIN_ODMM;
	}
	return false;
}

/* Takes one message off the queue; whether it is a notice, or -1. */
static int take(int fd, struct odmm_notice *notice)
{
	char control[512] __attribute__((aligned(sizeof(size_t))));
	struct iovec iov = { .iov_base = notice, .iov_len = sizeof(*notice) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	memset(notice, 0, sizeof(*notice));
	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return -1;
	return is_ours(&msg);
}

API int setsc_notice(int sockfd, struct odmm_notice *notice)
{
	int ours, error = errno;

	do {
		ours = take(sockfd, notice);
	} while (!ours);
	if (ours > 0)
		return 1;
	if (errno != EAGAIN)
		return -1;
	errno = error;
	return 0;
}
