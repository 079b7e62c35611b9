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
#include <sys/prctl.h>

#include "app/guard_state.h"
#include "base/log.h"
#include "base/time.h"
#include "core/own.h"
#include "core/verdict.h"

enum { EXIT_FINE = 0, EXIT_CONFIGURATION = 2, EXIT_CANNOT_LOOK = 3 };

static int log_error(int exit_status, const struct vg_error *error)
{
	vg_log(VG_LOG_ERROR, "%s", error->text);
	return exit_status;
}

/* ---- the picture */

/*
 * An address that went is still the node's when it comes back (a DHCP client, a restart of the network), unless the new picture
 * names it by itself: then it became a VIP.
 */
static bool is_given_away(const struct vg_guard *guard, const struct vg_snapshot *snapshot, size_t own)
{
	const struct vg_assignment *assignment = vg_snapshot_find(snapshot, &guard->own[own].prefix.addr);

	return guard->own_gone[own] && assignment && vg_prefix_is_host(&assignment->prefix) && !assignment->ranged;
}

/* A picture with a protection missing must never be used: it could take away what is right. */
static int protect_configured(const struct vg_guard *guard, struct vg_snapshot *snapshot)
{
	int r = 0;

	for (size_t i = 0; i < guard->options->n_protect && r == 0; i++)
		r = vg_snapshot_protect(snapshot, &guard->options->protect[i], VG_PROTECT_LIST);
	for (size_t i = 0; i < guard->n_own && r == 0; i++)
		if (!is_given_away(guard, snapshot, i))
			r = vg_snapshot_protect(snapshot, &guard->own[i].prefix, VG_NODE_ADDRESS);
	return r;
}

struct found {
	struct vg_fact *facts; /* NULL: only counting */
	size_t n;
};

static void collect_found(void *ctx, const struct vg_fact *fact)
{
	struct found *found = ctx;

	if (found->facts)
		found->facts[found->n] = *fact;
	found->n++;
}

/* What is on the links before anything is judged: the node's own addresses, protected from then on. */
static int find_own(struct vg_guard *guard)
{
	struct found found = { .facts = NULL };
	_cleanup_free_ struct vg_fact *facts = NULL;
	char text[VG_TEXT_MAX];

	vg_kern_for_each_bind(guard->kern, collect_found, &found);
	facts = calloc(found.n + 1, sizeof(*facts));
	guard->own = calloc(found.n + 1, sizeof(*guard->own));
	guard->own_gone = calloc(found.n + 1, sizeof(*guard->own_gone));
	if (!facts || !guard->own || !guard->own_gone)
		return -ENOMEM;
	found = (struct found){ .facts = facts };
	vg_kern_for_each_bind(guard->kern, collect_found, &found);
	guard->n_own = vg_own_collect(guard->snapshot, facts, found.n, guard->own);
	for (size_t i = 0; i < guard->n_own; i++) {
		vg_prefix_to_str(&guard->own[i].prefix, text);
		if (guard->own[i].named)
			vg_log(VG_LOG_WARNING, "%s is assigned to other nodes, and is all that its link has: protected as this node's own", text);
	}
	return 0;
}

/* The timer of the next answer that changes by time alone. */
static void arm_grace(struct vg_guard *guard)
{
	struct vg_circumstances now = vg_guard_circumstances(guard);
	const struct vg_assignment *assignment;
	uint64_t next = 0;

	for (size_t i = 0; (assignment = vg_snapshot_assignment(guard->snapshot, i)); i++) {
		uint64_t at = vg_judge_assignment(guard->snapshot, assignment, &now).changes_ns;

		if (at && (!next || at < next))
			next = at;
	}
	if (next)
		vg_timer_arm(guard->grace, next);
	else
		vg_timer_disarm(guard->grace);
}

/* What does not fit, or cannot be written: the kernel then acts on less, and what is left is to remove after the fact. */
static void say_maps(struct vg_guard *guard, int r)
{
	if (r < 0)
		vg_reporter_event(guard->reporter, "degraded", json_pack("{s:s, s:s}", "what", "maps", "why", strerror(-r)));
	else if (guard->maps_failed)
		vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s}", "what", "maps"));
	guard->maps_failed = r < 0;
}

static int load_maps(struct vg_guard *guard)
{
	struct vg_circumstances now = vg_guard_circumstances(guard);
	int r = vg_kern_sync(guard->kern, guard->snapshot, &now);

	say_maps(guard, r);
	if (r < 0)
		return vg_log_errno(r, "cannot load the maps");
	guard->judged_ns = now.now_ns;
	arm_grace(guard);
	return 0;
}

static void say_synced(struct vg_guard *guard)
{
	vg_reporter_event(guard->reporter, "synced",
			  json_pack("{s:s, s:I}", "source", vg_snapshot_source(guard->snapshot), "assignments",
				    (json_int_t)vg_snapshot_size(guard->snapshot)));
}

static void on_grace_over(void *ctx)
{
	struct vg_guard *guard = ctx;
	uint64_t before_ns = guard->judged_ns;

	load_maps(guard);
	vg_guard_rejudge(guard, guard->snapshot, before_ns, false);
}

static void on_source_reading(void *ctx)
{
	struct vg_guard *guard = ctx;

	/* a big file takes its time */
	if (guard->kern)
		vg_kern_busy(guard->kern);
}

static void on_source_failed(void *ctx, const struct vg_error *error)
{
	struct vg_guard *guard = ctx;

	vg_log(VG_LOG_ERROR, "%s; the assignments before stay in force", error->text);
	guard->source_failed = true;
	vg_reporter_event(guard->reporter, "degraded", json_pack("{s:s, s:s}", "what", "source", "why", error->text));
}

