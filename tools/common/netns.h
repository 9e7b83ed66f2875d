/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ODMM_NETNS_H
#define _ODMM_NETNS_H

/* Goes to a network namespace of "ip netns"; ends the program if it cannot. */
void netns_enter(const char *name);

#endif /* _ODMM_NETNS_H */
