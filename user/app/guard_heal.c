/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving back what was taken. Removing alone cures no client: TCP confirms its neighbour entry for as long as the wrong node answers, and
 * the rightful one announced before. So neighbours are told, and before each round it is asked anew whether that is still right.
 *
 * Neighbours have it wrong where frames left: when an address is removed that was there before anything was dropped (found at the start, let
 * be in audit, in a pause or an outage), and when announcements were seen to pass. Where frames are dropped as soon as there is a bind, they know of none.
 */
#include <errno.h>
#include <string.h>

#include "app/guard_state.h"
#include "base/log.h"
#include "base/time.h"
#include "core/heal_holder.h"
#include "core/verdict.h"
#include "report/json.h"

#define SEGMENTS_MAX 16 /* of an address that was bound on none */

static bool may_heal(const struct vg_guard *guard)
{
	return guard->options->heal && vg_kern_mode(guard->kern) == VG_ENFORCE && !vg_kern_paused_until(guard->kern);
}

/* Whom it belongs to by now; NULL: that is not certain. */
static const char *find_holder(const struct vg_guard *guard, const struct vg_addr *addr, struct vg_answer *ret_answer)
{
	if (!may_heal(guard) || vg_guard_keeps_earlier(guard) || vg_breaker_holds_address(guard->breaker, addr))
		return NULL;
	*ret_answer = vg_guard_judge(guard, addr, NULL);
	return vg_heal_holder(ret_answer);
}

static void arm(const struct vg_guard *guard)
{
	uint64_t next_ns = vg_heal_next_ns(guard->heal);

	if (next_ns)
		vg_timer_arm(guard->heal_timer, next_ns);
	else
		vg_timer_disarm(guard->heal_timer);
}

/* ---- what is said */

