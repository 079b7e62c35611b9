/* SPDX-License-Identifier: Apache-2.0 */
/* The breaker at work: each look at what is bound goes through it, and what it holds goes into the kernel before the new picture does. */
#include <errno.h>

#include "app/guard_state.h"
#include "base/log.h"
#include "base/time.h"
#include "core/dummies.h"
#include "kern/bound.h"
#include "report/json.h"

#define EXAMPLES_MAX 10 /* addresses in the event */
#define LIST_MAX 256 /* in status */

/* ---- said */

struct list {
	json_t *json;
	size_t max;
};

static void list_address(void *ctx, const struct vg_addr *addr)
{
	const struct list *list = ctx;
	char text[VG_TEXT_MAX];

	vg_addr_to_str(addr, text);
	if (json_array_size(list->json) < list->max)
		json_array_append_new(list->json, json_string(text));
}

static json_t *addresses_to_json(const struct vg_guard *guard, size_t max, size_t *ret_n)
{
	struct list list = { .json = json_array(), .max = max };

	*ret_n = vg_breaker_for_each(guard->breaker, list_address, &list);
	return list.json;
}

json_t *vg_guard_breaker_to_json(const struct vg_guard *guard)
{
	json_t *json = json_object(), *addresses;
	size_t n;

	addresses = addresses_to_json(guard, LIST_MAX, &n);
	if (guard->options->breaker != VG_BREAKER_OFF)
		vg_json_set(json, "limit", json_integer(guard->options->breaker));
	vg_json_set(json, "held", json_integer((json_int_t)n));
	if (n > 0)
		vg_json_set(json, "addresses", addresses);
	else
		json_decref(addresses);
	return json;
}

static void say_tripped(struct vg_guard *guard, const char *why)
{
	size_t n;
	json_t *examples = addresses_to_json(guard, EXAMPLES_MAX, &n);

	guard->breaker_said = true;
	vg_reporter_event(guard->reporter, "degraded",
			  json_pack("{s:s, s:I, s:o, s:s, s:s, s:s}", "what", "breaker", "count", (json_int_t)n, "addresses", examples, "why", why,
				    "loss", "these addresses are left alone", "cure", "look whether the source is right, then vipguard resume"));
}

static void say_if_over(struct vg_guard *guard, const char *why)
{
	if (!guard->breaker_said || vg_breaker_is_tripped(guard->breaker))
		return;
	guard->breaker_said = false;
	vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s, s:s}", "what", "breaker", "why", why));
}

/* ---- into the kernel */

static void hold_in_kernel(void *ctx, const struct vg_addr *addr)
{
	struct vg_guard *guard = ctx;
	int r = vg_kern_hold(guard->kern, addr);

	if (r == 0 || guard->look_failed)
		return;
	guard->look_failed = true;
	vg_log_errno(r, "cannot write what the breaker holds to vg_held");
}

static void let_go_in_kernel(void *ctx, const struct vg_addr *addr)
{
	struct vg_guard *guard = ctx;

	/* it may be held on another link */
	if (!vg_breaker_holds_address(guard->breaker, addr))
		vg_kern_let_go(guard->kern, addr);
}

/* ---- start */

static int inherit(void *ctx, const struct vg_addr *addr)
{
	struct vg_guard *guard = ctx;

	return vg_breaker_inherit(guard->breaker, addr);
}

int vg_guard_breaker_start(struct vg_guard *guard)
{
	int r = vg_breaker_new(guard->options->breaker, &guard->breaker);

	/* with the breaker off nothing is held, whatever was */
	if (r == 0)
		r = vg_kern_for_each_held(guard->kern, inherit, guard);
	if (r == 0 && guard->options->breaker == VG_BREAKER_OFF)
		vg_breaker_end_inheritance(guard->breaker);
	return r;
}

static int let_go_unheld(void *ctx, const struct vg_addr *addr)
{
	let_go_in_kernel(ctx, addr);
	return 0;
}

