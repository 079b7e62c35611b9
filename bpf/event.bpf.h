/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records for user space: reserve, fill, submit; what finds the ring full is counted by the caller's counter, never lost in silence.
 * Who did it is asked of the current task, so only where that is the one (a system call, not an interrupt).
 */
#ifndef VG_EVENT_BPF_H
#define VG_EVENT_BPF_H

#ifndef VG_NEED_EVENTS
#error "event.bpf.h needs vg_events"
#endif
#include "maps.bpf.h"

static __always_inline void vg_event_begin(struct vg_event *event, enum vg_event_type type)
{
	__builtin_memset(event, 0, sizeof(*event));
	event->type = type;
	event->time_ns = bpf_ktime_get_boot_ns();
}

/* All zero but type and time. NULL: the ring is full, counted in *lost. */
static __always_inline struct vg_event *vg_event_reserve(enum vg_event_type type, __u64 *lost)
{
	struct vg_event *event = bpf_ringbuf_reserve(&vg_events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(lost, 1);
		return NULL;
	}
	vg_event_begin(event, type);
	return event;
}

static __always_inline void vg_event_submit(struct vg_event *event)
{
	bpf_ringbuf_submit(event, 0);
}

#endif
