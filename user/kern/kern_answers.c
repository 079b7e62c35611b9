/* SPDX-License-Identifier: Apache-2.0 */
/* What answers for an address without being one, and the removal of both. */
#include <errno.h>

#include "kern/kern_state.h"
#include "kern/remove.h"

void vg_kern_on_route(void *ctx, const struct vg_rt_msg *msg)
{
	struct vg_kern *kern = ctx;

	if (kern->answers)
		vg_answers_route(kern->answers, msg);
}

void vg_kern_on_overrun(void *ctx)
{
	struct vg_kern *kern = ctx;

	if (kern->attached)
		vg_answers_look(kern->answers, true);
}

int vg_kern_remove(struct vg_kern *kern, const struct vg_fact *fact, struct vg_error *ret_why)
{
	struct vg_stats *stats = kern->maps.stats;
	int r;

	if (fact->as)
		r = vg_remove_answer(vg_sense_rtnl(kern->sense), fact, ret_why);
	else
		r = vg_remove_bind(vg_sense_rtnl(kern->sense), fact, vg_bounds_names_peer(vg_sense_bounds(kern->sense), fact->ifindex, &fact->addr),
				   ret_why);
	if (fact->as && (r == 0 || r == -ENOENT))
		vg_answers_removed(kern->answers, fact);
	if (r == 0)
		vg_stats_add(&stats->bind_removed, 1);
	else if (r == -EBUSY)
		vg_stats_add(&stats->bind_remove_refused, 1);
	else if (r != -ENOENT)
		vg_stats_add(&stats->bind_remove_failed, 1);
	return r;
}
