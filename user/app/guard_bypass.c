/* SPDX-License-Identifier: Apache-2.0 */
/* Roads past the judging of frames that somebody opened, or would have: said once in a period each, by process and link. */
#include <string.h>

#include "app/guard_state.h"
#include "base/time.h"
#include "core/verdict.h"
#include "report/json.h"

static bool is_same(const struct vg_bypass_fact *a, const struct vg_bypass_fact *b)
{
	return a->road == b->road && a->refused == b->refused && a->deniable == b->deniable && a->ifindex == b->ifindex && a->program == b->program &&
	       a->who.pid == b->who.pid && a->who.start_ns == b->who.start_ns;
}

static bool was_said(struct vg_guard *guard, const struct vg_bypass_fact *fact)
{
	struct vg_bypass_said *said = guard->bypass_said;
	uint64_t now_ns = vg_time_boot_ns();

	for (size_t i = 0; i < VG_BYPASS_SAID_MAX; i++) {
		if (now_ns < said[i].until_ns && is_same(&said[i].fact, fact))
			return true;
	}
	said[guard->next_bypass_said] = (struct vg_bypass_said){ .fact = *fact, .until_ns = now_ns + guard->options->period_ns };
	guard->next_bypass_said = (guard->next_bypass_said + 1) % VG_BYPASS_SAID_MAX;
	return false;
}

static const char *why_of(const struct vg_bypass_fact *fact)
{
	static const char *const whys[] = {
		[VG_ROAD_QDISC_BYPASS] = "the option was taken without effect: the frames are judged like any other",
		[VG_ROAD_AF_XDP] = "what this socket sends passes no filter",
		[VG_ROAD_XDP] = "frames that this program sends back or redirects pass no filter of this link",
	};

	return fact->road == VG_ROAD_QDISC_BYPASS && !fact->refused ? "frames of this socket pass no filter" : whys[fact->road];
}

static const char *action_of(const struct vg_bypass_fact *fact)
{
	if (fact->refused)
		return vg_action_to_str(VG_ACTION_DENIED);
	return vg_action_to_str(fact->deniable ? VG_ACTION_WOULD_DENY : VG_ACTION_NONE);
}

void vg_guard_on_bypass(void *ctx, const struct vg_bypass_fact *fact)
{
	struct vg_guard *guard = ctx;
	char comm[VG_COMM_MAX + 1] = "";
	json_t *details;

	if (was_said(guard, fact))
		return;
	details = json_pack("{s:s, s:s}", "how", vg_road_to_str(fact->road), "action", action_of(fact));
	vg_json_set_text(details, "interface", fact->ifname);
	vg_json_set_number(details, "ifindex", fact->ifindex);
	vg_json_set_number(details, "program", fact->program);
	vg_json_set_number(details, "pid", fact->who.pid);
	memcpy(comm, fact->who.comm, VG_COMM_MAX);
	if (fact->who.pid)
		vg_json_set_text(details, "comm", comm);
	vg_json_set_text(details, "why", why_of(fact));
	vg_reporter_event(guard->reporter, "bypass", details);
}
