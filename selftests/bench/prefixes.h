/* SPDX-License-Identifier: GPL-2.0 */
/* Many typed prefixes. */
#ifndef BENCH_PREFIXES_H
#define BENCH_PREFIXES_H

#include "growth.h"

struct mnl_socket;

extern const struct growth prefixes_growth;

/* Adds as many as make up a stage. */
void prefixes_grow(struct mnl_socket *nl, unsigned int stage);

#endif
