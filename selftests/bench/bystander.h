/* SPDX-License-Identifier: GPL-2.0 */
/* Programs that do not use odmm, beside others that do. */
#ifndef BENCH_BYSTANDER_H
#define BENCH_BYSTANDER_H

/**
 * enum company - what the others have
 * @COMPANY_SOCKETS: as many sockets as later, of the ordinary kind
 * @COMPANY_SESSIONS: those sockets are in session
 * @COMPANY_PREFIXES: there are many prefixes, too
 */
enum company {
	COMPANY_SOCKETS,
	COMPANY_SESSIONS,
	COMPANY_PREFIXES,
	COMPANIES,
};

/* The first connections take a bit less than all others. */
void bystander_warm_up(void);

/* What their calls take now; the targets compare with the first. */
void bystander_rows(enum company company);

#endif
