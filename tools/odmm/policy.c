// SPDX-License-Identifier: GPL-2.0
/*
 * odmm policy: what the administrator decides.
 */
#include "args.h"
#include "genl.h"
#include "secret.h"

static const struct field policy_fields[] = {
	{ "secret", ODMM_A_POLICY_SECRET, FIELD_HIDDEN, NULL },
	{ NULL, 0, FIELD_HIDDEN, NULL }
};

static int set_secret(struct words *w)
{
	const char *file = next(w, "FILE");
	bool create = next_is(w, "create");
	uint8_t secret[SECRET_LEN];
	struct nlmsghdr *nlh;
	struct genl g;
	int ret;

	no_more(w);
	if (create && secret_create(file))
		return EXIT_USAGE;
	if (secret_read(file, secret))
		return EXIT_USAGE;
	if (genl_open(&g))
		return EXIT_REFUSED;
	nlh = genl_request(&g, ODMM_CMD_POLICY_SET, 0);
	mnl_attr_put(nlh, ODMM_A_POLICY_SECRET, sizeof(secret), secret);
	ret = genl_ask(&g, nlh, policy_fields, NULL, NULL);
	genl_close(&g);
	return ret ? genl_refused(&g) : EXIT_OK;
}

static int policy_run(struct words *w)
{
	if (!next_is(w, "set"))
		unknown_word(next(w, "set"));
	if (!next_is(w, "secret"))
		unknown_word(next(w, "secret"));
	return set_secret(w);
}

const struct object policy_object = {
	"policy",
	"Usage: odmm policy set secret FILE [ create ]\n"
	"FILE holds 32 hexadecimal digits, the key of the interface identifiers of fixed\n"
	"addresses. With \"create\" it is made if there is none, so that these addresses\n"
	"are the same after a reboot.\n",
	policy_run
};
