// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "../common/attr.h"
#include "../common/legacy.h"
#include "../common/names.h"
#include "config.h"
#include "grant.h"

struct grant {
	struct prefix prefix;
	struct source *source;
	uint64_t cookie;	/* of the request that it answered, or 0 */
	bool seen;
};

static int compare_prefixes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct prefix));
}

static struct table grants = { compare_prefixes, sizeof(struct prefix), NULL, 0 };

struct prefix_text {
	char text[INET6_ADDRSTRLEN + 4];
};

static struct prefix_text text_of(const struct prefix *p)
{
	char addr[INET6_ADDRSTRLEN];
	struct prefix_text t;

	inet_ntop(AF_INET6, &p->addr, addr, sizeof(addr));
	snprintf(t.text, sizeof(t.text), "%s/%u", addr, p->len);
	return t;
}

size_t grant_count(void)
{
	return grants.n;
}

static void remember(struct source *s, const struct prefix *p, uint64_t cookie)
{
	struct grant *grant = xcalloc(1, sizeof(*grant));

	grant->prefix = *p;
	grant->source = s;
	grant->cookie = cookie;
	table_add(&grants, grant);
	s->n_prefixes++;
}

static void forget(struct grant *grant)
{
	grant->source->n_prefixes--;
	table_remove(&grants, grant);
	free(grant);
}

/* Nobody else shall use the addresses of routed prefixes, which are not the link's own. */
static void guard(const struct prefix_args *a)
{
	if (!a->onlink)
		legacy_guard(a->ifindex);
}

static void complain(struct source *s, const struct prefix *p)
{
	say(LOG_WARNING, "%s of source %s: %s", text_of(p).text, s->kind->name,
	    s->daemon->talk.refusal);
}

int grant_add(struct source *s, const struct prefix *p, const struct prefix_args *args)
{
	struct prefix_args a = *args;
	int ret;

	if (table_find(&grants, p))
		return -EEXIST;
	if (!a.ifindex)
		a.ifindex = s->ifindex;
	if (!a.home && !a.onlink)
		a.home = s->home;
	a.origin = s->daemon->config->name;
	guard(&a);
	ret = prefix_add(&s->daemon->talk, p, &a);
	if (!ret) {
		remember(s, p, a.cookie);
		say(LOG_INFO, "%s: %s by source %s", text_of(p).text,
		    sc_type_name((sc_type)a.type), s->kind->name);
	} else if (ret != -ENOENT && ret != -EEXIST) {
		complain(s, p);
	}
	return ret;
}

bool grant_has(const struct source *s, const struct prefix *p)
{
	const struct grant *grant = table_find(&grants, p);

	return grant && grant->source == s;
}

int grant_change(struct source *s, const struct prefix *p, const struct prefix_args *args)
{
	int ret = prefix_change(&s->daemon->talk, p, args);

	if (ret && ret != -ENOENT)
		complain(s, p);
	return ret;
}

int grant_withdraw(struct source *s, const struct prefix *p, uint32_t grace, bool force)
{
	int ret = prefix_withdraw(&s->daemon->talk, p, grace == GRACE_OF_POLICY ? NULL : &grace,
				  force);

	if (ret && ret != -ENOENT && ret != -EBUSY)
		complain(s, p);
	return ret;
}

static void gone(struct grant *grant, uint32_t why)
{
	struct prefix prefix = grant->prefix;
	struct source *s = grant->source;
	const char *name = name_of(prefix_ends, why);

	say(LOG_INFO, "%s: back to source %s: %s", text_of(&prefix).text, s->kind->name,
	    name ? name : "not there any more");
	forget(grant);
	if (s->kind->gone)
		s->kind->gone(s, &prefix, why);
}

/* The news may be old: after a resync the same prefix may have been given anew. */
void grant_gone(const struct prefix *p, uint64_t cookie, uint32_t why)
{
	struct grant *grant = table_find(&grants, p);

	if (grant && grant->cookie == cookie)
		gone(grant, why);
}

/* What a dump says of a prefix */
struct found {
	struct prefix prefix;
	struct prefix_args args;
	bool ours;
};

