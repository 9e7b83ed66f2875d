// SPDX-License-Identifier: GPL-2.0
/*
 * In a process of its own, so that the table of files of the one who measures
 * stays small; and in a control group of its own, as on any host of today, so
 * that its memory is charged, which takes memory by itself.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"
#include "measure.h"

#define CGROUPS	"/sys/fs/cgroup"
#define CGROUP	CGROUPS "/bench"
/* Files that are not of the crowd. */
#define OTHERS	100

/* The crowd is a fork of this program: functions are where they are here. */
struct order {
	void (*act)(int *fd);
	unsigned int from;
	unsigned int to;
};

static pid_t pid;
static int to_crowd, from_crowd;

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len = strlen(value);

	must(fd >= 0 && write(fd, value, len) == len, path);
	close(fd);
}

static void allow_files(void)
{
	const struct rlimit limit = { CROWD + OTHERS, CROWD + OTHERS };

	must(!setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
}

void crowd_open(int *fd)
{
	*fd = bench_socket(SOCK_DGRAM | SOCK_NONBLOCK);
}

static void be_crowd(int in, int out)
{
	static int fds[CROWD];
	struct order order;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	put(CGROUP "/cgroup.procs", "0");
	allow_files();
	while (read(in, &order, sizeof(order)) == sizeof(order)) {
		for (i = order.from; i < order.to; i++)
			order.act(&fds[i]);
		must(write(out, "", 1) == 1, "pipe");
	}
}

/* Also makes the kernel charge memory; this is not undone. */
void crowd_start(void)
{
	int in[2], out[2];

	put(CGROUPS "/cgroup.subtree_control", "+memory");
	must(!mkdir(CGROUP, 0755), CGROUP);
	must(!pipe2(in, O_CLOEXEC) && !pipe2(out, O_CLOEXEC), "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		close(in[1]);
		be_crowd(in[0], out[1]);
		_exit(0);
	}
	close(in[0]);
	close(out[1]);
	to_crowd = in[1];
	from_crowd = out[0];
	crowd_do(NULL, 0, 0);
}

void crowd_do(void (*act)(int *fd), unsigned int from, unsigned int to)
{
	const struct order order = { act, from, to };
	char byte;

	must(write(to_crowd, &order, sizeof(order)) == sizeof(order), "pipe");
	must(read(from_crowd, &byte, 1) == 1, "crowd");
}

void crowd_end(void)
{
	close(to_crowd);
	waitpid(pid, NULL, 0);
	close(from_crowd);
	must(!rmdir(CGROUP), CGROUP);
}
