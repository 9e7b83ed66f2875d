/* SPDX-License-Identifier: GPL-2.0 */
/* Many typed prefixes. */
#ifndef BENCH_PREFIXES_H
#define BENCH_PREFIXES_H

struct mnl_socket;

/* One that serves those who are bound to an interface, too. */
void prefixes_first(struct mnl_socket *nl);
void prefixes_rest(struct mnl_socket *nl);

/* The rows, with @many or one, and then the targets. */
void prefixes_rows(int many);
void prefixes_targets(void);

#endif
