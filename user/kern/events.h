/* SPDX-License-Identifier: Apache-2.0 */
/* The ring buffer: what the BPF programs have seen, record by record, as soon as it is there. */
#ifndef KERN_EVENTS_H
#define KERN_EVENTS_H

#include "base/loop.h"
#include <linux/types.h>

#include "vipguard/abi.h"

struct vg_events;

/* size: of the record, which may be longer than this head of it. */
typedef void (*vg_event_fn)(void *ctx, const struct vg_event *event, size_t size);

int vg_events_new(struct vg_loop *loop, int map_fd, vg_event_fn fn, void *ctx, struct vg_events **ret_events);
void vg_events_free(struct vg_events *events); /* NULL is fine */
/* Hands out what is there now, not what comes meanwhile. From inside `fn` it does nothing: the records after this one come anyway. */
void vg_events_drain(struct vg_events *events);

VG_DEFINE_CLEANUP(struct vg_events *, vg_events_free)

#endif
