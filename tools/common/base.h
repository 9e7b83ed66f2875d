/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all programs here share.
 */
#ifndef _ODMM_BASE_H
#define _ODMM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <odmm.h>
#include <linux/odmm_netlink.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	EXIT_OK,
	EXIT_USAGE,	/* the command line is wrong */
	EXIT_REFUSED,	/* the kernel said no */
};

#endif /* _ODMM_BASE_H */