struct dump {
	const char *origin;
	struct found *found;
	size_t n, room;
};

static bool has_text(const struct nlmsghdr *nlh, uint16_t type, const char *text)
{
	const struct nlattr *attr = attr_find(nlh, type);

	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 &&
	       !strcmp(mnl_attr_get_str(attr), text);
}

static int on_prefix(const struct nlmsghdr *nlh, void *data)
{
	struct dump *dump = data;
	struct found *f;

	if (dump->n == dump->room) {
		dump->room = 2 * dump->room + 64;
		dump->found = xreallocarray(dump->found, dump->room, sizeof(*f));
	}
	f = &dump->found[dump->n];
	memset(f, 0, sizeof(*f));
	if (!prefix_read(nlh, &f->prefix))
		return MNL_CB_OK;
	f->args.type = attr_u32(nlh, ODMM_A_PREFIX_TYPE);
	f->args.ifindex = attr_u32(nlh, ODMM_A_PREFIX_IFINDEX);
	f->args.home = attr_u32(nlh, ODMM_A_PREFIX_HOME);
	f->args.onlink = attr_u32(nlh, ODMM_A_PREFIX_FLAGS) & ODMM_PREFIX_F_ONLINK;
	f->args.valid_lft = attr_u32(nlh, ODMM_A_PREFIX_VALID_LFT);
	f->args.preferred_lft = attr_u32(nlh, ODMM_A_PREFIX_PREFERRED_LFT);
	f->args.has_preferred_lft = true;
	f->args.cookie = attr_u64(nlh, ODMM_A_PREFIX_COOKIE);
	f->ours = has_text(nlh, ODMM_A_PREFIX_ORIGIN, dump->origin);
	dump->n++;
	return MNL_CB_OK;
}

static void adopt(struct daemon *d, const struct found *f)
{
	struct source **s = d->config->source, **end = s + d->config->n_sources;

	while (s < end && !((*s)->types & 1U << f->args.type && (*s)->kind->adopt &&
			    (*s)->kind->adopt(*s, &f->prefix, &f->args)))
		s++;
	if (s == end) {
		say(LOG_NOTICE, "%s: there, but of no source", text_of(&f->prefix).text);
		return;
	}
	guard(&f->args);
	remember(*s, &f->prefix, f->args.cookie);
	say(LOG_INFO, "%s: adopted by source %s", text_of(&f->prefix).text, (*s)->kind->name);
}

static void see(const struct found *f)
{
	struct grant *grant = table_find(&grants, &f->prefix);

	if (grant && grant->cookie == f->args.cookie)
		grant->seen = true;
}

static void end_unseen(void *object, void *data)
{
	struct grant *grant = object;

	(void)data;
	if (grant->seen)
		grant->seen = false;
	else
		gone(grant, GONE_UNKNOWN);
}

static void compare(struct daemon *d, const struct dump *dump)
{
	const struct found *f, *end = dump->found + dump->n;

	for (f = dump->found; f < end; f++)
		see(f);
	table_each(&grants, end_unseen, NULL);
	for (f = dump->found; f < end; f++)
		if (f->ours && !table_find(&grants, &f->prefix))
			adopt(d, f);
}

/* The dump is over before anything comes of it: sources may ask the kernel. */
int grant_resync(struct daemon *d)
{
	struct dump dump = { .origin = d->config->name };
	int ret;

	do {
		dump.n = 0;
		ret = genl_ask(&d->talk, genl_request(&d->talk, ODMM_CMD_PREFIX_GET, NLM_F_DUMP),
			       prefix_fields, on_prefix, &dump);
	} while (ret == -EINTR);
	if (ret)
		say(LOG_ERR, "prefixes: %s", d->talk.refusal);
	else
		compare(d, &dump);
	free(dump.found);
	return ret ? -1 : 0;
}

static void leave(void *object, void *data)
{
	struct grant *grant = object;

	if (grant->source == data)
		forget(grant);
}

void grant_leave(struct source *s)
{
	table_each(&grants, leave, s);
}
