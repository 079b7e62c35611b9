/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Announcements and refused binds: the kernel counts in vg_seen and raises an event when an entry is new or its period is over; this
 * hands the counts out as facts, so that their sum is exact, and a storm costs as many facts as there are entries, each period. Entries that
 * had nothing for a period are deleted. A timer runs only while entries are there.
 */
#ifndef KERN_SEEN_H
#define KERN_SEEN_H

#include "base/loop.h"
#include "core/fact.h"
#include "kern/maps.h"

struct vg_seen;

/* The fact has no netns yet, and no link names but the one that the kernel gave a bind. */
typedef void (*vg_seen_fn)(void *ctx, struct vg_fact *fact);

int vg_seen_new(struct vg_loop *loop, const struct vg_maps *maps, uint64_t period_ns, vg_seen_fn fn, void *ctx, struct vg_seen **ret_seen);
void vg_seen_free(struct vg_seen *seen); /* NULL is fine */
/* An event of type VG_EVENT_ANNOUNCE, or VG_EVENT_DENIED that is counted. */
void vg_seen_note(struct vg_seen *seen, const struct vg_event *event);
/* Hands out everything that is counted and not yet handed out, also what no event told of. */
void vg_seen_drain(struct vg_seen *seen);
/* The same, and leaves nothing behind that was handed out: what the kernel counts from now on is for the next guard. */
void vg_seen_hand_over(struct vg_seen *seen);
size_t vg_seen_size(const struct vg_seen *seen); /* entries that events told of */

VG_DEFINE_CLEANUP(struct vg_seen *, vg_seen_free)

#endif
