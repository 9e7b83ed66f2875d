// SPDX-License-Identifier: GPL-2.0
/*
 * "odmm agent run": takes requests and answers them as it was told.
 *
 * The multicast is only a doorbell: whatever it says of requests, and also when
 * some of it got lost, all there is to take is taken. So nothing is missed.
 * What it says of prefixes fills the pools again.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../common/attr.h"
#include "../common/legacy.h"
#include "agent.h"
#include "stop.h"

/* A request that was accepted and waits for its turn */
struct job {
	struct job *next;
	uint64_t cookie;
	uint32_t type, ifindex;
	int64_t due;		/* milliseconds of now_ms() */
	struct group *group;
};

struct server {
	struct plan *plan;
	struct genl talk;	/* the claim is this socket's */
	struct genl bell;
	struct job *jobs;	/* by due */
	uint32_t answers;
	bool failed;		/* and said why */
};

static void fail(struct server *s)
{
	genl_refused(&s->talk);
	s->failed = true;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The group of the type, and of the interface if one was asked for. */
static struct group *find_group(struct plan *plan, const struct job *job)
{
	struct group *g;

	for (g = plan->group; g < plan->group + plan->n_groups; g++)
		if (g->type == job->type &&
		    (!job->ifindex || !g->answer.ifindex || g->answer.ifindex == job->ifindex))
			return g;
	return NULL;
}

static void refuse(struct server *s, const struct job *job, uint32_t error)
{
	struct nlmsghdr *nlh = genl_request(&s->talk, ODMM_CMD_REQUEST_DONE, 0);
	int ret;

	mnl_attr_put_u64(nlh, ODMM_A_REQUEST_COOKIE, job->cookie);
	mnl_attr_put_u32(nlh, ODMM_A_REQUEST_ERROR, error);
	ret = genl_ask(&s->talk, nlh, request_fields, NULL, NULL);
	if (ret == -ENOENT) {
		report("late", job->cookie, NULL, NULL);
	} else if (ret) {
		fail(s);
	} else {
		s->answers++;
		report("refuse", job->cookie, "error", value_errno(error));
	}
}

/* 0, or what the kernel has against it other than that it has the prefix. */
static int add_next(struct server *s, const struct job *job, struct prefix *prefix)
{
	struct group *g = job->group;
	struct prefix_args args = g->answer;
	int ret = -ENOSPC;

	args.cookie = job->cookie;
	while (g->pool.given.n < g->limit && pool_peek(&g->pool, prefix)) {
		ret = prefix_add(&s->talk, prefix, &args);
		if (!ret)
			pool_give(&g->pool);
		if (ret != -EEXIST)
			break;
		pool_skip(&g->pool);
		ret = -ENOSPC;
	}
	return ret;
}

static void give(struct server *s, const struct job *job)
{
	struct prefix prefix;
	int ret = add_next(s, job, &prefix);

	if (!ret) {
		s->answers++;
		report("answer", job->cookie, "prefix", value_prefix(&prefix.addr, prefix.len));
	} else if (ret == -ENOSPC) {
		refuse(s, job, EADDRNOTAVAIL);
	} else if (ret == -ENOENT) {
		report("late", job->cookie, NULL, NULL);
	} else if (job->group->lie) {
		report("rejected", job->cookie, "error", value_errno((uint32_t)-ret));
	} else {
		fail(s);
	}
}

static void answer(struct server *s, const struct job *job)
{
	if (!job->group)
		refuse(s, job, EADDRNOTAVAIL);
	else if (job->group->refuse)
		refuse(s, job, job->group->refuse);
	else if (!job->group->stall)
		give(s, job);
}

static void enqueue(struct server *s, struct job *job)
{
	struct job **p = &s->jobs;

	while (*p && (*p)->due <= job->due)
		p = &(*p)->next;
	job->next = *p;
	*p = job;
}

static int on_accept(const struct nlmsghdr *nlh, void *data)
{
	struct server *s = data;
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return MNL_CB_ERROR;
	job->cookie = attr_u64(nlh, ODMM_A_REQUEST_COOKIE);
	job->type = attr_u32(nlh, ODMM_A_REQUEST_TYPE);
	job->ifindex = attr_u32(nlh, ODMM_A_REQUEST_IFINDEX);
	job->group = find_group(s->plan, job);
	job->due = now_ms() + (job->group ? job->group->delay : 0);
	enqueue(s, job);
	report("accept", job->cookie, "type", value_type(job->type));
	return MNL_CB_OK;
}

/* Takes all that waits. */
static void pull(struct server *s)
{
	int ret;

	do {
		ret = genl_ask(&s->talk, genl_request(&s->talk, ODMM_CMD_REQUEST_ACCEPT, 0),
			       request_fields, on_accept, s);
	} while (!ret);
	if (ret != -ENOENT)
		fail(s);
}

static bool is_finished(const struct server *s)
{
	return s->failed || (s->plan->count && s->answers >= s->plan->count);
}

static void answer_due(struct server *s)
{
	struct job *job;

	while ((job = s->jobs) && job->due <= now_ms() && !is_finished(s)) {
		s->jobs = job->next;
		answer(s, job);
		free(job);
	}
}

static int next_timeout(const struct server *s)
{
	int64_t left = s->jobs ? s->jobs->due - now_ms() : -1;

	if (!s->jobs)
		return -1;
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Empties the socket of the doorbell. */
static void hear(struct server *s)
{
	char buf[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd = mnl_socket_get_fd(s->bell.nl);
	bool lost = false;
	ssize_t len;

	do {
		len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (len > 0)
			mnl_cb_run(buf, (size_t)len, 0, 0, reclaim_gone, s->plan);
		else
			lost |= errno == ENOBUFS;
	} while (len >= 0 || errno == ENOBUFS);
	if (!lost)
		return;
	report("resync", 0, NULL, NULL);
	if (reclaim_missed(&s->talk, s->plan))
		fail(s);
}

static void loop(struct server *s, int stop)
{
	struct pollfd fds[] = {
		{ .fd = stop, .events = POLLIN },
		{ .fd = mnl_socket_get_fd(s->bell.nl), .events = POLLIN },
	};

	pull(s);
	for (;;) {
		answer_due(s);
		if (is_finished(s) || ferror(stdout))
			return;
		if (poll(fds, ARRAY_SIZE(fds), next_timeout(s)) < 0 && errno != EINTR)
			return;
		if (fds[0].revents)
			return;
		if (fds[1].revents) {
			hear(s);
			pull(s);
		}
	}
}

static uint32_t types_of(const struct plan *plan)
{
	uint32_t types = 0;
	size_t i;

	for (i = 0; i < plan->n_groups; i++)
		types |= 1U << plan->group[i].type;
	return types;
}

static int claim(struct server *s)
{
	struct nlmsghdr *nlh = genl_request(&s->talk, ODMM_CMD_AGENT_CLAIM, 0);
	uint32_t types = types_of(s->plan);
	size_t i;

	mnl_attr_put_u32(nlh, ODMM_A_AGENT_TYPES, types);
	for (i = 0; i < s->plan->n_claim_devs; i++)
		mnl_attr_put_u32(nlh, ODMM_A_AGENT_IFINDEX, s->plan->claim_dev[i]);
	mnl_attr_put_strz(nlh, ODMM_A_AGENT_NAME, s->plan->name);
	if (genl_ask(&s->talk, nlh, agent_fields, NULL, NULL)) {
		genl_refused(&s->talk);
		return -1;
	}
	report("ready", 0, "types", value_types(types));
	return 0;
}

static void free_jobs(struct server *s)
{
	struct job *job;

	while ((job = s->jobs)) {
		s->jobs = job->next;
		free(job);
	}
}

/* Of on-link prefixes the addresses are the interface's own. */
static void guard(const struct plan *plan)
{
	const struct group *g;

	for (g = plan->group; g < plan->group + plan->n_groups; g++)
		if (g->answer.ifindex && !g->answer.onlink)
			legacy_guard(g->answer.ifindex);
}

/*
 * Listens before it claims, claims before it takes: what comes in between
 * rings.
 */
static int serve_open(struct server *s)
{
	int stop, code = EXIT_REFUSED;

	if (genl_join(&s->bell, s->bell.requests))
		return code;
	stop = stop_fd();
	if (!claim(s)) {
		guard(s->plan);
		loop(s, stop);
		legacy_restore();
		code = s->failed ? EXIT_REFUSED : EXIT_OK;
	}
	close(stop);
	free_jobs(s);
	return code;
}

int serve(struct plan *plan)
{
	struct server s = { .plan = plan };
	int code = EXIT_REFUSED;

	if (genl_open(&s.talk))
		return code;
	if (!genl_open(&s.bell)) {
		code = serve_open(&s);
		genl_close(&s.bell);
	}
	genl_close(&s.talk);
	return code;
}
