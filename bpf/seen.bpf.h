/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting in vg_seen: whatever may come in storms is an entry with an exact count, and an event once a period, never one each time. */
#ifndef VG_SEEN_BPF_H
#define VG_SEEN_BPF_H

#ifndef VG_NEED_SEEN
#error "seen.bpf.h needs vg_seen"
#endif
#include "event.bpf.h"

/* Where it is counted; NULL: vg_seen is full. *ret_due: the entry is new, or its period over: time for an event. fresh: as of the first one. */
static __always_inline struct vg_seen_value *vg_seen_count(const struct vg_seen_key *key, const struct vg_seen_value *fresh, __u64 period_ns,
							   bool *ret_due)
{
	struct vg_seen_value *seen = bpf_map_lookup_elem(&vg_seen, key);

	*ret_due = false;
	if (!seen) {
		/* Another CPU may be doing the same: exactly one insert succeeds, and that one reports. */
		*ret_due = !bpf_map_update_elem(&vg_seen, key, fresh, BPF_NOEXIST);
		seen = bpf_map_lookup_elem(&vg_seen, key);
	}
	if (!seen)
		return NULL;
	VG_COUNT(seen, count);
	seen->last_ns = fresh->last_ns;
	seen->last = fresh->last;
	if (!*ret_due && fresh->last_ns - seen->event_ns >= period_ns && fresh->last_ns > seen->event_ns) {
		seen->event_ns = fresh->last_ns;
		*ret_due = true;
	}
	return seen;
}

/* Of announcements. */
static __always_inline void vg_seen_fill_announce(struct vg_event *event, const struct vg_seen_key *key, const struct vg_seen_value *seen,
						  const struct vg_config *config)
{
	event->how = seen->last.how;
	event->addr = key->addr;
	event->ifindex = key->ifindex;
	event->in_ifindex = key->in_ifindex;
	event->family = (__u8)key->family;
	event->sender_netns = key->netns;
	event->netns = config->netns;
	event->dropped = key->what == VG_SEEN_DROPPED;
	event->would_deny = key->what == VG_SEEN_PAST;
	event->who = seen->who;
}

static __always_inline void vg_seen_report_announce(const struct vg_seen_key *key, const struct vg_seen_value *seen, const struct vg_config *config,
						    struct vg_stats *stats)
{
	struct vg_event *event = vg_event_reserve(VG_EVENT_ANNOUNCE, &stats->lost_ring_announce);

	if (!event)
		return;
	vg_seen_fill_announce(event, key, seen, config);
	vg_event_submit(event);
}

#endif
