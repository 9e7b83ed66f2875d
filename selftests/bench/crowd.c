// SPDX-License-Identifier: GPL-2.0
/*
 * In a process of its own, so that the table of files of the one who measures
 * stays small; and in a control group of its own, as on any host of today, so
 * that its memory is charged, which takes memory by itself.
 */
#include <fcntl.h>
#include <linux/odmm.h>
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

static pid_t pid;
static int to_crowd, from_crowd;

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len = strlen(value);

	must(fd >= 0 && write(fd, value, len) == len, path);
	close(fd);
}

static void tell(int fd)
{
	must(write(fd, "", 1) == 1, "pipe");
}

static void await(int fd)
{
	char byte;

	must(read(fd, &byte, 1) == 1, "crowd");
}

static void allow_files(void)
{
	const struct rlimit limit = { CROWD + OTHERS, CROWD + OTHERS };

	must(!setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
}

/* The sockets are those from the first one on. */
static int open_sockets(void)
{
	int i, first = bench_socket(SOCK_DGRAM);

	for (i = 1; i < CROWD; i++)
		must(bench_socket(SOCK_DGRAM) == first + i, "crowd");
	return first;
}

static void be_crowd(int in, int out)
{
	struct in6_addr addr;
	int i, first;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	put(CGROUP "/cgroup.procs", "0");
	allow_files();
	tell(out);
	await(in);
	first = open_sockets();
	tell(out);
	await(in);
	for (i = 0; i < CROWD; i++)
		bench_setsc(first + i, ODMM_TYPE_SESSION_LASTING, &addr);
	tell(out);
	await(in);
}

/* Also makes the kernel charge memory; this is not undone. */
void crowd_prepare(void)
{
	int in[2], out[2];

	put(CGROUPS "/cgroup.subtree_control", "+memory");
	must(!mkdir(CGROUP, 0755), CGROUP);
	must(!pipe2(in, O_CLOEXEC) && !pipe2(out, O_CLOEXEC), "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		be_crowd(in[0], out[1]);
		_exit(0);
	}
	close(in[0]);
	close(out[1]);
	to_crowd = in[1];
	from_crowd = out[0];
	await(from_crowd);
}

static void step(void)
{
	tell(to_crowd);
	await(from_crowd);
}

void crowd_open(void)
{
	step();
}

void crowd_join(void)
{
	step();
}

void crowd_leave(void)
{
	tell(to_crowd);
	waitpid(pid, NULL, 0);
	close(to_crowd);
	close(from_crowd);
	must(!rmdir(CGROUP), CGROUP);
}
