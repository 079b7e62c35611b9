/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service manager is told: datagrams to the socket that it names in $NOTIFY_SOCKET, lines of NAME=VALUE (sd_notify(3), whose section
 * "Notes" calls the protocol stable and open to other implementations). Without one nothing is sent, and nothing fails.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct vg_notify;

/* By the environment. -EINVAL: $NOTIFY_SOCKET is no path and no abstract name; -errno. Without one *ret_notify is NULL: all calls take that. */
int vg_notify_new(struct vg_notify **ret_notify);
void vg_notify_free(struct vg_notify *notify); /* NULL is fine */

/* One datagram, never waiting: a manager that does not read must not hold us up. -errno: it was not told. */
int vg_notify_send(struct vg_notify *notify, const char *lines);

/* $WATCHDOG_USEC: it takes us for dead if WATCHDOG=1 is not said in this time. 0: it does not watch, or another process (sd_watchdog_enabled(3)). */
uint64_t vg_notify_watchdog_ns(const struct vg_notify *notify);

VG_DEFINE_CLEANUP(struct vg_notify *, vg_notify_free)

#endif
