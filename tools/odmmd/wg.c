// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <linux/time_types.h>
#include <linux/wireguard.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../common/attr.h"
#include "wg.h"

#define REJECT_AFTER_TIME 180	/* seconds: a session is over then */

static bool read_port(const char *text, in_port_t *port)
{
	unsigned long n;
	char *end;

	if (text[0] < '1' || text[0] > '9')
		return false;
	n = strtoul(text, &end, 10);
	*port = htons((uint16_t)n);
	return !*end && n <= UINT16_MAX;
}

static bool read_in6(const char *text, struct sockaddr_in6 *to)
{
	to->sin6_family = AF_INET6;
	return inet_pton(AF_INET6, text, &to->sin6_addr) == 1;
}

static bool read_in(const char *text, struct sockaddr_in *to)
{
	to->sin_family = AF_INET;
	return inet_pton(AF_INET, text, &to->sin_addr) == 1;
}

bool wg_endpoint(const char *text, struct wg_peer *peer)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	char host[INET6_ADDRSTRLEN + 2];
	in_port_t port;

	/* Both kinds of address have their port in the same place. */
	if (!len || len >= sizeof(host) || !read_port(colon + 1, &port))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	memset(&peer->endpoint, 0, sizeof(peer->endpoint));
	peer->endpoint.in6.sin6_port = port;
	if (host[0] != '[')
		return read_in(host, &peer->endpoint.in);
	if (host[len - 1] != ']')
		return false;
	host[len - 1] = '\0';
	return read_in6(host + 1, &peer->endpoint.in6);
}

int wg_open(struct genl *g)
{
	return genl_open_family(g, WG_GENL_NAME, "the kernel has no WireGuard");
}

/* --- Asking --- */

struct answer {
	const struct wg_peer *peer;
	bool known;
	int64_t handshake;	/* seconds since 1970; 0: never */
};

static const void *payload(const struct nlattr *attr, size_t len)
{
	return mnl_attr_get_payload_len(attr) >= len ? mnl_attr_get_payload(attr) : NULL;
}

static void read_peer(const struct nlattr *nest, struct answer *a)
{
	const struct __kernel_timespec *time = NULL;
	const struct nlattr *attr;
	const uint8_t *key = NULL;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == WGPEER_A_PUBLIC_KEY)
			key = payload(attr, KEY_LEN);
		if (mnl_attr_get_type(attr) == WGPEER_A_LAST_HANDSHAKE_TIME)
			time = payload(attr, sizeof(*time));
	}
	if (!key || memcmp(key, a->peer->key, KEY_LEN))
		return;
	a->known = true;
	if (time)
		a->handshake = time->tv_sec;
}

static int on_device(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *peers = attr_find(nlh, WGDEVICE_A_PEERS), *peer;

	if (peers)
		mnl_attr_for_each_nested(peer, peers)
			read_peer(peer, data);
	return MNL_CB_OK;
}

static struct answer ask(struct genl *g, const char *tunnel, const struct wg_peer *peer)
{
	struct answer a = { .peer = peer };
	struct nlmsghdr *nlh;
	int ret;

	do {
		nlh = genl_request(g, WG_CMD_GET_DEVICE, NLM_F_DUMP);
		mnl_attr_put_strz(nlh, WGDEVICE_A_IFNAME, tunnel);
		ret = genl_ask(g, nlh, NULL, on_device, &a);
	} while (ret == -EINTR);
	if (ret)
		a.known = false;
	return a;
}

bool wg_answered(struct genl *g, const char *tunnel, const struct wg_peer *peer)
{
	struct answer a = ask(g, tunnel, peer);

	return a.known && a.handshake && llabs(time(NULL) - a.handshake) < REJECT_AFTER_TIME;
}

/* --- Telling --- */

static void put_endpoint(struct nlmsghdr *nlh, const struct wg_peer *peer)
{
	size_t len = peer->endpoint.addr.sa_family == AF_INET ? sizeof(peer->endpoint.in) :
								sizeof(peer->endpoint.in6);

	mnl_attr_put(nlh, WGPEER_A_ENDPOINT, len, &peer->endpoint);
}

/* All of IPv6 may come from there. */
static void put_allowed(struct nlmsghdr *nlh)
{
	struct nlattr *all = mnl_attr_nest_start(nlh, WGPEER_A_ALLOWEDIPS);
	struct nlattr *one = mnl_attr_nest_start(nlh, 0);

	mnl_attr_put_u16(nlh, WGALLOWEDIP_A_FAMILY, AF_INET6);
	mnl_attr_put(nlh, WGALLOWEDIP_A_IPADDR, sizeof(in6addr_any), &in6addr_any);
	mnl_attr_put_u8(nlh, WGALLOWEDIP_A_CIDR_MASK, 0);
	mnl_attr_nest_end(nlh, one);
	mnl_attr_nest_end(nlh, all);
}

static void put_peer(struct nlmsghdr *nlh, const struct wg_peer *peer, uint16_t keepalive)
{
	struct nlattr *all = mnl_attr_nest_start(nlh, WGDEVICE_A_PEERS);
	struct nlattr *one = mnl_attr_nest_start(nlh, 0);

	mnl_attr_put(nlh, WGPEER_A_PUBLIC_KEY, KEY_LEN, peer->key);
	put_endpoint(nlh, peer);
	mnl_attr_put_u16(nlh, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, keepalive);
	put_allowed(nlh);
	mnl_attr_nest_end(nlh, one);
	mnl_attr_nest_end(nlh, all);
}

static int set(struct genl *g, const char *tunnel, const uint8_t key[KEY_LEN],
	       const struct wg_peer *peer, uint16_t keepalive, uint32_t flags)
{
	struct nlmsghdr *nlh = genl_request(g, WG_CMD_SET_DEVICE, 0);
	int ret;

	mnl_attr_put_strz(nlh, WGDEVICE_A_IFNAME, tunnel);
	mnl_attr_put(nlh, WGDEVICE_A_PRIVATE_KEY, KEY_LEN, key);
	mnl_attr_put_u32(nlh, WGDEVICE_A_FLAGS, flags);
	put_peer(nlh, peer, keepalive);
	ret = genl_ask(g, nlh, NULL, NULL, NULL);
	explicit_bzero(g->request, sizeof(g->request));
	return ret;
}

/*
 * An interval that was 0 before has the kernel send at once, and an endpoint
 * that is told makes it forget by which of our addresses it sent last.
 */
int wg_set(struct genl *g, const char *tunnel, const uint8_t key[KEY_LEN],
	   const struct wg_peer *peer)
{
	uint32_t flags = ask(g, tunnel, peer).known ? 0 : WGDEVICE_F_REPLACE_PEERS;
	int ret = set(g, tunnel, key, peer, 0, flags);

	return ret ? ret : set(g, tunnel, key, peer, peer->keepalive, 0);
}