void vg_guard_breaker_dumped(struct vg_guard *guard)
{
	vg_breaker_end_inheritance(guard->breaker);
	(void)vg_kern_for_each_held(guard->kern, let_go_unheld, guard);
	if (vg_breaker_is_tripped(guard->breaker))
		say_tripped(guard, "a guard before this one held them");
}

/* ---- a look */

static void weigh(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	struct vg_guard *guard = ctx;
	const struct vg_bind_key key = vg_bind_key_of(fact);
	struct vg_answer answer = vg_judge(guard->snapshot, &fact->addr, vg_fact_link(fact), &guard->look);

	(void)said;
	vg_breaker_weigh(guard->breaker, &key, &answer.bind);
}

void vg_guard_look_begin(struct vg_guard *guard)
{
	char why[128];
	bool more;

	vg_guard_look_at(guard, vg_time_boot_ns());
	if (!guard->breaker)
		return;
	vg_kern_for_each_bind(guard->kern, weigh, guard);
	more = vg_breaker_decide(guard->breaker, guard->look_ns);
	if (!more)
		return;
	guard->look_failed = false;
	vg_breaker_take_held(guard->breaker, hold_in_kernel, guard);
	snprintf(why, sizeof(why), "%zu addresses bound here became violations at once: more likely the source is wrong than this node",
		 vg_breaker_flips(guard->breaker));
	if (!guard->breaker_said)
		say_tripped(guard, why);
}

void vg_guard_look_end(struct vg_guard *guard, bool all)
{
	vg_guard_rejudge(guard, all);
	guard->look_ns = 0;
	if (guard->api)
		vg_api_changed(guard->api);
	if (!guard->breaker)
		return;
	vg_breaker_take_released(guard->breaker, let_go_in_kernel, guard);
	say_if_over(guard, "none of them is a violation any more");
}

/* ---- one bind */

/* An announcement speaks for the address wherever it is bound. */
bool vg_guard_is_held(const struct vg_guard *guard, const struct vg_fact *fact)
{
	const struct vg_bind_key key = vg_bind_key_of(fact);

	if (fact->kind == VG_FACT_ANNOUNCE)
		return vg_breaker_holds_address(guard->breaker, &fact->addr);
	return vg_breaker_holds(guard->breaker, &key);
}

/* By a name that no object takes back: it never turns, and IPVS has as many of them as there are VIPs. */
static bool never_turns(const struct vg_fact *fact)
{
	const char *link = vg_fact_link(fact);

	return link && vg_link_is_service_dummy(link);
}

void vg_guard_breaker_note(struct vg_guard *guard, const struct vg_fact *fact, const struct vg_judgement *judgement)
{
	const struct vg_bind_key key = vg_bind_key_of(fact);
	bool held = vg_breaker_holds(guard->breaker, &key);

	if (!held && never_turns(fact))
		return;
	/* beyond its limit, which is that of vg_binds, a bind is acted on as if there were no breaker; lost_binds counts it */
	(void)vg_breaker_note(guard->breaker, &key, judgement, fact->how != VG_HOW_PREEXISTING);
	if (held && !vg_breaker_holds(guard->breaker, &key)) {
		let_go_in_kernel(guard, &fact->addr);
		say_if_over(guard, "they were bound anew");
	}
}

void vg_guard_breaker_forget(struct vg_guard *guard, const struct vg_fact *fact)
{
	const struct vg_bind_key key = vg_bind_key_of(fact);
	bool held = vg_breaker_holds(guard->breaker, &key);

	vg_breaker_forget(guard->breaker, &key);
	if (!held)
		return;
	let_go_in_kernel(guard, &fact->addr);
	say_if_over(guard, "they are gone");
}

size_t vg_guard_breaker_resume(struct vg_guard *guard)
{
	size_t held = vg_breaker_for_each(guard->breaker, NULL, NULL);

	vg_breaker_resume(guard->breaker);
	vg_breaker_take_released(guard->breaker, let_go_in_kernel, guard);
	say_if_over(guard, "resume");
	return held;
}
