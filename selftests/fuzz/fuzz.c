// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz: sends netlink messages and makes socket calls that are all determined
 * by a seed, from several threads. fuzz.t prepares the place, and tells the rest
 * of the story.
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "corpus.h"
#include "worker.h"

#define THREADS_MAX	32
#define PROGRESS	16384	/* calls of a thread */
#define BEFORE		1000	/* calls that led to what was found, perhaps */
#define PATIENCE_MS	25	/* then a call that blocks is interrupted */
#define PATIENCE_CORPUS	20000	/* the same, where all has to come as written */

static const struct trade *const trades[] = { &trade_messages, &trade_calls };

#define N_TRADES	(sizeof(trades) / sizeof(*trades))

/**
 * struct options - of the command line
 * @settings: for the threads
 * @count: calls of each trade
 * @threads: of each trade
 * @only: the trade of which one thread is run, or NULL
 * @thread: number of the first, or only, thread of a trade
 * @from: number of its first call
 * @corpus: file to play instead, or NULL
 */
struct options {
	struct settings settings;
	unsigned long count[N_TRADES];
	unsigned int threads;
	const char *only;
	unsigned int thread;
	unsigned long from;
	const char *corpus;
};

static void die(const char *what)
{
	fprintf(stderr, "fuzz: %s\n", what);
	exit(2);
}

void finding(struct worker *w, const char *what)
{
	unsigned long from = w->n < BEFORE ? 0 : w->n - BEFORE;

	w->findings++;
	fprintf(stderr, "fuzz: FOUND: %s, by call %lu; to make it again:\nfuzz: %s --seed %llu --only %s --thread %u --from %lu --count %lu\n",
		what, w->n, w->settings->again,
		(unsigned long long)w->settings->seed, w->kind, w->thread, from,
		w->n - from + 1);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Whatever blocks this thread is interrupted again and again. */
static timer_t start_alarm(unsigned int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	const struct itimerspec period = { t, t };
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1,
	};
	timer_t timer;

	event._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &period, NULL))
		die("no timer");
	return timer;
}

static const struct trade *trade_of(const char *kind)
{
	return strcmp(kind, trade_messages.kind) ? &trade_calls :
						   &trade_messages;
}

/* Where each thread is, should the machine stop. */
static void tell_progress(const struct worker *w)
{
	if ((w->n - w->from) % PROGRESS == 0)
		fprintf(stderr, "# %s: thread %u at %lu of %lu\n", w->kind,
			w->thread, w->n, w->from + w->count);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	const struct trade *trade = trade_of(w->kind);
	timer_t timer = start_alarm(PATIENCE_MS);
	unsigned long i;

	prctl(PR_SET_NAME, w->kind);
	trade->begin(w);
	for (i = 0; i < w->count; i++) {
		w->n = w->from + i;
		w->r = rng_of(w->settings->seed, w->thread, w->n);
		tell_progress(w);
		trade->make(w);
	}
	trade->end(w);
	timer_delete(timer);
	return NULL;
}

static void init_worker(struct worker *w, const struct options *o,
			const struct trade *trade)
{
	*w = (struct worker){ .settings = &o->settings, .kind = trade->kind };
	w->tally = calloc(trade->rows(), sizeof(*w->tally));
	if (!w->tally)
		die("no memory");
}

/* The calls are shared out evenly, the first threads make the rest. */
static unsigned int start(const struct options *o, unsigned int t,
			  struct worker *workers, pthread_t *threads)
{
	unsigned int n = o->only ? 1 : o->threads, i;

	if (o->only && trade_of(o->only) != trades[t])
		return 0;
	for (i = 0; i < n; i++) {
		init_worker(&workers[i], o, trades[t]);
		workers[i].thread = o->thread + i;
		workers[i].from = o->from;
		workers[i].count = o->count[t] / n + (i < o->count[t] % n);
		if (pthread_create(&threads[i], NULL, work, &workers[i]))
			die("no thread");
	}
	return n;
}

