// SPDX-License-Identifier: GPL-2.0
/* Interface identifiers of typed addresses. */
#include <linux/random.h>
#include <net/ipv6.h>

#include "odmm.h"

/*
 * RFC 5453: the subnet-router anycast address, those made of IANA's Ethernet
 * block (RFC 4291, RFC 6543), and the subnet anycast addresses of RFC 2526.
 */
bool odmm_iid_reserved(__be64 iid)
{
	u64 v = be64_to_cpu(iid);

	return v == 0 ||
	       (v >= 0x02005efffe000000ULL && v <= 0x02005efffeffffffULL) ||
	       (v >= 0xfdffffffffffff80ULL && v <= 0xfdffffffffffffffULL);
}

/*
 * RFC 7217 section 5: F(Prefix, Net_Iface, Network_ID, DAD_Counter,
 * secret_key). Network_ID is left out so that the address is the same after
 * each move, and Net_Iface is one for all: to an application a mobile host
 * has one logical interface (RFC 7847).
 */
static __be64 odmm_iid_stable(const struct odmm_address *a, u32 dad_counter)
{
	struct {
		struct in6_addr	prefix;
		__be32		dad_counter;
	} __packed in = {
		.prefix = a->prefix,
		.dad_counter = cpu_to_be32(dad_counter),
	};
	siphash_key_t secret;
	u64 iid;

	spin_lock(&a->odn->lock);
	secret = a->odn->secret;
	spin_unlock(&a->odn->lock);
	iid = siphash(&in, sizeof(in), &secret);
	memzero_explicit(&secret, sizeof(secret));
	return cpu_to_be64(iid);
}

/* RFC 8981 section 3.3.1: random, and never the same under two prefixes. */
static __be64 odmm_iid_random(void)
{
	__be64 iid;

	get_random_bytes(&iid, sizeof(iid));
	return iid;
}

/* Makes an address of the prefix; another one after each conflict. */
void odmm_iid_make(const struct odmm_address *a, struct in6_addr *addr)
{
	/* So that a reserved one does not lead to what a conflict leads to. */
	u32 dad_counter = (u32)a->conflicts << 8;
	__be64 iid;

	do {
		iid = a->type == ODMM_TYPE_FIXED ?
		      odmm_iid_stable(a, dad_counter++) : odmm_iid_random();
	} while (odmm_iid_reserved(iid));

	*addr = a->prefix;
	memcpy(&addr->s6_addr[8], &iid, sizeof(iid));
}
