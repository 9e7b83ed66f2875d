// SPDX-License-Identifier: GPL-2.0
/*
 * Watches a link as odmmd does, and prints what its sources would be told.
 *
 *   link DEV
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "../odmmd/link.h"

static const struct ra_format format = { RA_OPTION, 253 };
static const char *dev;
static uint32_t ifindex;

void say(int priority, const char *text, ...)
{
	va_list ap;

	(void)priority;
	va_start(ap, text);
	vprintf(text, ap);
	va_end(ap);
	putchar('\n');
}

void daemon_moved(struct daemon *d, uint32_t moved)
{
	(void)d;
	say(LOG_INFO, "moved %s", moved == ifindex ? dev : "another");
}

void *xcalloc(size_t n, size_t size)
{
	void *memory = calloc(n, size);

	if (!memory)
		abort();
	return memory;
}

static void on_heard(void *data, const struct in6_addr *router, const struct ra *ra,
		     uint32_t movement)
{
	char text[INET6_ADDRSTRLEN];

	(void)data;
	say(LOG_INFO, "heard %s prefixes %zu movement %u",
	    inet_ntop(AF_INET6, router, text, sizeof(text)), ra->n, movement);
}

static void on_elsewhere(void *data, uint32_t movement)
{
	(void)data;
	say(LOG_INFO, "elsewhere movement %u", movement);
}

static int watch(void)
{
	static const struct link_listener listener = { on_heard, on_elsewhere };

	ifindex = if_nametoindex(dev);
	return link_watch(ifindex, dev) || link_listen(ifindex, &format, &listener, &ifindex);
}

static void unwatch(void)
{
	link_unlisten(&ifindex);
	link_unwatch(ifindex);
}

void daemon_reload(struct daemon *d)
{
	(void)d;
	unwatch();
	say(LOG_INFO, "reload %s", watch() ? "failed" : dev);
}

static int run(struct daemon *d)
{
	int ret;

	if (link_open(d) || watch())
		return 1;
	puts("ready");
	ret = sd_event_loop(d->event);
	unwatch();
	link_close();
	return ret;
}

int main(int argc, char **argv)
{
	struct daemon d = { 0 };
	sigset_t set;
	int ret = 1;

	if (argc != 2)
		return 2;
	dev = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (sd_event_default(&d.event) >= 0 &&
	    sd_event_add_signal(d.event, NULL, SIGTERM, NULL, NULL) >= 0)
		ret = run(&d);
	sd_event_unref(d.event);
	return ret;
}