static void say(const struct vg_guard *guard, const struct vg_heal_key *key, const struct vg_assignment *assignment, const uint8_t *mac,
		const char *why)
{
	enum vg_action action = mac ? VG_ACTION_HEALED : VG_ACTION_NONE;
	char text[VG_TEXT_MAX], mac_text[18], link[VG_IFNAME_MAX];
	json_t *details;

	vg_addr_to_str(&key->addr, text);
	vg_kern_link_name(guard->kern, key->ifindex, link);
	details = json_pack("{s:s, s:s}", "action", vg_action_to_str(action), "address", text);
	vg_json_set_text(details, "interface", link);
	vg_json_set_number(details, "ifindex", key->ifindex);
	if (mac) {
		snprintf(mac_text, sizeof(mac_text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
		vg_json_set_text(details, "mac", mac_text);
	}
	vg_json_set_text(details, "service", assignment->service);
	vg_json_set_text(details, "owner", assignment->owner);
	vg_json_set(details, "assigned_nodes", vg_json_texts(assignment->nodes, assignment->n_nodes));
	vg_json_set_text(details, "source", assignment->source);
	vg_json_set_text(details, "why", why);
	vg_reporter_event(guard->reporter, "heal", details);
}

/* ---- one turn */

static void end(const struct vg_guard *guard, const struct vg_heal_key *key)
{
	vg_heal_end(guard->heal, key, vg_time_boot_ns());
	if (!vg_heal_is_busy(guard->heal, &key->addr))
		vg_kern_told(guard->kern, &key->addr);
}

static void fail(const struct vg_guard *guard, const struct vg_heal_key *key, const struct vg_assignment *assignment, const char *why)
{
	say(guard, key, assignment, NULL, why);
	vg_kern_count_heal(guard->kern, 1, 0, 0);
	end(guard, key);
}

static void was_told(const struct vg_guard *guard, const struct vg_heal_turn *turn, const struct vg_assignment *assignment, const uint8_t *mac)
{
	if (turn->round == 0)
		say(guard, &turn->key, assignment, mac, NULL);
	if (vg_heal_told(guard->heal, &turn->key, vg_time_boot_ns()) && !vg_heal_is_busy(guard->heal, &turn->key.addr))
		vg_kern_told(guard->kern, &turn->key.addr);
}

static void tell(const struct vg_guard *guard, const struct vg_heal_turn *turn, const struct vg_assignment *assignment, const struct vg_addr *nodes,
		 size_t n)
{
	struct vg_kern_news news = { .addr = turn->key.addr, .ifindex = turn->key.ifindex, .nodes = nodes, .n_nodes = n };
	struct vg_addr asked = { { 0 } };
	struct vg_error why = { "" };
	uint8_t mac[6];
	int r = vg_kern_tell(guard->kern, &news, mac, &asked, &why);

	if (r == 0)
		was_told(guard, turn, assignment, mac);
	else if (r == -EAGAIN && !turn->overdue)
		vg_heal_wait(guard->heal, &turn->key, &asked, vg_time_boot_ns());
	else
		fail(guard, &turn->key, assignment, why.text);
}

static void take_turn(const struct vg_guard *guard, const struct vg_heal_turn *turn)
{
	struct vg_addr nodes[VG_HEAL_ADDRS_MAX];
	struct vg_answer answer;
	const char *holder = find_holder(guard, &turn->key.addr, &answer);
	char why[VG_NODE_MAX + 64];
	size_t n;

	if (!holder) { /* not certain any more: somebody else's now, perhaps this node's */
		end(guard, &turn->key);
		return;
	}
	n = vg_heal_addresses(guard->snapshot, guard->complete ? guard->cluster : NULL, holder, &turn->key.addr, nodes);
	if (n > 0) {
		tell(guard, turn, answer.assignment, nodes, n);
		return;
	}
	snprintf(why, sizeof(why), "no address of node %s is known", holder);
	fail(guard, &turn->key, answer.assignment, why);
}

static void count_delays(struct vg_guard *guard)
{
	uint64_t delays = vg_heal_delays(guard->heal);

	if (delays == guard->heal_delays)
		return;
	if (!guard->heal_delays)
		vg_log(VG_LOG_WARNING, "more addresses to give back than %d a second: some wait for their turn", VG_HEAL_TURNS_MAX);
	vg_kern_count_heal(guard->kern, 0, delays - guard->heal_delays, 0);
	guard->heal_delays = delays;
}

static void on_due(void *ctx)
{
	struct vg_guard *guard = ctx;
	struct vg_heal_turn turn;

	vg_kern_busy(guard->kern);
	while (vg_heal_take(guard->heal, vg_time_boot_ns(), &turn))
		take_turn(guard, &turn);
	count_delays(guard);
	if (!vg_heal_is_waiting(guard->heal))
		vg_kern_stop_asking(guard->kern);
	arm(guard);
}

void vg_guard_on_neighbour(void *ctx, const struct vg_addr *addr, uint32_t ifindex)
{
	struct vg_guard *guard = ctx;

	vg_heal_wake(guard->heal, addr, ifindex, vg_time_boot_ns());
	arm(guard);
}

/* ---- what there is to do */

static void want_on(struct vg_guard *guard, const struct vg_addr *addr, uint32_t ifindex)
{
	const struct vg_heal_key key = { .addr = *addr, .ifindex = ifindex };

	if (vg_heal_want(guard->heal, &key, vg_time_boot_ns()) < 0)
		vg_kern_count_heal(guard->kern, 0, 0, 1);
}

static void want(struct vg_guard *guard, const struct vg_addr *addr, uint32_t ifindex)
{
	uint32_t segments[SEGMENTS_MAX];
	size_t n = vg_kern_segments(guard->kern, ifindex, segments, SEGMENTS_MAX);

	for (size_t i = 0; i < n; i++)
		want_on(guard, addr, segments[i]);
	arm(guard);
}

void vg_guard_heal_removed(struct vg_guard *guard, const struct vg_fact *fact)
{
	struct vg_answer answer;

	/* seen as it was bound, and nothing that says so could leave */
	if (fact->how != VG_HOW_PREEXISTING && vg_kern_drops_on(guard->kern, fact->ifindex))
		return;
	if (find_holder(guard, &fact->addr, &answer))
		want(guard, &fact->addr, fact->ifindex);
}

/* What is let pass because of a doubt that may be cleared later. */
static bool may_turn_out_wrong(const struct vg_judgement *judgement)
{
	return judgement->verdict == VG_VIOLATION || judgement->reason == VG_STALE_SOURCE || judgement->reason == VG_IN_TRANSITION;
}

void vg_guard_heal_passed(struct vg_guard *guard, const struct vg_fact *fact, const struct vg_judgement *judgement)
{
	const struct vg_heal_key key = { .addr = fact->addr, .ifindex = fact->ifindex };

	/* past the filters it goes on whatever is told: no tug of war */
	if (!guard->options->heal || fact->past || !may_turn_out_wrong(judgement))
		return;
	if (vg_heal_suspect(guard->heal, &key, vg_time_boot_ns()) < 0)
		vg_kern_count_heal(guard->kern, 0, 0, 1);
}

struct look {
	struct vg_guard *guard;
	struct vg_heal_key ready[VG_HEAL_MAX];
	size_t n;
};

/* Only where they do not go on announcing it. */
static bool look_at_suspect(void *ctx, const struct vg_heal_key *key)
{
	struct look *look = ctx;
	struct vg_answer answer = vg_guard_judge(look->guard, &key->addr, NULL);

	if (!may_turn_out_wrong(&answer.announce))
		return true;
	if (!vg_kern_drops_on(look->guard->kern, key->ifindex) || !find_holder(look->guard, &key->addr, &answer))
		return false;
	look->ready[look->n++] = *key;
	return true;
}

/* Taken out first, since the segment of a port is another entry. */
void vg_guard_heal_look(struct vg_guard *guard)
{
	_cleanup_free_ struct look *look = NULL;

	if (!guard->heal || !may_heal(guard) || !vg_heal_has_suspects(guard->heal))
		return;
	look = calloc(1, sizeof(*look));
	if (!look)
		return;
	look->guard = guard;
	vg_heal_sift(guard->heal, look_at_suspect, look);
	for (size_t i = 0; i < look->n; i++)
		want(guard, &look->ready[i].addr, look->ready[i].ifindex);
}

int vg_guard_heal_start(struct vg_guard *guard)
{
	int r = vg_heal_new(&guard->heal);

	return r < 0 ? r : vg_timer_new(guard->loop, on_due, guard, &guard->heal_timer);
}

void vg_guard_heal_deinit(struct vg_guard *guard)
{
	vg_timer_free(guard->heal_timer);
	vg_heal_free(guard->heal);
}
