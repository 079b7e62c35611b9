/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The composition root. Order of the start: source -> features, maps -> own addresses -> maps filled -> hooks attached ->
 * what is bound already -> ready. So nothing is attached before it is known what is right, and nothing is missed in between:
 * an address bound before the hooks is found by the dump, one bound after is seen by the hooks.
 */
#include "app/guard.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "app/guard_state.h"
#include "base/log.h"
#include "base/time.h"
#include "core/announced.h"
#include "core/verdict.h"

int vg_guard_log_error(int exit_status, const struct vg_error *error)
{
	vg_log(VG_LOG_ERROR, "%s", error->text);
	return exit_status;
}

/* ---- what the kernel says */

static void on_lost(void *ctx, const char *cause, uint64_t n)
{
	struct vg_guard *guard = ctx;

	vg_reporter_event(guard->reporter, "lost", json_pack("{s:s, s:I}", "what", cause, "count", (json_int_t)n));
}

static void say_degraded(struct vg_guard *guard, enum vg_feature feature, const char *why)
{
	vg_reporter_event(guard->reporter, "degraded",
			  json_pack("{s:s, s:s, s:s, s:s}", "what", vg_feature_to_str(feature), "why", why, "loss", vg_feature_loss(feature), "cure",
				    vg_feature_cure(feature)));
}

static void on_feature_changed(void *ctx, enum vg_feature feature, bool ok, const char *why)
{
	struct vg_guard *guard = ctx;

	if (ok)
		vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s}", "what", vg_feature_to_str(feature)));
	else
		say_degraded(guard, feature, why);
}

static void on_log_lost(void *ctx, uint64_t n)
{
	struct vg_guard *guard = ctx;

	if (guard->kern)
		vg_kern_count_lost_log(guard->kern, n);
}

static void on_line(void *ctx, const char *json_line)
{
	struct vg_guard *guard = ctx;

	if (guard->api)
		vg_api_publish(guard->api, json_line);
}

/* ---- orders from outside */

int vg_guard_set_mode(struct vg_guard *guard, enum vg_mode mode)
{
	if (vg_kern_mode(guard->kern) == mode)
		return 0;
	vg_kern_set_mode(guard->kern, mode);
	vg_reporter_event(guard->reporter, "mode", json_pack("{s:s}", "mode", vg_mode_to_str(mode)));
	/* what was only reported so far is now acted on, and the other way round nothing is left to say */
	if (mode == VG_ENFORCE) {
		vg_guard_look_begin(guard);
		vg_guard_look_end(guard, true);
	}
	vg_guard_notify_status(guard);
	return 0;
}

static void on_signal(void *ctx, int signo)
{
	struct vg_guard *guard = ctx;

	if (signo != SIGHUP) {
		vg_loop_quit(guard->loop, signo);
		return;
	}
	vg_guard_notify_reloading(guard);
	vg_guard_reload(guard);
	vg_guard_listen(guard);
	vg_guard_notify_ready(guard);
}

/* ---- start and stop */

static int start_reporter(struct vg_guard *guard)
{
	struct vg_reporter_config config = {
		.fd = STDOUT_FILENO,
		.format = guard->options->log_format,
		.node = guard->options->node,
		.period_ns = guard->options->period_ns,
		.watch = on_line,
		.watch_ctx = guard,
		.said = vg_guard_said,
		.said_ctx = guard,
		.lost = on_log_lost,
		.lost_ctx = guard,
	};

	return vg_reporter_new(guard->loop, &config, &guard->reporter);
}

static int start_kern(struct vg_guard *guard)
{
	const struct vg_config_options *options = guard->options;
	struct vg_kern_config config = {
		.pin_dir = options->pin_dir,
		.node = options->node,
		.mode = options->mode,
		.deny = options->deny,
		.drop = options->drop,
		.remove = options->remove,
		.heal = options->heal,
		.dead_man_ns = options->dead_man_ns,
		.alive_ns = vg_guard_notify_alive_ns(guard),
		.detach_on_exit = options->detach_on_exit,
		.interfaces = (const char *const *)options->interfaces.list,
		.n_interfaces = options->interfaces.n,
		.without = options->without,
	};
	struct vg_kern_sink sink = { .ctx = guard,
				     .fact = vg_guard_on_fact,
				     .bypass = vg_guard_on_bypass,
				     .frame = vg_guard_on_frame,
				     .lost = on_lost,
				     .changed = on_feature_changed,
				     .woke = vg_guard_woke,
				     .tick = vg_guard_notify_status,
				     .alive = vg_guard_notify_alive,
				     .neighbour = vg_guard_on_neighbour };
	struct vg_error error;
	int r;

	if (vg_kern_new(guard->loop, &config, &sink, &error, &guard->kern) < 0)
		return vg_guard_log_error(VG_GUARD_CANNOT_LOOK, &error);
	r = vg_guard_first_picture(guard);
	if (r < 0)
		return vg_log_errno(r, "cannot load what is known into the kernel"), VG_GUARD_CANNOT_LOOK;
	r = vg_guard_breaker_start(guard);
	if (r == 0)
		r = vg_guard_pause_start(guard);
	if (r == 0)
		r = vg_guard_heal_start(guard);
	if (r < 0)
		return vg_log_errno(r, "cannot start"), VG_GUARD_CANNOT_LOOK;
	return 0;
}

