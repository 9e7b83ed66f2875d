// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "program.h"

#define MAX_OUT 65536	/* bytes; more is no answer */

struct program {
	pid_t pid;
	int out;
	sd_event_source *child, *timer, *io;
	program_end end;
	void *data;
	const char *failure;	/* why it was killed */
	size_t len;
	char text[MAX_OUT + 1];
};

static void kill_group(struct program *p, const char *failure)
{
	p->failure = failure;
	kill(-p->pid, SIGKILL);
}

/* The child, if it still is one, is waited for. */
static void program_free(struct program *p)
{
	sd_event_source_unref(p->child);
	sd_event_source_unref(p->timer);
	sd_event_source_unref(p->io);
	if (p->out >= 0)
		close(p->out);
	free(p);
}

void program_kill(struct program *p)
{
	kill_group(p, NULL);
	program_free(p);
}

/* All there is; whoever else has the pipe open is not waited for. */
static int on_out(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct program *p = data;
	ssize_t len;

	(void)events;
	while (p->len < MAX_OUT) {
		len = read(fd, p->text + p->len, MAX_OUT - p->len);
		if (len < 0 && errno == EAGAIN)
			return 0;
		if (len <= 0)
			return sd_event_source_set_enabled(source, SD_EVENT_OFF);
		p->len += (size_t)len;
	}
	kill_group(p, "it does not stop printing");
	return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	kill_group(data, "it has not ended in time");
	return 0;
}

/* NULL if all is well. */
static const char *failure_of(const struct program *p, const siginfo_t *info, char *text, size_t size)
{
	if (p->failure)
		return p->failure;
	if (info->si_code == CLD_EXITED && !info->si_status)
		return NULL;
	if (info->si_code == CLD_EXITED)
		snprintf(text, size, "exit status %d", info->si_status);
	else
		snprintf(text, size, "%s", strsignal(info->si_status));
	return text;
}

static int on_end(sd_event_source *source, const siginfo_t *info, void *data)
{
	struct program *p = data;
	const char *failure;
	char text[64];

	(void)source;
	on_out(p->io, p->out, 0, p);
	failure = failure_of(p, info, text, sizeof(text));
	kill_group(p, NULL);
	p->text[p->len] = '\0';
	p->end(p->data, failure, p->text);
	program_free(p);
	return 0;
}

static int spawn(struct program *p, const char *file, int in, int out)
{
	char *const argv[] = { (char *)file, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	error = posix_spawn(&p->pid, file, &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return error;
}

/* Of the two pipes the ends that it has are closed here. */
static int spawn_between(struct program *p, const char *file, const char *in)
{
	int to[2], from[2], error;

	if (pipe2(to, O_CLOEXEC))
		return errno;
	if (pipe2(from, O_CLOEXEC)) {
		error = errno;
		close(to[0]);
		close(to[1]);
		return error;
	}
	/* It fits into the pipe. */
	error = write(to[1], in, strlen(in)) < 0 ? errno : spawn(p, file, to[0], from[1]);
	close(to[0]);
	close(to[1]);
	close(from[1]);
	p->out = from[0];
	fcntl(p->out, F_SETFL, O_NONBLOCK);
	return error;
}

static int watch(struct program *p, sd_event *event, uint32_t seconds)
{
	if (sd_event_add_child(event, &p->child, p->pid, WEXITED, on_end, p) < 0 ||
	    sd_event_source_set_child_process_own(p->child, true) < 0 ||
	    sd_event_add_io(event, &p->io, p->out, EPOLLIN, on_out, p) < 0 ||
	    sd_event_add_time_relative(event, &p->timer, CLOCK_MONOTONIC, seconds * 1000000ULL, 0,
				       on_timer, p) < 0)
		return -1;
	return 0;
}

struct program *program_start(struct daemon *d, const char *file, const char *in,
			      uint32_t seconds, program_end end, void *data)
{
	struct program *p = xcalloc(1, sizeof(*p));
	int error;

	p->out = -1;
	p->end = end;
	p->data = data;
	error = spawn_between(p, file, in);
	if (!error && watch(p, d->event, seconds)) {
		kill_group(p, NULL);
		error = ENOMEM;
	}
	if (!error)
		return p;
	program_free(p);
	errno = error;
	return NULL;
}
