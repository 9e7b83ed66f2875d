// SPDX-License-Identifier: GPL-2.0
/*
 * Makes system calls at the same moment. A lane is a thread on a CPU of its
 * own; lanes that are started together wait for each other, then each makes
 * its calls, after so many turns of an empty loop. For collide.py, which knows
 * what the calls are.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct call {
	long number;
	long args[6];
	unsigned long delay;
	long result;		/* or -errno */
};

struct lane {
	pid_t tid;
	unsigned int cpu;
	struct call *calls;
	unsigned int n;
	atomic_uint *missing;	/* of those that start together */
	sem_t go, done;
};

/* That a signal has come is all that is of interest. */
static void ignore(int number)
{
	(void)number;
}

static void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % (unsigned int)sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void meet(atomic_uint *missing)
{
	atomic_fetch_sub(missing, 1);
	while (atomic_load(missing))
		;
}

static void make(struct call *c)
{
	const long *a = c->args;
	unsigned long i;

	for (i = 0; i < c->delay; i++)
		atomic_signal_fence(memory_order_seq_cst);
	c->result = syscall(c->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (c->result == -1)
		c->result = -errno;
}

static void *run(void *arg)
{
	struct lane *lane = arg;
	unsigned int i;

	lane->tid = gettid();
	pin(lane->cpu);
	sem_post(&lane->done);
	for (;;) {
		while (sem_wait(&lane->go))
			;
		meet(lane->missing);
		for (i = 0; i < lane->n; i++)
			make(&lane->calls[i]);
		sem_post(&lane->done);
	}
	return NULL;
}

int collide_done(struct lane *lane)
{
	int value = 0;

	sem_getvalue(&lane->done, &value);
	return value;
}

/* Until what it was started with last is done. */
void collide_join(struct lane *lane)
{
	while (sem_wait(&lane->done))
		;
}

/* A new lane, or NULL; it is there as long as the process. */
struct lane *collide_lane(unsigned int cpu)
{
	const struct sigaction action = { .sa_handler = ignore };
	struct lane *lane = calloc(1, sizeof(*lane));
	pthread_t thread;

	if (!lane)
		return NULL;
	lane->cpu = cpu;
	sem_init(&lane->go, 0, 0);
	sem_init(&lane->done, 0, 0);
	sigaction(SIGUSR1, &action, NULL);
	if (pthread_create(&thread, NULL, run, lane)) {
		free(lane);
		return NULL;
	}
	pthread_detach(thread);
	collide_join(lane);
	return lane;
}

pid_t collide_tid(const struct lane *lane)
{
	return lane->tid;
}

void collide_load(struct lane *lane, struct call *calls, unsigned int n)
{
	lane->calls = calls;
	lane->n = n;
}

/* Starts what was loaded; @missing is theirs until all are joined. */
void collide_go(struct lane *const *lanes, unsigned int n, atomic_uint *missing)
{
	unsigned int i;

	atomic_store(missing, n);
	for (i = 0; i < n; i++) {
		lanes[i]->missing = missing;
		sem_post(&lanes[i]->go);
	}
}
