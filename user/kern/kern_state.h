/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of struct vg_kern, shared by the kern*.c files alone: composition, what is bound, orders, watch. */
#ifndef KERN_KERN_STATE_H
#define KERN_KERN_STATE_H

#include "base/time.h"
#include "kern/answers.h"
#include "kern/deadman.h"
#include "kern/events.h"
#include "kern/kern.h"
#include "kern/losses.h"
#include "kern/maps.h"
#include "kern/programs.h"
#include "kern/seen.h"
#include "kern/sense.h"

#define VG_KERN_PERIOD_NS VG_NS_PER_SEC /* one event per announcement in this time */

struct vg_kern {
	struct vg_loop *loop;
	struct vg_kern_sink sink;
	uint64_t dead_man_ns;
	uint64_t alive_ns;
	bool detach_on_exit;
	bool attached;
	int lock_fd; /* of kern/alone.h; -1: a stranger has the name */
	struct vg_io *lock_io;
	/* What vg_config is to say. The map is what the programs read: an earlier guard's until ours are attached, and anybody's who may write to it. */
	struct vg_config wanted;
	bool pins_lost; /* that was said */
	uint32_t netns;
	char **interfaces;
	size_t n_interfaces;
	struct vg_features features;
	struct vg_maps maps;
	struct vg_losses losses;
	struct vg_programs programs;
	struct vg_events *events; /* NULL: no maps */
	struct vg_seen *seen;
	struct vg_sense *sense;
	struct vg_answers *answers;
	struct vg_deadman *deadman;
	struct vg_neigh_watch *asking; /* NULL: no hardware address is being asked for */
	int wire_fd; /* frames of ours leave by it; -1: none did yet */
};

/* kern.c */
void vg_kern_say_changed(void *kern, enum vg_feature feature, bool ok, const char *why);

/* kern_tick.c */
void vg_kern_tell_losses(void *kern); /* what was lost since it was told last */
int vg_kern_start_deadman(struct vg_kern *kern); /* -errno */

/* kern_dummies.c */
int vg_kern_keep_dummies(struct vg_kern *kern, struct vg_dummies *ret_kept, struct vg_error *ret_error);
void vg_kern_note_dummies(const struct vg_kern *kern, const struct vg_dummies *dummies);

/* kern_bypass.c */
void vg_kern_note_bypass(struct vg_kern *kern, const struct vg_event *event); /* of type VG_EVENT_BYPASS */

void vg_kern_watch_xdp(struct vg_kern *kern); /* says which guarded links have an XDP program */

/* kern_frames.c */
void vg_kern_note_announce(struct vg_kern *kern, const struct vg_event *event,
			   size_t size); /* of type VG_EVENT_ANNOUNCE, with or without its frame */

/* kern_answers.c; ctx is a struct vg_kern */
void vg_kern_on_route(void *ctx, const struct vg_rt_msg *msg);
void vg_kern_on_overrun(void *ctx);

/* kern_heal.c */
void vg_kern_heal_deinit(struct vg_kern *kern);

/* kern_watch.c */
void vg_kern_note_unpinned(struct vg_kern *kern); /* once attached: what is not pinned ends with the guard, which is to be known */
void vg_kern_watch(struct vg_kern *kern); /* looks for what others did, repairs it, says it */

/* kern_orders.c */
void vg_kern_note_wanted(struct vg_kern *kern, const struct vg_kern_config *config);
void vg_kern_publish(struct vg_kern *kern);
/* Puts back what somebody else wrote into vg_config; true: and says what that was. */
bool vg_kern_repair_config(struct vg_kern *kern, char *why, size_t size);
/* A pause that an earlier guard was given goes on until its own end, and no longer. */
void vg_kern_keep_pause(struct vg_kern *kern);

/* Its name does not excuse what is bound on it. */
static inline bool vg_kern_is_real_link(const struct vg_kern *kern, const struct vg_fact *fact)
{
	return kern->sense && !vg_links_may_excuse(vg_sense_links(kern->sense), fact->ifindex, fact->ifname);
}

#endif
