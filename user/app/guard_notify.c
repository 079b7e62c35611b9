/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service manager is told of the guard (sd_notify(3)). It is ready when the hooks are attached and what is known is loaded: with an assignments
 * file that is the event `ready`. The API server is not waited for, since it may be started by what is ordered after us (a kubelet). The watchdog is fed
 * by the dead-man's tick and the status looked at then, so an idle guard wakes no more often than it does anyway.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "app/guard_state.h"
#include "base/log.h"
#include "base/time.h"
#include "core/verdict.h"

int vg_guard_notify_start(struct vg_guard *guard)
{
	int r = vg_notify_new(&guard->notify);

	if (r != -EINVAL)
		return r;
	vg_log(VG_LOG_WARNING, "NOTIFY_SOCKET is neither a path nor an abstract name: nobody is told that the guard is ready");
	return 0;
}

uint64_t vg_guard_notify_alive_ns(const struct vg_guard *guard)
{
	return vg_notify_watchdog_ns(guard->notify) / 2; /* as sd_watchdog_enabled(3) advises */
}

static void send_lines(struct vg_guard *guard, const char *lines)
{
	int r = vg_notify_send(guard->notify, lines);

	if (r < 0)
		vg_log(VG_LOG_DEBUG, "the service manager was not told \"%.20s...\": %s", lines, strerror(-r));
}

/* ---- the status */

struct line {
	char *text;
	size_t size, len;
};

static void put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct line *line, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->len, line->size - line->len, format, args);
	va_end(args);
	if (n > 0)
		line->len = line->len + (size_t)n < line->size ? line->len + (size_t)n : line->size - 1;
}

static void count_link(void *ctx, const char *ifname, const char *how)
{
	(void)ifname;
	(void)how;
	++*(size_t *)ctx;
}

static void put_work(const struct vg_guard *guard, struct line *line)
{
	size_t links = 0, n = vg_snapshot_size(guard->snapshot);

	vg_kern_for_each_guarded(guard->kern, count_link, &links);
	put(line, "%s, %zu VIP%s and range%s from %s, frames judged on %zu link%s", vg_mode_to_str(vg_kern_mode(guard->kern)), n, n == 1 ? "" : "s",
	    n == 1 ? "" : "s", vg_snapshot_source(guard->snapshot), links, links == 1 ? "" : "s");
}

/* What does not work as it was asked for, the worst first. */
static void put_trouble(const struct vg_guard *guard, struct line *line)
{
	const struct vg_features *features = vg_kern_features(guard->kern);
	size_t held = vg_breaker_for_each(guard->breaker, NULL, NULL);
	const char *comma = "; without ";

	if (guard->kube && !guard->complete)
		put(line, "; WAITING for the API server");
	else if (vg_guard_circumstances(guard).stale)
		put(line, "; source STALE: nothing is acted on");
	if (guard->file_failed)
		put(line, "; the last reload FAILED: the assignments before stay in force");
	if (vg_kern_paused_until(guard->kern))
		put(line, "; paused");
	if (held)
		put(line, "; the breaker holds %zu", held);
	for (int i = 0; i < VG_FEATURE_MAX; i++) {
		if (!features->of[i].tried || features->of[i].ok)
			continue;
		put(line, "%s%s", comma, vg_feature_to_str(i));
		comma = ", ";
	}
}

/* Whether it is another one than was told last. */
static bool renew_status(struct vg_guard *guard)
{
	char text[VG_NOTIFY_STATUS_MAX];
	struct line line = { .text = text, .size = sizeof(text) };

	put_work(guard, &line);
	put_trouble(guard, &line);
	if (strcmp(text, guard->notified) == 0)
		return false;
	memcpy(guard->notified, text, sizeof(text));
	return true;
}

/* ---- what happens */

void vg_guard_notify_ready(struct vg_guard *guard)
{
	char lines[VG_NOTIFY_STATUS_MAX + 32];

	if (!guard->notify)
		return;
	renew_status(guard);
	snprintf(lines, sizeof(lines), "READY=1\nSTATUS=%s", guard->notified);
	guard->notify_due = vg_notify_send(guard->notify, lines) < 0;
}

void vg_guard_notify_status(void *ctx)
{
	char lines[VG_NOTIFY_STATUS_MAX + 32];
	struct vg_guard *guard = ctx;

	if (!guard->notify || !guard->attached)
		return;
	if (guard->notify_due) {
		vg_guard_notify_ready(guard);
	} else if (renew_status(guard)) {
		snprintf(lines, sizeof(lines), "STATUS=%s", guard->notified);
		send_lines(guard, lines);
	}
}

void vg_guard_notify_reloading(struct vg_guard *guard)
{
	char lines[64];

	/* CLOCK_MONOTONIC, unlike everything else here: the manager compares it with the time at which it sent the signal */
	snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(vg_time_monotonic_ns() / 1000));
	send_lines(guard, lines);
}

void vg_guard_notify_alive(void *ctx)
{
	send_lines(ctx, "WATCHDOG=1");
}

void vg_guard_notify_stopping(struct vg_guard *guard)
{
	send_lines(guard, "STOPPING=1\nSTATUS=stopping");
}
