/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is bound here, on which links, kept up by rtnetlink and by the hooks together; one fact for each bind, whichever of the
 * two told of it first.
 */
#ifndef KERN_SENSE_H
#define KERN_SENSE_H

#include "base/loop.h"
#include "kern/bound.h"
#include "kern/links.h"
#include "kern/maps.h"
#include "kern/rtnl.h"

struct vg_sense;

struct vg_sense_config {
	const struct vg_maps *maps;
	const char *const *interfaces; /* as vg_links_choose(); must outlive it */
	size_t n_interfaces;
	const struct vg_dummies *dummies; /* links that are known to hold service addresses; for vg_sense_new() alone */
	uint32_t netns;
	void *ctx;
	void (*fact)(void *ctx, const struct vg_fact *fact);
	void (*drain)(void *ctx); /* hand in all events of the hooks that are there */
	void (*guarded_changed)(void *ctx); /* another choice of links */
	void (*filters_changed)(void *ctx, uint32_t ifindex); /* a filter or qdisc of this link came or went */
	void (*route)(void *ctx, const struct vg_rt_msg *msg); /* of kind VG_RT_ROUTE */
	void (*overrun)(void *ctx); /* notifications were lost; links and addresses were looked at again */
	void (*settled)(void *ctx); /* after a batch of notifications */
};

/* Follows from now on, and knows what is there; nothing is handed out yet. vg_links then says so, where it may have been an earlier guard's. */
int vg_sense_new(struct vg_loop *loop, const struct vg_sense_config *config, struct vg_sense **ret_sense);
void vg_sense_free(struct vg_sense *sense); /* NULL is fine */

/* The hooks see binds from now on: a notification alone is no fact before it has waited for its event. */
void vg_sense_set_hooked(struct vg_sense *sense, bool hooked);
/* Chooses the guarded links and calls guarded_changed. By itself it does so only when something about them changed. */
void vg_sense_choose(struct vg_sense *sense);
/* Now and then: what could not be listed after a loss is tried again. */
void vg_sense_watch(struct vg_sense *sense);
/* An event of type VG_EVENT_BIND. */
void vg_sense_bind(struct vg_sense *sense, const struct vg_event *event);
/* Looks again, and hands out as preexisting what was not handed out yet. */
int vg_sense_dump(struct vg_sense *sense);

struct vg_links *vg_sense_links(const struct vg_sense *sense);
struct vg_bounds *vg_sense_bounds(const struct vg_sense *sense);
struct vg_rtnl *vg_sense_rtnl(const struct vg_sense *sense);

VG_DEFINE_CLEANUP(struct vg_sense *, vg_sense_free)

#endif
