// SPDX-License-Identifier: GPL-2.0
/*
 * The agent: claims, takes requests, hears what the kernel tells.
 *
 * Group "events" tells all that becomes of requests and prefixes: new requests,
 * those that are over whoever ended them, prefixes that are gone. It is only a
 * doorbell: all there is to take is taken, and when something of it was lost
 * the kernel is asked what there is.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include "../common/attr.h"
#include "../common/legacy.h"
#include "agent.h"
#include "ask.h"
#include "grant.h"
#include "link.h"

#define AT_ONCE 64	/* messages or requests, before others have their turn */

/* What is told to the kernel by AGENT_CLAIM */
struct claim {
	uint32_t types;
	uint32_t dev[MAX_CLAIM_DEVS];
	size_t n_devs;
	char name[sizeof(((struct config *)NULL)->name)];
};

static struct {
	sd_event_source *bell, *pull;
	struct claim claim;	/* in force */
	bool lost;		/* the bell rang more often than was heard */
} agent;

static void failed(struct daemon *d, const char *what)
{
	say(LOG_ERR, "%s: %s", what, d->talk.refusal);
	daemon_fail(d);
}

static void add_dev(struct claim *claim, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < claim->n_devs && claim->dev[i] != ifindex; i++)
		;
	claim->dev[i] = ifindex;
	claim->n_devs += i == claim->n_devs;
}

/* The types of all sources, on the links of all if nothing else is said. */
static void make_claim(const struct config *config, struct claim *claim)
{
	size_t i;

	memset(claim, 0, sizeof(*claim));
	strcpy(claim->name, config->name);
	for (i = 0; i < config->n_sources; i++) {
		claim->types |= config->source[i]->types;
		if (!config->n_claim_devs)
			add_dev(claim, config->source[i]->ifindex);
	}
	for (i = 0; i < config->n_claim_devs; i++)
		add_dev(claim, config->claim_dev[i]);
}

static int tell_claim(struct daemon *d, const struct claim *claim)
{
	struct nlmsghdr *nlh = genl_request(&d->talk, ODMM_CMD_AGENT_CLAIM, 0);
	size_t i;

	mnl_attr_put_u32(nlh, ODMM_A_AGENT_TYPES, claim->types);
	for (i = 0; i < claim->n_devs; i++)
		mnl_attr_put_u32(nlh, ODMM_A_AGENT_IFINDEX, claim->dev[i]);
	mnl_attr_put_strz(nlh, ODMM_A_AGENT_NAME, claim->name);
	return genl_ask(&d->talk, nlh, agent_fields, NULL, NULL);
}

/* A claim that is made anew has all that was accepted offered again: only if need be. */
static int claim(struct daemon *d)
{
	struct claim claim;

	make_claim(d->config, &claim);
	if (!memcmp(&claim, &agent.claim, sizeof(claim)))
		return 0;
	if (tell_claim(d, &claim)) {
		say(LOG_ERR, "claim: %s", d->talk.refusal);
		return -1;
	}
	agent.claim = claim;
	return 0;
}

static int on_accept(const struct nlmsghdr *nlh, void *data)
{
	struct ask *request = data;

	request->cookie = attr_u64(nlh, ODMM_A_REQUEST_COOKIE);
	request->type = attr_u32(nlh, ODMM_A_REQUEST_TYPE);
	request->ifindex = attr_u32(nlh, ODMM_A_REQUEST_IFINDEX);
	request->flags = attr_u32(nlh, ODMM_A_REQUEST_FLAGS);
	return MNL_CB_OK;
}

static int accept_one(struct daemon *d)
{
	struct ask request = { 0 };
	int ret = genl_ask(&d->talk, genl_request(&d->talk, ODMM_CMD_REQUEST_ACCEPT, 0),
			   request_fields, on_accept, &request);

	if (!ret)
		ask_begin(d, &request);
	else if (ret != -ENOENT)
		failed(d, "requests");
	return ret;
}

static int on_pull(sd_event_source *source, void *data)
{
	int n = 0;

	while (n < AT_ONCE && !accept_one(data))
		n++;
	return n < AT_ONCE ? 0 : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void pull(void)
{
	sd_event_source_set_enabled(agent.pull, SD_EVENT_ONESHOT);
}

static void on_request(const struct nlmsghdr *nlh)
{
	switch (attr_u32(nlh, ODMM_A_REQUEST_STATE)) {
	case ODMM_REQUEST_NEW:
		pull();
		break;
	case ODMM_REQUEST_GRANTED:
	case ODMM_REQUEST_FAILED:
	case ODMM_REQUEST_CANCELLED:
		ask_over(attr_u64(nlh, ODMM_A_REQUEST_COOKIE));
		break;
	}
}

static void on_prefix(const struct nlmsghdr *nlh)
{
	struct prefix prefix;

	if (attr_u32(nlh, ODMM_A_PREFIX_STATE) == ODMM_PREFIX_GONE && prefix_read(nlh, &prefix))
		grant_gone(&prefix, attr_u64(nlh, ODMM_A_PREFIX_COOKIE),
			   attr_u32(nlh, ODMM_A_PREFIX_END));
}

/* Without the module there is nothing to do; another daemon is started with it. */
static void on_family(struct daemon *d, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	if (genl->cmd != CTRL_CMD_DELFAMILY ||
	    attr_u32(nlh, CTRL_ATTR_FAMILY_ID) != d->talk.family)
		return;
	say(LOG_ERR, "the kernel module has been removed");
	daemon_fail(d);
}

static int on_news(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == GENL_ID_CTRL)
		on_family(data, nlh);
	else if (genl->cmd == ODMM_CMD_REQUEST_NTF)
		on_request(nlh);
	else if (genl->cmd == ODMM_CMD_PREFIX_NTF)
		on_prefix(nlh);
	return MNL_CB_OK;
}

