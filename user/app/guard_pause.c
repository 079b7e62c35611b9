/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pause. Its end is a time in vg_config that the kernel's programs and the removal compare to the clock themselves; the timer here
 * only says that it is over, and looks at what was let pass meanwhile.
 */
#include <errno.h>

#include "app/guard_state.h"
#include "base/time.h"
#include "report/json.h"

static void put_peer(json_t *details, const struct vg_api_peer *peer)
{
	if (!peer || !peer->known)
		return;
	vg_json_set_number(details, "pid", (uint64_t)peer->pid);
	vg_json_set(details, "uid", json_integer((json_int_t)peer->uid));
}

/* The wall clock's word for it may be set meanwhile; the rest of it may not. */
json_t *vg_guard_pause_to_json(const struct vg_guard *guard)
{
	uint64_t until_ns = vg_kern_paused_until(guard->kern), now_ns = vg_time_boot_ns(), rest_ns;
	char until[VG_RFC3339_MAX];

	if (!until_ns)
		return NULL;
	rest_ns = now_ns < until_ns ? until_ns - now_ns : 0;
	vg_time_rfc3339(vg_time_real_ns() + rest_ns, until);
	return json_pack("{s:s, s:f}", "until", until, "remaining_seconds", (double)rest_ns / (double)VG_NS_PER_SEC);
}

static void say_paused(struct vg_guard *guard, const struct vg_api_peer *peer, bool kept)
{
	json_t *details = vg_guard_pause_to_json(guard);

	guard->paused = true;
	if (kept)
		vg_json_set(details, "why", json_string("a guard before this one was told to"));
	put_peer(details, peer);
	vg_reporter_event(guard->reporter, "paused", details);
}

static void end_pause(struct vg_guard *guard, const struct vg_api_peer *peer, const char *why)
{
	json_t *details = json_pack("{s:s, s:s}", "what", "pause", "why", why);

	guard->paused = false;
	put_peer(details, peer);
	vg_reporter_event(guard->reporter, "recovered", details);
}

/* Everything bound is looked at again, and acted on if it was not. */
static void act_again(struct vg_guard *guard)
{
	if (vg_kern_mode(guard->kern) != VG_ENFORCE)
		return;
	vg_guard_look_begin(guard);
	vg_guard_look_end(guard, true);
}

static void on_time(void *ctx)
{
	struct vg_guard *guard = ctx;
	uint64_t until_ns = vg_kern_paused_until(guard->kern);

	if (until_ns) { /* it was given another end by somebody who writes to vg_config */
		vg_timer_arm(guard->pause, until_ns);
		return;
	}
	end_pause(guard, NULL, "its time is over");
	act_again(guard);
}

int vg_guard_pause_start(struct vg_guard *guard)
{
	uint64_t until_ns = vg_kern_paused_until(guard->kern);
	int r = vg_timer_new(guard->loop, on_time, guard, &guard->pause);

	return r == 0 && until_ns ? vg_timer_arm(guard->pause, until_ns) : r;
}

void vg_guard_pause_say_kept(struct vg_guard *guard)
{
	if (vg_timer_deadline(guard->pause))
		say_paused(guard, NULL, true);
}

json_t *vg_guard_pause(void *ctx, const char *duration, const struct vg_api_peer *peer, struct vg_error *ret_error)
{
	struct vg_guard *guard = ctx;
	uint64_t ns, until_ns;
	int r = vg_duration_parse(duration, &ns);

	if (r < 0 || ns < VG_NS_PER_SEC || ns > VG_PAUSE_MAX_NS) {
		vg_error_set(ret_error, -EINVAL, "for: found \"%s\", expected a time of 1s to 24h", duration);
		return NULL;
	}
	until_ns = vg_time_boot_ns() + ns;
	r = vg_timer_arm(guard->pause, until_ns);
	if (r < 0) {
		vg_error_set(ret_error, r, "cannot set a timer");
		return NULL;
	}
	vg_kern_pause(guard->kern, until_ns);
	say_paused(guard, peer, false);
	return vg_guard_pause_to_json(guard);
}

json_t *vg_guard_resume(void *ctx, const struct vg_api_peer *peer, struct vg_error *ret_error)
{
	struct vg_guard *guard = ctx;
	bool paused = vg_kern_paused_until(guard->kern);
	json_t *answer;
	size_t held;

	vg_kern_pause(guard->kern, 0);
	vg_timer_disarm(guard->pause);
	if (guard->paused)
		end_pause(guard, peer, "resume");
	held = vg_guard_breaker_resume(guard);
	if (paused || held > 0)
		act_again(guard);
	answer = json_pack("{s:b, s:I}", "paused", paused, "held", (json_int_t)held);
	if (!answer)
		vg_error_set(ret_error, -ENOMEM, "out of memory");
	return answer;
}