static void on_source_changed(void *ctx, struct vg_snapshot *fresh)
{
	struct vg_guard *guard = ctx;
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = fresh;
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *before = NULL;
	struct vg_error error = { .text = "out of memory" };
	uint64_t before_ns = guard->judged_ns;

	if (protect_configured(guard, snapshot) < 0) {
		on_source_failed(guard, &error);
		return;
	}
	vg_snapshot_inherit(snapshot, guard->snapshot, vg_time_boot_ns());
	before = TAKE_PTR(guard->snapshot);
	guard->snapshot = TAKE_PTR(snapshot);
	guard->snapshot_ns = vg_time_boot_ns();
	load_maps(guard);
	if (guard->source_failed)
		vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s}", "what", "source"));
	guard->source_failed = false;
	say_synced(guard);
	vg_guard_rejudge(guard, before, before_ns, false);
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
	if (mode == VG_ENFORCE)
		vg_guard_rejudge(guard, guard->snapshot, guard->judged_ns, true);
	return 0;
}

static void on_signal(void *ctx, int signo)
{
	struct vg_guard *guard = ctx;

	if (signo == SIGHUP)
		vg_file_source_reload(guard->source);
	else
		vg_loop_quit(guard->loop, signo);
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
		.lost = on_log_lost,
		.lost_ctx = guard,
	};

	return vg_reporter_new(guard->loop, &config, &guard->reporter);
}

static int start_source(struct vg_guard *guard)
{
	struct vg_file_source_sink sink = { .ctx = guard, .reading = on_source_reading, .changed = on_source_changed, .failed = on_source_failed };
	struct vg_error error;
	int r;

	if (!guard->options->assignments) {
		vg_error_set(&error, 0, "nothing says which VIP belongs where: give --assignments FILE");
		return log_error(EXIT_CONFIGURATION, &error);
	}
	r = vg_file_source_new(guard->loop, guard->options->assignments, guard->options->node, &sink, &error, &guard->snapshot, &guard->source);
	if (r < 0)
		return log_error(EXIT_CONFIGURATION, &error);
	guard->snapshot_ns = vg_time_boot_ns();
	return 0;
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
		.dead_man_ns = options->dead_man_ns,
		.interfaces = (const char *const *)options->interfaces,
		.n_interfaces = options->n_interfaces,
		.without = options->without,
	};
	struct vg_kern_sink sink = { .ctx = guard, .fact = vg_guard_on_fact, .lost = on_lost, .changed = on_feature_changed };
	struct vg_error error;
	int r;

	if (vg_kern_new(guard->loop, &config, &sink, &error, &guard->kern) < 0)
		return log_error(EXIT_CANNOT_LOOK, &error);
	r = find_own(guard);
	if (r < 0)
		return vg_log_errno(r, "cannot list this node's addresses"), EXIT_CANNOT_LOOK;
	r = protect_configured(guard, guard->snapshot);
	if (r < 0)
		return vg_log_errno(r, "cannot protect this node's addresses"), EXIT_CANNOT_LOOK;
	return load_maps(guard) < 0 ? EXIT_CANNOT_LOOK : 0;
}

static int start_api(struct vg_guard *guard)
{
	struct vg_api_ops ops = vg_guard_api_ops(guard);
	struct vg_error error;

	if (vg_api_new(guard->loop, guard->options->socket, &ops, &error, &guard->api) < 0)
		return log_error(EXIT_CANNOT_LOOK, &error);
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
	for (size_t i = 0; i < guard->options->n_interfaces; i++) {
		struct wanted wanted = { .name = guard->options->interfaces[i] };

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

	if (vg_kern_attach(guard->kern, &error) < 0)
		return log_error(EXIT_CANNOT_LOOK, &error);
	say_started(guard);
	say_missing_links(guard);
	say_synced(guard);
	vg_kern_dump(guard->kern);
	vg_reporter_event(guard->reporter, "ready", NULL);
	return 0;
}

static int start_loop(struct vg_guard *guard)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	int r = vg_loop_new(&guard->loop);

	if (r >= 0)
		r = vg_signals_new(guard->loop, signals, on_signal, guard, &guard->signals);
	if (r >= 0)
		r = vg_timer_new(guard->loop, on_grace_over, guard, &guard->grace);
	if (r >= 0)
		r = start_reporter(guard);
	if (r < 0)
		vg_log_errno(r, "cannot start");
	return r < 0 ? EXIT_CANNOT_LOOK : 0;
}

static void stop(struct vg_guard *guard)
{
	if (guard->kern)
		vg_kern_drain(guard->kern);
	vg_reporter_event(guard->reporter, "stopping", NULL);
}

/* Frees in the reverse order of building; the reporter flushes what it has folded. */
static void guard_deinit(struct vg_guard *guard)
{
	vg_file_source_free(guard->source);
	vg_reporter_free(guard->reporter);
	vg_api_free(guard->api);
	vg_kern_free(guard->kern);
	vg_snapshot_free(guard->snapshot);
	free(guard->own);
	free(guard->own_gone);
	vg_guard_forget_described(guard);
	vg_timer_free(guard->grace);
	vg_signals_free(guard->signals);
	vg_loop_free(guard->loop);
}

int vg_guard_run(const struct vg_config_options *options)
{
	VG_CLEANUP(guard_deinit) struct vg_guard guard = { .options = options };
	static int (*const steps[])(struct vg_guard *) = { start_loop, start_source, start_kern, start_api, attach };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int status = steps[i](&guard);

		if (status)
			return status;
	}
	if (vg_loop_run(guard.loop) < 0)
		return EXIT_CANNOT_LOOK;
	stop(&guard);
	return EXIT_FINE;
}
