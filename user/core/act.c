/* SPDX-License-Identifier: Apache-2.0 */
#include "core/act.h"

static enum vg_action on_bind(const struct vg_stance *stance, const struct vg_fact *fact)
{
	/* a membership is its socket's, and ends with it */
	bool removable = stance->remove && fact->as != VG_HOW_ANYCAST;

	if (stance->mode == VG_ENFORCE && !stance->suspended)
		return removable ? VG_ACTION_REMOVED : VG_ACTION_LOGGED;
	if (stance->deny && fact->deniable)
		return VG_ACTION_WOULD_DENY;
	return removable ? VG_ACTION_WOULD_REMOVE : VG_ACTION_LOGGED;
}

/* In enforce mode a frame that passed was judged by the kernel before the snapshot changed. */
static enum vg_action on_announce(const struct vg_stance *stance)
{
	if ((stance->mode == VG_ENFORCE && !stance->suspended) || !stance->drop)
		return VG_ACTION_LOGGED;
	return VG_ACTION_WOULD_DROP;
}

enum vg_action vg_act_on(const struct vg_stance *stance, const struct vg_fact *fact, const struct vg_judgement *judgement)
{
	if (fact->refused)
		return fact->kind == VG_FACT_ANNOUNCE ? VG_ACTION_DROPPED : VG_ACTION_DENIED;
	if (fact->past)
		return VG_ACTION_NONE;
	if (judgement->verdict == VG_UNKNOWN)
		return VG_ACTION_LOGGED;
	if (judgement->verdict != VG_VIOLATION || fact->kind == VG_FACT_UNBIND)
		return VG_ACTION_NONE;
	if (stance->held)
		return VG_ACTION_LOGGED;
	return fact->kind == VG_FACT_ANNOUNCE ? on_announce(stance) : on_bind(stance, fact);
}