static unsigned int finish(const struct options *o, unsigned int t,
			   struct worker *workers, pthread_t *threads,
			   unsigned int n)
{
	struct worker sum;
	unsigned int i;

	init_worker(&sum, o, trades[t]);
	for (i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		tally_add(&sum, &workers[i], trades[t]->rows());
		free(workers[i].tally);
	}
	if (n)
		tally_print(&sum, trades[t]);
	free(sum.tally);
	return sum.findings;
}

/* One socket of each kind in turn, to begin with; TCP where one may not. */
static void fill_slots(void)
{
	struct arena *arena = arena_new();
	struct call call = { .verb = VERB_OPEN };
	const char *wrong = NULL;

	for (; call.slot < SLOTS; call.slot++) {
		call.number = call.slot % n_socket_kinds;
		if (!call_make(arena, &call, &wrong))
			continue;
		call.number = 0;
		call_make(arena, &call, &wrong);
	}
	arena_free(arena);
}

static int run(const struct options *o)
{
	static struct worker workers[N_TRADES][THREADS_MAX];
	static pthread_t threads[N_TRADES][THREADS_MAX];
	unsigned int n[N_TRADES], t, findings = 0;

	fill_slots();
	for (t = 0; t < N_TRADES; t++)
		n[t] = start(o, t, workers[t], threads[t]);
	for (t = 0; t < N_TRADES; t++)
		findings += finish(o, t, workers[t], threads[t], n[t]);
	if (o->settings.save)
		fclose(o->settings.save);
	printf("findings: %u\n", findings);
	return findings > 0;
}

static FILE *open_save(const char *name)
{
	FILE *file = fopen(name, "w");

	if (!file)
		die("cannot write that file");
	/* What is in the file was about to be made when the machine stopped. */
	setvbuf(file, NULL, _IOLBF, 0);
	return file;
}

static void parse_groups(struct settings *settings, const char *text)
{
	if (sscanf(text, "%d,%d", &settings->groups[0], &settings->groups[1]) !=
	    2)
		die("--groups wants two numbers");
}

static void set_option(struct options *o, int option, const char *value)
{
	switch (option) {
	case 's':
		o->settings.seed = strtoull(value, NULL, 0);
		break;
	case 'a':
		o->settings.again = value;
		break;
	case 'f':
		o->settings.family = atoi(value);
		break;
	case 'g':
		parse_groups(&o->settings, value);
		break;
	case 'p':
		o->settings.plain = true;
		break;
	case 'w':
		o->settings.save = open_save(value);
		break;
	case 'm':
		o->count[0] = strtoul(value, NULL, 0);
		break;
	case 'c':
		o->count[1] = strtoul(value, NULL, 0);
		break;
	case 't':
		o->threads = atoi(value);
		break;
	case 'o':
		o->only = value;
		break;
	case 'n':
		o->thread = atoi(value);
		break;
	case 'i':
		o->from = strtoul(value, NULL, 0);
		break;
	case 'k':
		o->count[0] = strtoul(value, NULL, 0);
		o->count[1] = o->count[0];
		break;
	case 'x':
		o->corpus = value;
		break;
	default:
		exit(2);
	}
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "again", required_argument, NULL, 'a' },
		{ "family", required_argument, NULL, 'f' },
		{ "groups", required_argument, NULL, 'g' },
		{ "plain", no_argument, NULL, 'p' },
		{ "save", required_argument, NULL, 'w' },
		{ "messages", required_argument, NULL, 'm' },
		{ "calls", required_argument, NULL, 'c' },
		{ "threads", required_argument, NULL, 't' },
		{ "only", required_argument, NULL, 'o' },
		{ "thread", required_argument, NULL, 'n' },
		{ "from", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'k' },
		{ "corpus", required_argument, NULL, 'x' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0)
		set_option(o, option, optarg);
	if (!o->threads || o->threads > THREADS_MAX)
		die("--threads wants 1 to 32");
}

int main(int argc, char **argv)
{
	const struct sigaction interrupt = { .sa_handler = on_alarm };
	struct options o = { .threads = 4, .settings.again = "fuzz" };

	parse(&o, argc, argv);
	sigaction(SIGUSR1, &interrupt, NULL);
	if (!o.corpus)
		return run(&o);
	start_alarm(PATIENCE_CORPUS);
	return corpus_play(o.corpus, o.settings.family);
}
