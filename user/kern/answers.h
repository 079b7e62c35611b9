/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binds that are no address: host routes of type local, proxy neighbours, IPv6 anycast memberships. Routes are told by rtnetlink as they come
 * and go; of the others the kernel tells nothing, so they are looked at now and then. One fact for each, whether a hook told of it or not.
 */
#ifndef KERN_ANSWERS_H
#define KERN_ANSWERS_H

#include "base/cleanup.h"
#include "core/fact.h"
#include "kern/links.h"
#include "kern/maps.h"
#include "kern/rtnl.h"

#define VG_ANSWERS_MAX 4096 /* beyond, lost_binds counts */

struct vg_answers;

struct vg_answers_config {
	const struct vg_maps *maps;
	const struct vg_links *links;
	struct vg_rtnl *rtnl;
	uint32_t netns;
	void *ctx;
	void (*fact)(void *ctx, const struct vg_fact *fact); /* its `as` tells of which kind it is */
	void (*drain)(void *ctx); /* hand in all events of the hooks that are there */
};

int vg_answers_new(const struct vg_answers_config *config, struct vg_answers **ret_answers);
void vg_answers_free(struct vg_answers *answers); /* NULL is fine */

/* What is there now is handed out as preexisting, and from now on everything that comes or goes. */
void vg_answers_start(struct vg_answers *answers);
/* Of kind VG_RT_ROUTE. */
void vg_answers_route(struct vg_answers *answers, const struct vg_rt_msg *msg);
/* Looks at what the kernel does not tell of; all: at everything, since notifications were lost. What could not be listed is at the next look. */
void vg_answers_look(struct vg_answers *answers, bool all);
/* This request was handed out as a fact, and is let pass: what it makes is no second one. */
void vg_answers_expect(struct vg_answers *answers, const struct vg_fact *fact);

/* What was said of it last. False: it is not there (yet). */
bool vg_answers_note(struct vg_answers *answers, const struct vg_fact *fact, const struct vg_judgement *judgement);
/* It was taken away. */
void vg_answers_removed(struct vg_answers *answers, const struct vg_fact *fact);
/* As vg_kern_for_each_bind(). */
void vg_answers_for_each(const struct vg_answers *answers, void (*fn)(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said),
			 void *ctx);

VG_DEFINE_CLEANUP(struct vg_answers *, vg_answers_free)

#endif