static int start_api(struct vg_guard *guard)
{
	struct vg_api_ops ops = vg_guard_api_ops(guard);
	struct vg_error error;

	if (vg_api_new(guard->loop, guard->options->socket, &ops, &error, &guard->api) < 0)
		return vg_guard_log_error(VG_GUARD_CANNOT_LOOK, &error);
	return 0;
}

static void say_started(struct vg_guard *guard)
{
	const struct vg_features *features = vg_kern_features(guard->kern);

	vg_reporter_event(guard->reporter, "started",
			  json_pack("{s:s, s:s, s:I, s:o}", "node", guard->options->node, "mode", vg_mode_to_str(vg_kern_mode(guard->kern)), "netns",
				    (json_int_t)vg_kern_netns(guard->kern), "hooks", vg_guard_features_to_json(features)));
	for (int i = 0; i < VG_FEATURE_MAX; i++)
		if (features->of[i].tried && !features->of[i].ok)
			say_degraded(guard, i, features->of[i].why);
}

struct wanted {
	const char *name;
	bool found;
};

static void match_link(void *ctx, const char *ifname, const char *how)
{
	struct wanted *wanted = ctx;

	(void)how;
	wanted->found |= strcmp(wanted->name, ifname) == 0;
}

/* A name mistyped in --interface must not pass for a link that is guarded. One that appears later is guarded from then on. */
static void say_missing_links(struct vg_guard *guard)
{
	for (size_t i = 0; i < guard->options->interfaces.n; i++) {
		struct wanted wanted = { .name = guard->options->interfaces.list[i] };

		vg_kern_for_each_guarded(guard->kern, match_link, &wanted);
		if (!wanted.found)
			vg_reporter_event(guard->reporter, "degraded",
					  json_pack("{s:s, s:s, s:s}", "what", "interface", "interface", wanted.name, "why",
						    "there is no such link, or its frames cannot be judged"));
	}
}

static int attach(struct vg_guard *guard)
{
	struct vg_error error;
	int r;

	if (vg_kern_attach(guard->kern, &error) < 0)
		return vg_guard_log_error(VG_GUARD_CANNOT_LOOK, &error);
	say_started(guard);
	say_missing_links(guard);
	vg_guard_listen(guard);
	vg_guard_pause_say_kept(guard);
	r = vg_kern_dump(guard->kern);
	if (r < 0)
		return vg_log_errno(r, "cannot list what is bound"), VG_GUARD_CANNOT_LOOK;
	vg_guard_breaker_dumped(guard);
	guard->attached = true;
	vg_guard_say_ready(guard);
	vg_guard_notify_ready(guard);
	return 0;
}

static int start_loop(struct vg_guard *guard)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	int r = vg_loop_new(&guard->loop);

	if (r >= 0)
		r = vg_signals_new(guard->loop, signals, on_signal, guard, &guard->signals);
	if (r >= 0)
		r = start_reporter(guard);
	if (r >= 0)
		r = vg_guard_evidence_start(guard);
	if (r >= 0)
		r = vg_guard_notify_start(guard);
	if (r >= 0)
		r = vg_announced_new(&guard->announced);
	if (r < 0)
		vg_log_errno(r, "cannot start");
	return r < 0 ? VG_GUARD_CANNOT_LOOK : 0;
}

static void stop(struct vg_guard *guard)
{
	vg_guard_notify_stopping(guard);
	if (guard->kern)
		vg_kern_drain(guard->kern);
	vg_reporter_event(guard->reporter, "stopping", NULL);
}

/* Frees in the reverse order of building; the reporter flushes what it has folded. */
static void guard_deinit(struct vg_guard *guard)
{
	vg_guard_metrics_deinit(guard);
	vg_guard_source_deinit(guard);
	vg_reporter_free(guard->reporter);
	vg_api_free(guard->api);
	vg_kern_free(guard->kern);
	vg_guard_picture_deinit(guard);
	vg_recent_free(guard->frames);
	vg_announced_free(guard->announced);
	free(guard->vips_text);
	vg_breaker_free(guard->breaker);
	vg_timer_free(guard->pause);
	vg_guard_heal_deinit(guard);
	vg_guard_forget_described(guard);
	vg_notify_free(guard->notify);
	vg_signals_free(guard->signals);
	vg_loop_free(guard->loop);
}

int vg_guard_run(const struct vg_config_options *options)
{
	VG_CLEANUP(guard_deinit) struct vg_guard guard = { .options = options };
	static int (*const steps[])(struct vg_guard *) = { start_loop, vg_guard_start_source, start_kern, start_api, attach };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int status = steps[i](&guard);

		if (status)
			return status;
	}
	if (vg_loop_run(guard.loop) < 0)
		return VG_GUARD_CANNOT_LOOK;
	stop(&guard);
	return VG_GUARD_FINE;
}
