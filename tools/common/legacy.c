// SPDX-License-Identifier: GPL-2.0
/*
 * A typed address of a routed prefix lives on another interface, and is
 * deprecated; yet a host that has no other global address chooses it for
 * everybody, as scope comes before deprecation (RFC 6724). With the sysctl
 * use_oif_addrs_only the outgoing interface looks at its own addresses alone:
 * sockets that never ask stay as they were. An agent sets it on the links that
 * it manages, says so, and restores it.
 */
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>
#include "base.h"
#include "legacy.h"

/* As many as a claim can name */
static uint32_t guarded[64];
static size_t n_guarded;

static int open_sysctl(uint32_t ifindex, char *name)
{
	char path[128];

	if (!if_indextoname(ifindex, name))
		return -1;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/use_oif_addrs_only", name);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Whether it was not like that before. */
static bool set_sysctl(uint32_t ifindex, char value)
{
	char name[IF_NAMESIZE], old = value;
	int fd = open_sysctl(ifindex, name);
	bool changed;

	if (fd < 0)
		return false;
	changed = read(fd, &old, 1) == 1 && old != value && pwrite(fd, &value, 1, 0) == 1;
	if (changed)
		fprintf(stderr, "net.ipv6.conf.%s.use_oif_addrs_only = %c\n", name, value);
	close(fd);
	return changed;
}

/* @ifindex is the access link of routed prefixes, whose addresses live elsewhere. */
void legacy_guard(uint32_t ifindex)
{
	if (ifindex == if_nametoindex("lo") || n_guarded == ARRAY_SIZE(guarded))
		return;
	if (set_sysctl(ifindex, '1'))
		guarded[n_guarded++] = ifindex;
}

void legacy_restore(void)
{
	while (n_guarded)
		set_sysctl(guarded[--n_guarded], '0');
}
