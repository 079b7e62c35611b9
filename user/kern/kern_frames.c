/* SPDX-License-Identifier: Apache-2.0 */
/* Announcements as they come from the ring: the event, and the frame if it was brought along. */
#include <string.h>

#include "kern/kern_state.h"

static struct vg_frame frame_of(const struct vg_kern *kern, const struct vg_frame_event *record)
{
	const struct vg_event *event = &record->event;
	struct vg_frame frame = {
		.addr = event->addr,
		.how = event->how,
		.ifindex = event->ifindex,
		.who = event->who,
		.dropped = event->dropped,
		.kernel_made = !event->who.pid && event->sender_netns == kern->netns,
		.time_ns = event->time_ns,
		.last_ns = event->time_ns,
		.times = 1,
		.len = record->len,
		.tag = record->tag,
	};

	strncpy(frame.ifname, vg_links_name(vg_sense_links(kern->sense), event->ifindex), sizeof(frame.ifname) - 1);
	memcpy(frame.bytes, record->bytes, sizeof(frame.bytes));
	return frame;
}

void vg_kern_note_announce(struct vg_kern *kern, const struct vg_event *event, size_t size)
{
	const struct vg_frame_event *record = (const struct vg_frame_event *)event; /* the ring's records are aligned to 8 */
	struct vg_frame frame;

	vg_seen_note(kern->seen, event);
	if (!kern->sink.frame || size < sizeof(*record) || !record->len)
		return;
	frame = frame_of(kern, record);
	kern->sink.frame(kern->sink.ctx, &frame);
}
