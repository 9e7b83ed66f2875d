// SPDX-License-Identifier: GPL-2.0
/*
 * State "dhcpv6": { "duid": TEXT, "links": { DEV: NUMBER } }
 * State "dhcpv6-DEV": { "duid": TEXT, "ias": [ { "type": N, "iaid": N,
 *			 "server": TEXT, "prefixes": [ PREFIX ] } ] }
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "../common/row.h"
#include "dhcpv6-state.h"
#include "source.h"

#define STATE		"dhcpv6"
#define LINKS_MAX	0x10000		/* numbers of links are half of an IAID */

struct state_name {
	char text[sizeof(STATE "-") + IF_NAMESIZE];
};

static struct state_name file_of(const char *dev)
{
	struct state_name n;

	snprintf(n.text, sizeof(n.text), STATE "-%s", dev);
	return n;
}

static json_t *value_duid(const struct dhcp6_duid *duid)
{
	char text[DUID_TEXT_MAX];

	duid_to_text(duid, text);
	return json_string(text);
}

static bool read_duid(const json_t *object, const char *key, struct dhcp6_duid *duid)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && duid_from_text(duid, text);
}

/* --- Identity --- */

static int set_duid(json_t *state, const struct dhcp6_duid *wanted, struct dhcp6_duid *duid)
{
	uint8_t uuid[16];

	if (wanted) {
		*duid = *wanted;
		return 0;
	}
	if (read_duid(state, "duid", duid))
		return 0;
	if (getrandom(uuid, sizeof(uuid), 0) != sizeof(uuid)) {
		say(LOG_ERR, "source dhcpv6: no random number: %s", strerror(errno));
		return -1;
	}
	duid_from_uuid(duid, uuid);
	return json_object_set_new(state, "duid", value_duid(duid));
}

/* One more than any other link has */
static uint32_t free_number(json_t *links)
{
	json_int_t next = 0;
	const char *dev;
	json_t *link;

	json_object_foreach(links, dev, link)
		if (json_integer_value(link) >= next)
			next = json_integer_value(link) + 1;
	return (uint32_t)next % LINKS_MAX;
}

static int set_number(json_t *links, const char *dev, uint32_t *number)
{
	const json_t *link = json_object_get(links, dev);

	if (json_is_integer(link)) {
		*number = (uint32_t)json_integer_value(link) % LINKS_MAX;
		return 0;
	}
	*number = free_number(links);
	return json_object_set_new(links, dev, json_integer(*number));
}

static int complete(json_t *state, const char *dev, const struct dhcp6_duid *duid,
		    struct identity *identity)
{
	json_t *links = json_object_get(state, "links");

	if (set_duid(state, duid, &identity->duid))
		return -1;
	if (!json_is_object(links)) {
		links = json_object();
		json_object_set_new(state, "links", links);
	}
	return set_number(links, dev, &identity->link);
}

int identity_load(const struct daemon *d, const char *dev, const struct dhcp6_duid *duid,
		  struct identity *identity)
{
	json_t *state = state_load(d, STATE), *before;
	int ret;

	if (!state)
		state = json_object();
	before = json_deep_copy(state);
	ret = complete(state, dev, duid, identity);
	if (!ret && !json_equal(state, before))
		ret = state_save(d, STATE, state);
	json_decref(before);
	json_decref(state);
	return ret;
}

/* --- Leases --- */

static json_t *value_prefixes(const struct dhcp6_ia *ia)
{
	json_t *prefixes = json_array();
	size_t i;

	for (i = 0; i < ia->n; i++)
		if (!ia->lease[i].over)
			json_array_append_new(prefixes, value_prefix(&ia->lease[i].addr,
								     ia->lease[i].len));
	return prefixes;
}

/* What is asked for is not had yet. */
static bool is_had(const struct dhcp6_ia *ia)
{
	size_t i;

	if (ia->state != IA_SOLICITING && ia->state != IA_REQUESTING)
		return true;
	for (i = 0; i < ia->n; i++)
		if (ia->lease[i].held)
			return true;
	return false;
}

json_t *leases_value(const struct dhcp6_client *c)
{
	json_t *ias = json_array();
	const struct dhcp6_ia *ia;

	TAILQ_FOREACH(ia, &c->ias, next)
		if (is_had(ia))
			json_array_append_new(ias, json_pack("{s:i, s:I, s:o, s:o}", "type", ia->type,
							     "iaid", (json_int_t)ia->iaid,
							     "server", value_duid(&ia->server),
							     "prefixes", value_prefixes(ia)));
	return json_pack("{s:o, s:o}", "duid", value_duid(&c->duid), "ias", ias);
}

static void read_prefixes(struct dhcp6_ia *ia, const json_t *prefixes)
{
	struct dhcp6_lease *lease;
	struct prefix p;
	const char *text;
	json_t *value;
	size_t i;

	json_array_foreach(prefixes, i, value) {
		text = json_string_value(value);
		if (ia->n == DHCP6_PREFIXES_MAX || !text || !prefix_from_text(text, &p))
			continue;
		lease = &ia->lease[ia->n++];
		lease->addr = p.addr;
		lease->len = (uint8_t)p.len;
	}
}

static void read_ia(struct dhcp6_client *c, json_t *value)
{
	struct dhcp6_duid server;
	json_int_t type, iaid;
	struct dhcp6_ia *ia;
	json_t *prefixes;

	if (json_unpack(value, "{s:I, s:I, s:o}", "type", &type, "iaid", &iaid,
			"prefixes", &prefixes) ||
	    !read_duid(value, "server", &server) || type <= 0 ||
	    type > ODMM_TYPE_GRACEFUL_REPLACEMENT || iaid < 0 || iaid > UINT32_MAX)
		return;
	ia = dhcp6_remember(c, (uint8_t)type, (uint32_t)iaid, &server);
	if (ia)
		read_prefixes(ia, prefixes);
}

/* What was got under another name cannot be renewed, nor given back. */
json_t *leases_load(const struct daemon *d, const char *dev, struct dhcp6_client *c)
{
	json_t *state = state_load(d, file_of(dev).text), *value;
	struct dhcp6_duid duid;
	size_t i;

	if (state && (!read_duid(state, "duid", &duid) || !duid_is(&duid, &c->duid))) {
		say(LOG_WARNING, "source dhcpv6: %s: another DUID than before, its leases are forgotten",
		    dev);
		json_decref(state);
		return NULL;
	}
	json_array_foreach(json_object_get(state, "ias"), i, value)
		read_ia(c, value);
	return state;
}

int leases_save(const struct daemon *d, const char *dev, const json_t *leases)
{
	return state_save(d, file_of(dev).text, leases);
}
