// SPDX-License-Identifier: GPL-2.0
/*
 * A network namespace to do things in that are hard to undo. It has an
 * interface with an address and a default route, like any host.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "kworker.h"
#include "measure.h"

static int home = -1;

static void must_run(const char *command)
{
	must(!system(command), command);
}

void space_enter(void)
{
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	must(home >= 0 && !unshare(CLONE_NEWNET), "unshare");
	must_run("ip link set lo up");
	must_run("ip link add " SPACE_LINK " type dummy");
	must_run("ip link set " SPACE_LINK " up");
	must_run("ip addr add 2001:db8:ffff::1/64 nodad dev " SPACE_LINK);
	must_run("ip -6 route add default dev " SPACE_LINK);
	kworker_quiet();
}

/* The kernel takes some time to clear it, if nothing else uses it. */
void space_leave(void)
{
	must(!setns(home, CLONE_NEWNET), "setns");
	close(home);
	kworker_quiet();
}

void space_oif_only(bool on)
{
	int fd = open("/proc/sys/net/ipv6/conf/" SPACE_LINK
		      "/use_oif_addrs_only", O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, on ? "1" : "0", 1) == 1, "sysctl");
	close(fd);
}

struct sockaddr_in6 space_remote(void)
{
	return (struct sockaddr_in6){
		.sin6_family = AF_INET6,
		.sin6_port = htons(9),
		.sin6_addr.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0xff, 0xfe,
				       [15] = 1 },
	};
}
