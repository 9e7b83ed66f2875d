/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all of odmmd shares.
 */
#ifndef _ODMMD_DAEMON_H
#define _ODMMD_DAEMON_H

#include <stdint.h>
#include <syslog.h>
#include <systemd/sd-event.h>
#include "../common/genl.h"

struct daemon {
	sd_event *event;	/* the loop; also the time: sd_event_now() */
	int state_dir;		/* descriptor of the folder, locked */
	const char *file;	/* of the configuration */
	struct config *config;	/* what is in force */
	struct genl talk;	/* to the kernel; the claim is this socket's */
	struct genl bell;	/* what the kernel tells by itself */
};

/*
 * log.c: one line to stderr. @priority as of syslog(3): LOG_ERR what needs
 * somebody, LOG_WARNING what is wrong and was coped with, LOG_NOTICE, LOG_INFO
 * what is done, LOG_DEBUG only with -d.
 */
void say(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_open(bool debug);

/*
 * Ends the daemon with a failure, for what cannot be gone on with, once the
 * event loop is reached again; why has been said.
 */
void daemon_fail(struct daemon *d);

/* Reads the configuration again, as SIGHUP does. */
void daemon_reload(struct daemon *d);

/* For link.c: tells the sources, as moved() of source.h. */
void daemon_moved(struct daemon *d, uint32_t ifindex);

/* Zeroed memory, or the end of the program. */
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *memory, size_t n, size_t size);

#endif /* _ODMMD_DAEMON_H */
