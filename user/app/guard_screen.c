/* SPDX-License-Identifier: Apache-2.0 */
/* What `vipguard watch` draws and the status page shows: the head of it, and the last events. */
#include "app/guard_screen.h"

#include <errno.h>
#include <string.h>

#include "app/guard_state.h"
#include "base/time.h"
#include "base/version.h"
#include "core/verdict.h"
#include "report/json.h"
#include "report/screen.h"

static int put_identity(const struct vg_guard *guard, json_t *screen)
{
	const struct vg_config_options *options = guard->options;
	const char *why = vg_guard_unready(guard);
	char time[VG_RFC3339_MAX];
	int r = 0;

	vg_time_rfc3339(vg_time_real_ns(), time);
	r |= vg_json_set_text(screen, "time", time);
	r |= vg_json_set_text(screen, "node", options->node);
	r |= vg_json_set_text(screen, "version", vg_version());
	r |= vg_json_set_text(screen, "mode", vg_mode_to_str(vg_kern_mode(guard->kern)));
	r |= vg_json_set(screen, "act",
			 json_pack("{s:b, s:b, s:b, s:b}", "deny", options->deny, "drop", options->drop, "remove", options->remove, "heal",
				   options->heal));
	r |= vg_json_set(screen, "ready", json_boolean(!why));
	r |= vg_json_set_text(screen, "unready", why);
	return r < 0 ? -ENOMEM : 0;
}

static int put_source(const struct vg_guard *guard, json_t *screen)
{
	json_t *paused = vg_guard_pause_to_json(guard);
	int r = 0;

	if (paused)
		r |= vg_json_set(screen, "paused", paused);
	r |= vg_json_set(screen, "breaker", vg_guard_breaker_to_json(guard));
	r |= vg_json_set(screen, "source",
			 json_pack("{s:s, s:I, s:b, s:b}", "name", vg_snapshot_source(guard->snapshot), "assignments",
				   (json_int_t)vg_snapshot_size(guard->snapshot), "failed", guard->file_failed, "stale",
				   vg_guard_circumstances(guard).stale));
	return r < 0 ? -ENOMEM : 0;
}

/* ---- what is missing */

static int add_degraded(json_t *list, const char *what, const char *why, const char *loss, const char *cure)
{
	json_auto_t *one = json_object();
	int r = vg_json_set_text(one, "what", what);

	r |= vg_json_set_text(one, "why", why);
	r |= vg_json_set_text(one, "loss", loss);
	r |= vg_json_set_text(one, "cure", cure);
	return r < 0 || json_array_append(list, one) < 0 ? -ENOMEM : 0;
}

static int put_degraded(const struct vg_guard *guard, json_t *screen)
{
	const struct vg_features *features = vg_kern_features(guard->kern);
	json_t *list = json_array();
	int r = vg_json_set(screen, "degraded", list);

	if (r == 0 && vg_guard_circumstances(guard).stale)
		r = add_degraded(list, "source", guard->complete ? "the API server has not been heard from" : "the cluster was not listed yet",
				 "nothing is refused, dropped or removed", "let the guard reach the API server");
	if (r == 0 && guard->file_failed)
		r = add_degraded(list, "assignments", "the last reload failed", "the assignments before stay in force", "mend the file");
	for (unsigned i = 0; i < VG_FEATURE_MAX && r == 0; i++) {
		if (features->of[i].tried && !features->of[i].ok)
			r = add_degraded(list, vg_feature_to_str(i), features->of[i].why, vg_feature_loss(i), vg_feature_cure(i));
	}
	if (r == 0 && guard->probes_failed)
		r = add_degraded(list, "metrics", "another program listens there", "/metrics is only on the local API", "choose another --metrics");
	return r;
}

/* ---- the last events */

/* What is unrelated is no news: every address of every link is said at the start. */
static bool is_news(const void *data)
{
	return !strstr(data, "\"verdict\":\"unrelated\"");
}

struct tail {
	json_t *events;
	size_t skip;
};

static int count_line(void *ctx, const struct vg_addr *addr, const void *data, size_t size)
{
	(void)addr;
	(void)size;
	*(size_t *)ctx += is_news(data);
	return 0;
}

static int add_line(void *ctx, const struct vg_addr *addr, const void *data, size_t size)
{
	struct tail *tail = ctx;
	json_t *event;

	(void)addr;
	if (!is_news(data))
		return 0;
	if (tail->skip) {
		tail->skip--;
		return 0;
	}
	event = json_loadb(data, size - 1, 0, NULL);
	return event && json_array_append_new(tail->events, event) == 0 ? 0 : -ENOMEM;
}

static int put_events(const struct vg_guard *guard, json_t *screen)
{
	const struct vg_recent *recent = vg_reporter_recent(guard->reporter);
	struct tail tail = { .events = json_array() };
	size_t n = 0;
	int r = vg_json_set(screen, "events", tail.events);

	vg_recent_for_all(recent, count_line, &n);
	tail.skip = n > VG_SCREEN_EVENTS_MAX ? n - VG_SCREEN_EVENTS_MAX : 0;
	return r < 0 ? r : vg_recent_for_all(recent, add_line, &tail);
}

json_t *vg_guard_screen(struct vg_guard *guard, bool lines)
{
	json_auto_t *screen = json_object();
	int r = screen ? put_identity(guard, screen) : -ENOMEM;

	if (r == 0)
		r = put_source(guard, screen);
	if (r == 0)
		r = put_degraded(guard, screen);
	if (r == 0)
		r = vg_guard_screen_put_vips(guard, screen, lines);
	if (r == 0)
		r = put_events(guard, screen);
	return r < 0 ? NULL : TAKE_PTR(screen);
}
