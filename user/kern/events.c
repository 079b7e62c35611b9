/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/events.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>

#include <bpf/libbpf.h>
#include <linux/types.h>

#include "base/log.h"

/* As many as the ring holds, so that one drain hands out all that was there when it began. A sender that is faster than the reader
 * could keep it busy for ever otherwise, and the loop with its dead-man's timer would never have its turn. */
#define DRAIN_MAX (VG_RING_BYTES / sizeof(struct vg_event))

struct vg_events {
	struct ring_buffer *ring;
	struct vg_io *io;
	vg_event_fn fn;
	void *ctx;
	size_t drained; /* records of this drain */
	bool draining; /* libbpf moves on only after the callback: a nested call would see the same record again */
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct vg_events *events = ctx;

	if (size >= sizeof(struct vg_event))
		events->fn(events->ctx, data, size);
	/* libbpf stops at an error, after this record; what is left wakes the loop again */
	return ++events->drained < DRAIN_MAX ? 0 : -EAGAIN;
}

void vg_events_drain(struct vg_events *events)
{
	int r;

	if (events->draining)
		return;
	events->draining = true;
	events->drained = 0;
	r = ring_buffer__consume(events->ring);
	events->draining = false;
	if (r < 0 && r != -EAGAIN)
		vg_log_errno(r, "cannot read vg_events");
}

static void on_readable(void *ctx, uint32_t mask)
{
	(void)mask;
	vg_events_drain(ctx);
}

int vg_events_new(struct vg_loop *loop, int map_fd, vg_event_fn fn, void *ctx, struct vg_events **ret_events)
{
	VG_CLEANUP(vg_events_freep) struct vg_events *events = calloc(1, sizeof(*events));
	int r;

	if (!events)
		return -ENOMEM;
	events->fn = fn;
	events->ctx = ctx;
	events->ring = ring_buffer__new(map_fd, on_record, events, NULL);
	if (!events->ring)
		return -errno;
	r = vg_io_new(loop, ring_buffer__epoll_fd(events->ring), EPOLLIN, on_readable, events, &events->io);
	if (r < 0)
		return r;
	*ret_events = TAKE_PTR(events);
	return 0;
}

void vg_events_free(struct vg_events *events)
{
	if (!events)
		return;
	vg_io_free(events->io);
	ring_buffer__free(events->ring);
	free(events);
}
