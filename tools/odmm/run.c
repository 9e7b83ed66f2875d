// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "run.h"

#define PATIENCE_MS 10000	/* what takes longer is stuck in the kernel */

/* Complaints go where the output goes; "odmm" is this very program. */
static int start(char *const argv[], pid_t *pid)
{
	const char *file = strcmp(argv[0], "odmm") ? argv[0] : "/proc/self/exe";
	posix_spawn_file_actions_t actions;
	int error;

	fflush(stdout);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawnp(pid, file, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Whether it has ended. */
static bool wait_ended(pid_t pid)
{
	struct pollfd fd = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int ready;

	if (fd.fd < 0)
		return true;
	do {
		ready = poll(&fd, 1, PATIENCE_MS);
	} while (ready < 0 && errno == EINTR);
	close(fd.fd);
	return ready > 0;
}

/* Of one that is stuck even the end is not waited for. */
static bool finish(pid_t pid)
{
	int status;

	if (!wait_ended(pid)) {
		kill(pid, SIGKILL);
		printf("failed: no end after %d s\n", PATIENCE_MS / 1000);
		return false;
	}
	if (waitpid(pid, &status, 0) < 0)
		return false;
	if (WIFSIGNALED(status))
		printf("failed: %s\n", strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		printf("failed: exit status %d\n", WEXITSTATUS(status));
	return !status;
}

/* Says on stdout why it failed. */
bool run_program(char *const argv[])
{
	pid_t pid;
	int error = start(argv, &pid);

	if (!error)
		return finish(pid);
	printf("failed: %s: %s\n", argv[0], strerror(error));
	return false;
}
