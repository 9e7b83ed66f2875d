/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SIGINT and SIGTERM as something to poll for.
 */
#ifndef _ODMM_STOP_H
#define _ODMM_STOP_H

int stop_fd(void);

#endif /* _ODMM_STOP_H */
