// SPDX-License-Identifier: GPL-2.0
/*
 * odmmd: gets prefixes of the wanted types from the network (RFC 8653).
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>
#include "../common/netns.h"
#include "agent.h"
#include "ask.h"
#include "grant.h"
#include "state.h"

static const char usage[] =
	"Usage: odmmd [ -c FILE ] [ -s FOLDER ] [ -n NETNS ] [ -d ] [ --check ] [ -h ] [ -V ]\n"
	"  -c, --config FILE   the configuration (/etc/odmm/odmmd.conf)\n"
	"  -s, --state FOLDER  what is remembered ($STATE_DIRECTORY, or /var/lib/odmm)\n"
	"  -n, --netns NETNS   the network namespace, by its name or path\n"
	"  -d, --debug         say more\n"
	"      --check         only look whether the configuration is right\n"
	"FILE holds statements; each begins at the beginning of a line, lines that begin\n"
	"with a blank go on with it, # begins a comment:\n"
	"       name NAME\n"
	"       claim-dev DEV ...\n";

struct options {
	const char *file, *state;
	bool check;
};

enum { OPT_CHECK = 256 };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "state", required_argument, NULL, 's' },
	{ "netns", required_argument, NULL, 'n' },
	{ "debug", no_argument, NULL, 'd' },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

/* A full disk must not look like success. */
static void end_printing(void)
{
	exit(fflush(stdout) || ferror(stdout) ? EXIT_REFUSED : EXIT_OK);
}

static void print_help(void)
{
	fputs(usage, stdout);
	source_usage();
	end_printing();
}

static void take_option(int option, struct options *o)
{
	switch (option) {
	case 'c':
		o->file = optarg;
		break;
	case 's':
		o->state = optarg;
		break;
	case 'n':
		netns_enter(optarg);
		break;
	case 'd':
		log_open(true);
		break;
	case OPT_CHECK:
		o->check = true;
		break;
	case 'h':
		print_help();
		break;
	case 'V':
		puts("odmmd " ODMM_VERSION);
		end_printing();
		break;
	default:
		fputs("Try \"odmmd -h\".\n", stderr);
		exit(EXIT_USAGE);
	}
}

static void take_options(int argc, char **argv, struct options *o)
{
	const char *state = getenv("STATE_DIRECTORY");
	int option;

	o->file = "/etc/odmm/odmmd.conf";
	o->state = state ? state : "/var/lib/odmm";
	while ((option = getopt_long(argc, argv, "c:s:n:dhV", long_options, NULL)) >= 0)
		take_option(option, o);
	if (optind < argc)
		usage_error("what is \"%s\"? Try \"odmmd -h\".", argv[optind]);
}

void daemon_fail(struct daemon *d)
{
	sd_event_exit(d->event, EXIT_REFUSED);
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void daemon_reload(struct daemon *d)
{
	struct config *config;

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_us());
	config = config_read(d->file);
	if (config && !agent_reload(d, config))
		say(LOG_NOTICE, "%s: read again", d->file);
	else
		say(LOG_ERR, "%s: not taken, the configuration from before goes on", d->file);
	sd_notify(0, "READY=1");
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	(void)source;
	(void)info;
	daemon_reload(data);
	return 0;
}

/* Tells the service manager how things are, once it has changed. */
static int on_post(sd_event_source *source, void *data)
{
	static size_t last_prefixes = SIZE_MAX, last_asks;
	size_t prefixes = grant_count(), n_asks = ask_count();

	(void)source;
	(void)data;
	if (prefixes == last_prefixes && n_asks == last_asks)
		return 0;
	sd_notifyf(0, "STATUS=%zu prefixes, %zu requests being worked on", prefixes, n_asks);
	last_prefixes = prefixes;
	last_asks = n_asks;
	return 0;
}

/* A signal handler of NULL ends the loop, with status 0. */
static int add_handlers(struct daemon *d)
{
	return sd_event_add_signal(d->event, NULL, SIGTERM, NULL, NULL) < 0 ||
	       sd_event_add_signal(d->event, NULL, SIGINT, NULL, NULL) < 0 ||
	       sd_event_add_signal(d->event, NULL, SIGHUP, on_reload, d) < 0 ||
	       sd_event_add_post(d->event, NULL, on_post, d) < 0 ||
	       sd_event_set_watchdog(d->event, true) < 0 ? -1 : 0;
}

/* All that end the loop, or that sd-event waits for. */
static void block_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int serve(struct daemon *d, struct config *config)
{
	int code = EXIT_REFUSED;

	if (!agent_start(d, config)) {
		say(LOG_NOTICE, "ready");
		sd_notify(0, "READY=1");
		code = sd_event_loop(d->event);
		sd_notify(0, "STOPPING=1");
	}
	agent_stop(d);
	return code < 0 ? EXIT_REFUSED : code;
}

/* All that does not depend on the configuration */
static int prepare(struct daemon *d, const char *state)
{
	block_signals();
	d->state_dir = state_open(state);
	if (d->state_dir < 0)
		return -1;
	if (sd_event_default(&d->event) < 0 || add_handlers(d)) {
		say(LOG_ERR, "no event loop");
		return -1;
	}
	return agent_open(d);
}

/* Takes @config. */
static int run(struct daemon *d, const char *state, struct config *config)
{
	int code = EXIT_REFUSED;

	if (!prepare(d, state)) {
		code = serve(d, config);
		agent_close(d);
	} else {
		config_free(config);
	}
	sd_event_unref(d->event);
	return code;
}

int main(int argc, char **argv)
{
	struct daemon d = { 0 };
	struct options o = { 0 };
	struct config *config;

	log_open(false);
	take_options(argc, argv, &o);
	d.file = o.file;
	config = config_read(o.file);
	if (!config)
		return EXIT_USAGE;
	if (!o.check)
		return run(&d, o.state, config);
	config_free(config);
	return EXIT_OK;
}
