// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family of the module, as far as tests of the command need it
 * without it: linked before libmnl by "ld --wrap". Prints the attributes of each
 * request, "NUMBER=VALUE", refuses it with the errno in FAKE_ERROR, and
 * answers gets with what is made up below.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/odmm.h>
#include <linux/odmm_netlink.h>

#define FAMILY 0x20

struct value {
	uint16_t attr;
	uint32_t value;
};

/* A row ends with attribute 0, a table with an empty row. */
#define MAX_VALUES 13

static const struct value policy[][MAX_VALUES] = {
	{ { ODMM_A_POLICY_SESSIONS, 64 }, { ODMM_A_POLICY_PENDING, 32 }, { ODMM_A_POLICY_HELD, 8 },
	  { ODMM_A_POLICY_ON_NET_RATE, 0 }, { ODMM_A_POLICY_ON_NET_BURST, 5 },
	  { ODMM_A_POLICY_REQUESTS_MAX, 100 }, { ODMM_A_POLICY_PREFIXES_MAX, 200 },
	  { ODMM_A_POLICY_DEFAULT_TYPES, 0 }, { ODMM_A_POLICY_RFC5014, 0 } },
	{ { ODMM_A_POLICY_TYPE, 1 }, { ODMM_A_POLICY_ACCESS, ODMM_ACCESS_GROUP },
	  { ODMM_A_POLICY_GID_MIN, 100 }, { ODMM_A_POLICY_GID_MAX, 200 },
	  { ODMM_A_POLICY_CAPABILITY, 12 }, { ODMM_A_POLICY_LINGER, ODMM_LFT_INFINITY },
	  { ODMM_A_POLICY_GRACE, 0 }, { ODMM_A_POLICY_MAX_AGE, 0 },
	  { ODMM_A_POLICY_MAX_BYTES, 0 }, { ODMM_A_POLICY_TIMEOUT, UINT32_MAX },
	  { ODMM_A_POLICY_ABORT, 1 }, { ODMM_A_POLICY_SHARE_UID, 1 } },
	{ { ODMM_A_POLICY_TYPE, 2 }, { ODMM_A_POLICY_ACCESS, ODMM_ACCESS_CAPABILITY },
	  { ODMM_A_POLICY_GID_MIN, 0 }, { ODMM_A_POLICY_GID_MAX, 0 },
	  { ODMM_A_POLICY_CAPABILITY, 12 }, { ODMM_A_POLICY_TIMEOUT, 30000 },
	  { ODMM_A_POLICY_ABORT, 0 }, { ODMM_A_POLICY_SHARE_UID, 0 } },
	{ { 0, 0 } }
};

static const struct value session[][MAX_VALUES] = {
	{ { ODMM_A_SESSION_ID, 1 }, { ODMM_A_SESSION_TYPE, 4 },
	  { ODMM_A_SESSION_FLAGS, IPV6_REQUIRE_SRC_ON_NET | IPV6_SC_EVENTS },
	  { ODMM_A_SESSION_LIFETIME, 600 } },
	{ { 0, 0 } }
};

static const struct value prefix[][MAX_VALUES] = {
	{ { ODMM_A_PREFIX_TYPE, 2 }, { ODMM_A_PREFIX_STATE, ODMM_PREFIX_GONE },
	  { ODMM_A_PREFIX_END, ODMM_END_LINK_REMOVED }, { ODMM_A_PREFIX_UID, 1000 },
	  { ODMM_A_PREFIX_BYTES, 5000 } },
	{ { 0, 0 } }
};

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size);

static struct {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
} last;

static void print_attr(const struct nlattr *attr)
{
	const uint8_t *byte = mnl_attr_get_payload(attr);
	uint16_t len = mnl_attr_get_payload_len(attr), i;

	printf(" %u=", mnl_attr_get_type(attr));
	if (len == sizeof(uint32_t))
		printf("%u", mnl_attr_get_u32(attr));
	else if (len == sizeof(uint64_t))
		printf("%llu", (unsigned long long)mnl_attr_get_u64(attr));
	else
		for (i = 0; i < len; i++)
			printf("%02x", byte[i]);
}

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	const struct nlattr *attr;

	(void)nl;
	memcpy(&last, buf, sizeof(last));
	if (last.nlh.nlmsg_type == GENL_ID_CTRL)
		return (ssize_t)len;
	printf("cmd %u", last.genl.cmd);
	mnl_attr_for_each(attr, (const struct nlmsghdr *)buf, sizeof(struct genlmsghdr))
		print_attr(attr);
	putchar('\n');
	fflush(stdout);
	return (ssize_t)len;
}

static struct nlmsghdr *begin(void *buf, uint16_t type)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_seq = last.nlh.nlmsg_seq;
	return nlh;
}

static char *put_ack(char *buf, int error)
{
	struct nlmsghdr *nlh = begin(buf, NLMSG_ERROR);
	struct nlmsgerr *err = mnl_nlmsg_put_extra_header(nlh, sizeof(*err));

	err->error = -error;
	nlh->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	if (error)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "odmm: the words of the kernel");
	return buf + nlh->nlmsg_len;
}

static char *put_row(char *buf, const struct value *v)
{
	struct nlmsghdr *nlh = begin(buf, FAMILY);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	for (; v->attr; v++)
		mnl_attr_put_u32(nlh, v->attr, v->value);
	return buf + nlh->nlmsg_len;
}

static char *put_rows(char *buf)
{
	const struct value (*row)[MAX_VALUES] =
		last.genl.cmd == ODMM_CMD_POLICY_GET ? policy :
		last.genl.cmd == ODMM_CMD_SESSION_GET ? session :
		last.genl.cmd == ODMM_CMD_PREFIX_GET ? prefix : NULL;

	for (; row && (*row)->attr; row++)
		buf = put_row(buf, *row);
	return buf;
}

static char *put_family(char *buf)
{
	struct nlmsghdr *nlh = begin(buf, GENL_ID_CTRL);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY);
	return put_ack(buf + nlh->nlmsg_len, 0);
}

ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	const char *error = getenv("FAKE_ERROR");
	char *end;

	(void)nl;
	memset(buf, 0, size);
	if (last.nlh.nlmsg_type == GENL_ID_CTRL)
		end = put_family(buf);
	else
		end = put_ack(put_rows(buf), error ? atoi(error) : 0);
	return end - (char *)buf;
}
