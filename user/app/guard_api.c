/* SPDX-License-Identifier: Apache-2.0 */
/* What a running guard answers on its local API. */
#include <errno.h>
#include <string.h>

#include "app/guard_screen.h"
#include "app/guard_state.h"
#include "base/time.h"
#include "core/verdict.h"
#include "report/explain.h"
#include "report/inventory.h"
#include "report/json.h"

json_t *vg_guard_features_to_json(const struct vg_features *features)
{
	json_t *hooks = json_object();

	for (int i = 0; i < VG_FEATURE_MAX; i++) {
		const struct vg_capability *capability = &features->of[i];
		json_t *hook = json_pack("{s:b}", "ok", capability->ok);

		if (!capability->ok && capability->tried)
			json_object_set_new(hook, "why", json_string(capability->why));
		if (!capability->tried)
			json_object_set_new(hook, "needed", json_false());
		json_object_set_new(hooks, vg_feature_to_str(i), hook);
	}
	return hooks;
}

struct counter {
	const char *name;
	size_t offset;
};

#define COUNTER(field) \
	{ \
#field, offsetof(struct vg_stats, field) \
	}
static const struct counter counters[] = {
	COUNTER(bind_seen),	     COUNTER(bind_denied),	   COUNTER(bind_would_deny),
	COUNTER(bind_removed),	     COUNTER(bind_remove_refused), COUNTER(bind_remove_failed),
	COUNTER(announce_seen),	     COUNTER(announce_judged),	   COUNTER(announce_dropped),
	COUNTER(deny_unparsed),	     COUNTER(frame_unparsed),	   COUNTER(lost_ring_bind),
	COUNTER(lost_ring_announce), COUNTER(lost_seen),	   COUNTER(lost_calls),
	COUNTER(lost_netlink),	     COUNTER(lost_binds),	   COUNTER(lost_log),
	COUNTER(announce_forwarded), COUNTER(displaced),	   COUNTER(inactive),
	COUNTER(bypass_swallowed),   COUNTER(announce_past),	   COUNTER(past_unparsed),
	COUNTER(announce_true),	     COUNTER(heal_told),	   COUNTER(heal_failed),
	COUNTER(heal_delayed),	     COUNTER(lost_heal),
};
_Static_assert(ARRAY_SIZE(counters) == sizeof(struct vg_stats) / sizeof(__u64), "every counter is shown");

static json_t *counters_to_json(const struct vg_kern *kern)
{
	json_t *object = json_object();
	struct vg_stats stats;

	vg_kern_stats(kern, &stats);
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		__u64 value;

		memcpy(&value, (const char *)&stats + counters[i].offset, sizeof(value));
		json_object_set_new(object, counters[i].name, json_integer((json_int_t)value));
	}
	return object;
}

static void add_guarded(void *ctx, const char *ifname, const char *how)
{
	json_array_append_new(ctx, json_pack("{s:o, s:s}", "name", vg_json_text(ifname), "by", how));
}

/* What holds the guard back at the moment. */
static void add_restraints(const struct vg_guard *guard, json_t *status)
{
	json_t *paused = vg_guard_pause_to_json(guard);

	if (paused)
		json_object_set_new(status, "paused", paused);
	vg_json_set(status, "breaker", vg_guard_breaker_to_json(guard));
	if (guard->publisher)
		vg_json_set(status, "events", vg_guard_events_to_json(guard));
}

static json_t *answer_status(void *ctx, struct vg_error *ret_error)
{
	const struct vg_guard *guard = ctx;
	const struct vg_config_options *options = guard->options;
	json_t *links = json_array(), *status;

	vg_kern_for_each_guarded(guard->kern, add_guarded, links);
	status = json_pack("{s:s, s:s, s:{s:b, s:b, s:b, s:b}, s:I, s:o, s:o, s:o, s:f, s:i, s:o}", "node", options->node, "mode",
			   vg_mode_to_str(vg_kern_mode(guard->kern)), "act", "deny", options->deny, "drop", options->drop, "remove", options->remove,
			   "heal", options->heal, "netns", (json_int_t)vg_kern_netns(guard->kern), "hooks",
			   vg_guard_features_to_json(vg_kern_features(guard->kern)), "links", links, "source", vg_guard_source_to_json(guard),
			   "dead_man_seconds", (double)options->dead_man_ns / (double)VG_NS_PER_SEC, "watchers", vg_api_watchers(guard->api),
			   "counters", counters_to_json(guard->kern));
	if (!status)
		vg_error_set(ret_error, -ENOMEM, "out of memory");
	else
		add_restraints(guard, status);
	if (status)
		(void)vg_guard_add_vips(guard, status);
	return status;
}

