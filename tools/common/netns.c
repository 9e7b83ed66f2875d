// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "args.h"
#include "netns.h"

#define NETNS_DIR "/run/netns"

void netns_enter(const char *name)
{
	char path[4096];
	int fd;

	/* As ip(8): with a slash it is a path, such as /proc/1/ns/net. */
	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : NETNS_DIR "/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		usage_error("cannot open network namespace \"%s\": %s", name, strerror(errno));
	if (setns(fd, CLONE_NEWNET)) {
		fprintf(stderr, "Error: setting the network namespace \"%s\" failed: %s\n",
			name, strerror(errno));
		exit(EXIT_REFUSED);
	}
	close(fd);
}
