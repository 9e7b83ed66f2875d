// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "daemon.h"

static bool to_journal, with_debug;

/* The journal says which file it is that it reads: systemd.exec(5). */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long dev, inode;
	struct stat st;

	return stream && sscanf(stream, "%lu:%lu", &dev, &inode) == 2 && !fstat(fd, &st) &&
	       st.st_dev == dev && st.st_ino == inode;
}

void log_open(bool debug)
{
	to_journal = is_journal(fileno(stderr));
	with_debug = debug;
}

/* In one write, so that lines of several processes do not mix. */
void say(int priority, const char *format, ...)
{
	char text[2048], head[16] = "odmmd: ";
	va_list ap;

	if (priority == LOG_DEBUG && !with_debug)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (to_journal)
		snprintf(head, sizeof(head), "<%d>", priority);
	dprintf(fileno(stderr), "%s%s\n", head, text);
}