struct vg_ground vg_guard_ground(const struct vg_guard *guard, struct vg_assess_config *config)
{
	*config = vg_guard_assess_config(guard);
	/* what was never listed as a whole is no evidence */
	return (struct vg_ground){
		.snapshot = guard->snapshot, .cluster = guard->complete ? guard->cluster : NULL, .config = config, .now = vg_guard_moment()
	};
}

struct check {
	struct vg_guard *guard;
	const struct vg_ground *ground;
	json_t *json;
	int r;
};

static void check_bind(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	struct check *check = ctx;
	struct vg_answer answer = vg_guard_judge(check->guard, &fact->addr, vg_fact_link(fact));
	struct vg_link_addr bound = {
		.addr = fact->addr, .peer = fact->addr, .prefix = fact->prefix, .ifindex = fact->ifindex, .flags = fact->ifa_flags
	};
	struct vg_binder binder = { .who = fact->who, .doer = vg_guard_doer(check->guard, &fact->who) };
	int r;

	(void)said;
	r = vg_check_add(check->json, check->ground, &bound, fact->ifname, &answer, &binder);
	if (r < 0)
		check->r = r;
}

/* As much of it as an answer may hold: whoever wants all of a large cluster has a dump. */
static int check_inventory(const struct vg_guard *guard, const struct vg_ground *ground, json_t *check)
{
	struct vg_inventory_ground of = {
		.snapshot = ground->snapshot, .cluster = ground->cluster, .circumstances = vg_guard_circumstances(guard), .now = ground->now
	};
	VG_CLEANUP(vg_inventory_freep) struct vg_inventory *inventory = NULL;
	int r = ground->snapshot ? vg_inventory_new(&of, &inventory) : 0;

	return r == 0 && inventory ? vg_check_add_inventory(check, inventory, VG_INVENTORY_ANSWER_MAX) : r;
}

static json_t *answer_check(void *ctx, struct vg_error *ret_error)
{
	struct vg_guard *guard = ctx;
	struct vg_assess_config config;
	struct vg_ground ground = vg_guard_ground(guard, &config);
	struct check check = { .guard = guard, .ground = &ground, .json = vg_check_new(guard->options->node, vg_snapshot_source(guard->snapshot)) };

	if (check.json) {
		vg_kern_for_each_bind(guard->kern, check_bind, &check);
		check.r = check.r ?: check_inventory(guard, &ground, check.json);
	}
	if (!check.json || check.r < 0) {
		vg_error_set(ret_error, -ENOMEM, "out of memory");
		json_decref(check.json);
		return NULL;
	}
	return check.json;
}

static json_t *answer_explain(void *ctx, const char *address, const char *link, struct vg_error *ret_error)
{
	struct vg_guard *guard = ctx;
	struct vg_assess_config config;
	struct vg_ground ground = vg_guard_ground(guard, &config);
	struct vg_binder binder = { .who = { .pid = 0 } };
	struct vg_answer answer;
	struct vg_addr addr;
	json_t *json;

	if (vg_addr_parse(address, &addr) < 0) {
		vg_error_set(ret_error, -EINVAL, "\"%s\" is no IP address", address);
		return NULL;
	}
	answer = vg_guard_judge(guard, &addr, link);
	if (vg_kern_find_binder(guard->kern, &addr, &binder.who))
		binder.doer = vg_guard_doer(guard, &binder.who);
	json = vg_explain_to_json(&ground, &addr, link, &answer, &binder);
	if (!json)
		vg_error_set(ret_error, -ENOMEM, "out of memory");
	return json;
}

static json_t *answer_screen(void *ctx, struct vg_error *ret_error)
{
	json_t *screen = vg_guard_screen(ctx, false);

	if (!screen)
		vg_error_set(ret_error, -ENOMEM, "out of memory");
	return screen;
}

static json_t *answer_set_mode(void *ctx, const char *text, struct vg_error *ret_error)
{
	enum vg_mode mode;

	if (vg_mode_from_str(text, &mode) < 0) {
		vg_error_set(ret_error, -EINVAL, "mode: \"%s\" is neither audit nor enforce", text);
		return NULL;
	}
	vg_guard_set_mode(ctx, mode);
	return json_pack("{s:s}", "mode", vg_mode_to_str(mode));
}

static void on_watch_lost(void *ctx, uint64_t n)
{
	const struct vg_guard *guard = ctx;

	vg_kern_count_lost_log(guard->kern, n);
}

struct vg_api_ops vg_guard_api_ops(struct vg_guard *guard)
{
	return (struct vg_api_ops){
		.ctx = guard,
		.status = answer_status,
		.check = answer_check,
		.explain = answer_explain,
		.doctor = vg_guard_doctor,
		.evidence = vg_guard_evidence,
		.screen = answer_screen,
		.set_mode = answer_set_mode,
		.pause = vg_guard_pause,
		.resume = vg_guard_resume,
		.lost = on_watch_lost,
		.probes = vg_guard_probe_ops(guard, true),
	};
}
