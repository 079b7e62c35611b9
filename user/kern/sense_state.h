/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of struct vg_sense, shared by the sense*.c files alone. */
#ifndef KERN_SENSE_STATE_H
#define KERN_SENSE_STATE_H

#include "kern/pending.h"
#include "kern/sense.h"

struct vg_sense {
	struct vg_sense_config config;
	struct vg_rtnl *rtnl;
	struct vg_links *links;
	struct vg_bounds *bounds;
	struct vg_timer *timer;
	struct vg_pendings pendings;
	bool hooked;
	bool starting; /* what is found is preexisting */
	bool chosen; /* once at least; until then vg_links may be an earlier guard's, and its programs go by it */
	bool lost; /* notifications were, and what is there now could not be listed */
	bool links_dirty; /* the choice of guarded links may be another */
};

/* The first choice. Each link is written once, with its role: at no moment is one that was a port none. */
void vg_sense_choose_first(struct vg_sense *sense);

#endif