static int see_request(const struct nlmsghdr *nlh, void *data)
{
	(void)data;
	ask_see(attr_u64(nlh, ODMM_A_REQUEST_COOKIE));
	return MNL_CB_OK;
}

static int resync_requests(struct daemon *d)
{
	int ret;

	do {
		ret = genl_ask(&d->talk, genl_request(&d->talk, ODMM_CMD_REQUEST_GET, NLM_F_DUMP),
			       request_fields, see_request, NULL);
	} while (ret == -EINTR);
	if (!ret)
		ask_end_seeing();
	else
		failed(d, "requests");
	return ret;
}

static void resync(struct daemon *d)
{
	say(LOG_WARNING, "the kernel told more than could be heard; looking at all there is");
	if (resync_requests(d))
		return;
	if (grant_resync(d))
		daemon_fail(d);
	pull();
}

/* Only the kernel itself is believed. */
static void hear(struct daemon *d, const void *message, ssize_t len, uint32_t from)
{
	if (!from)
		mnl_cb_run(message, (size_t)len, 0, 0, on_news, d);
}

/* What was lost was lost behind all that is queued: nothing more is until that is read. */
static int on_bell(sd_event_source *source, int fd, uint32_t events, void *data)
{
	char buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t size;
	ssize_t len;
	int n;

	(void)source;
	(void)events;
	for (n = 0; n < AT_ONCE; n++) {
		size = sizeof(from);
		len = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, (void *)&from, &size);
		if (len >= 0)
			hear(data, buf, len, from.nl_pid);
		else if (errno == ENOBUFS)
			agent.lost = true;
		else if (errno != EINTR)
			break;
	}
	if (n == AT_ONCE || !agent.lost)
		return 0;
	agent.lost = false;
	resync(data);
	return 0;
}

/* The controller tells of families that go, in a group that has its own number. */
static int listen_to_kernel(struct daemon *d)
{
	if (genl_join(&d->bell, d->bell.events) || genl_join(&d->bell, GENL_ID_CTRL))
		return -1;
	return sd_event_add_io(d->event, &agent.bell, mnl_socket_get_fd(d->bell.nl), EPOLLIN,
			       on_bell, d) < 0 ||
	       sd_event_add_defer(d->event, &agent.pull, on_pull, d) < 0 ? -1 : 0;
}

int agent_open(struct daemon *d)
{
	if (genl_open(&d->talk))
		return -1;
	if (genl_open(&d->bell))
		goto talk;
	if (!listen_to_kernel(d) && !link_open(d))
		return 0;
	genl_close(&d->bell);
talk:
	genl_close(&d->talk);
	return -1;
}

/* The claim goes with the socket. */
void agent_close(struct daemon *d)
{
	sd_event_source_unref(agent.bell);
	sd_event_source_unref(agent.pull);
	link_close();
	genl_close(&d->bell);
	genl_close(&d->talk);
	legacy_restore();
}

/* From the old configuration to the new, what is the same in both goes on running. */
static void carry(struct config *old, struct config *new)
{
	struct source *s;
	size_t i, k;

	for (i = 0; i < old->n_sources; i++)
		for (k = 0; k < new->n_sources; k++) {
			s = old->source[i];
			if (!s->running || !source_same(s, new->source[k]))
				continue;
			old->source[i] = new->source[k];
			new->source[k] = s;
		}
}

static void stop_all(struct config *config)
{
	size_t i;

	for (i = 0; i < config->n_sources; i++)
		source_stop(config->source[i]);
}

/* Puts @config in the place of the one before, if there was one. */
static int put_in_force(struct daemon *d, struct config *config)
{
	struct config *old = d->config;
	size_t i;

	if (old) {
		carry(old, config);
		stop_all(old);
	}
	d->config = config;
	for (i = 0; i < config->n_sources; i++)
		if (source_start(config->source[i], d))
			return -1;
	return 0;
}

/* With a configuration that is in force */
static int begin(struct daemon *d)
{
	size_t i;

	if (grant_resync(d))
		return -1;
	for (i = 0; i < d->config->n_sources; i++)
		source_settle(d->config->source[i]);
	ask_pass_on(d);
	if (claim(d))
		return -1;
	pull();
	return 0;
}

int agent_start(struct daemon *d, struct config *config)
{
	return put_in_force(d, config) || begin(d) ? -1 : 0;
}

int agent_reload(struct daemon *d, struct config *config)
{
	struct config *old = d->config, *unused = old;
	int ret = put_in_force(d, config);

	if (ret) {
		unused = config;
		if (put_in_force(d, old))
			daemon_fail(d);
	}
	if (begin(d))
		daemon_fail(d);
	config_free(unused);
	return ret;
}

void agent_stop(struct daemon *d)
{
	stop_all(d->config);
	config_free(d->config);
}

void daemon_moved(struct daemon *d, uint32_t ifindex)
{
	struct source *s;
	size_t i;

	for (i = 0; i < d->config->n_sources; i++) {
		s = d->config->source[i];
		if (s->kind->moved)
			s->kind->moved(s, ifindex);
	}
}
