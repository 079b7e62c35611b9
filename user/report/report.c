/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "core/fold.h"
#include "report/bundle.h"
#include "report/event.h"
#include "report/folded.h"
#include "report/json.h"
#include "report/out.h"

struct vg_reporter {
	enum vg_format format;
	bool colour;
	char node[VG_NODE_MAX];
	uint64_t next_id;
	vg_line_fn watch;
	void *watch_ctx;
	void (*said)(void *ctx, const json_t *event);
	void *said_ctx;
	struct vg_out *out; /* NULL: nowhere */
	struct vg_recent *recent;
	struct vg_fold *fold;
	struct vg_timer *timer; /* armed only while a period is open */
};

static void say_to_out(struct vg_reporter *reporter, const json_t *event, const char *json_line)
{
	_cleanup_free_ char *text = NULL;

	if (!reporter->out)
		return;
	if (reporter->format == VG_FORMAT_TEXT)
		text = vg_event_to_text(event, reporter->colour);
	if (reporter->format == VG_FORMAT_JSON || text)
		vg_out_line(reporter->out, text ? text : json_line);
}

static void remember(struct vg_reporter *reporter, const json_t *event, const char *line)
{
	struct vg_addr addr = { { 0 } };

	(void)vg_addr_parse(vg_json_get_text(event, "address"), &addr); /* the guard's own have none */
	vg_recent_add(reporter->recent, &addr, line, strlen(line) + 1);
}

/* body: everything but time and id; stolen. Out of memory: the line is lost, its number is not used again. */
static void say(struct vg_reporter *reporter, json_t *body, uint64_t real_ns)
{
	json_auto_t *owned = body, *event = json_object();
	_cleanup_free_ char *line = NULL;
	char time[VG_RFC3339_MAX], id[VG_NODE_MAX + 24];
	int r = 0;

	vg_time_rfc3339(real_ns, time);
	snprintf(id, sizeof(id), "%s-%06" PRIu64, reporter->node, ++reporter->next_id);
	r |= vg_json_set_text(event, "time", time);
	r |= vg_json_set_text(event, "id", id);
	if (r < 0 || json_object_update_missing(event, owned) < 0)
		return;
	line = json_dumps(event, JSON_COMPACT);
	if (!line)
		return;
	remember(reporter, event, line);
	say_to_out(reporter, event, line);
	if (reporter->watch)
		reporter->watch(reporter->watch_ctx, line);
	if (reporter->said)
		reporter->said(reporter->said_ctx, event);
}

/* The wall clock at the time of a boot-clock stamp; now for one that is missing or from the future. */
static uint64_t real_time_of(uint64_t boot_ns)
{
	uint64_t now = vg_time_boot_ns();

	return vg_time_real_ns() - (boot_ns && boot_ns < now ? now - boot_ns : 0);
}

/* What was there already is judged again when the mode or the assignments change: then the time of its bind would mislead. */
static uint64_t time_of(const struct vg_fact *fact)
{
	return fact->how == VG_HOW_PREEXISTING ? 0 : fact->time_ns;
}

static void on_folded(void *ctx, const struct vg_fold_key *key, const void *payload, uint64_t count)
{
	json_auto_t *body = vg_folded_to_json(payload, count);
	uint64_t time_ns = time_of(&((const struct vg_folded *)payload)->fact);

	(void)key; /* all of it is in the payload */
	if (body)
		say(ctx, TAKE_PTR(body), real_time_of(time_ns));
}

static void arm(struct vg_reporter *reporter)
{
	uint64_t next = vg_fold_next_ns(reporter->fold);

	if (!next)
		vg_timer_disarm(reporter->timer);
	else if (vg_timer_deadline(reporter->timer) != next)
		vg_timer_arm(reporter->timer, next);
}

static void on_period_over(void *ctx)
{
	struct vg_reporter *reporter = ctx;

	vg_fold_expire(reporter->fold, vg_time_boot_ns());
	arm(reporter);
}

static bool wants_colour(int fd)
{
	const char *no_color = getenv("NO_COLOR"); /* no-color.org */

	return isatty(fd) && (!no_color || !*no_color);
}

static const struct vg_recent_limits recent_limits = {
	.entries = VG_BUNDLE_LINES_MAX, .bytes = VG_BUNDLE_LINE_BYTES_MAX, .first = VG_BUNDLE_FIRST, .last = VG_BUNDLE_LAST
};

int vg_reporter_new(struct vg_loop *loop, const struct vg_reporter_config *config, struct vg_reporter **ret_reporter)
{
	VG_CLEANUP(vg_reporter_freep) struct vg_reporter *reporter = calloc(1, sizeof(*reporter));
	int r;

	if (!reporter)
		return -ENOMEM;
	reporter->format = config->format;
	reporter->colour = config->fd >= 0 && wants_colour(config->fd);
	snprintf(reporter->node, sizeof(reporter->node), "%s", config->node);
	reporter->watch = config->watch;
	reporter->watch_ctx = config->watch_ctx;
	reporter->said = config->said;
	reporter->said_ctx = config->said_ctx;
	r = vg_recent_new(&recent_limits, &reporter->recent);
	if (r == 0)
		r = vg_fold_new(config->period_ns, sizeof(struct vg_folded), on_folded, reporter, &reporter->fold);
	if (r == 0)
		r = vg_timer_new(loop, on_period_over, reporter, &reporter->timer);
	if (r == 0 && config->fd >= 0)
		r = vg_out_new(loop, config->fd, config->lost, config->lost_ctx, &reporter->out);
	if (r < 0)
		return r;
	*ret_reporter = TAKE_PTR(reporter);
	return 0;
}

void vg_reporter_free(struct vg_reporter *reporter)
{
	if (!reporter)
		return;
	if (reporter->fold)
		vg_fold_flush(reporter->fold);
	vg_fold_free(reporter->fold);
	vg_timer_free(reporter->timer);
	vg_out_free(reporter->out);
	vg_recent_free(reporter->recent);
	free(reporter);
}

const struct vg_recent *vg_reporter_recent(const struct vg_reporter *reporter)
{
	return reporter->recent;
}

void vg_reporter_finding(struct vg_reporter *reporter, const struct vg_finding *finding)
{
	const struct vg_fact *fact = finding->fact;
	struct vg_fold_key key = { .addr = fact->addr,
				   .ifindex = fact->ifindex,
				   .pid = fact->who.pid,
				   .kind = fact->kind,
				   .verdict = finding->judgement.verdict,
				   .reason = finding->judgement.reason,
				   .action = finding->action };
	struct vg_folded folded;
	json_t *body;

	vg_folded_pack(&folded, finding);
	if (vg_fold_add(reporter->fold, &key, &folded, fact->count ? fact->count : 1, vg_time_boot_ns())) {
		body = vg_finding_to_json(finding);
		if (body)
			say(reporter, body, real_time_of(time_of(fact)));
	}
	arm(reporter);
}

void vg_reporter_event(struct vg_reporter *reporter, const char *event, json_t *details)
{
	json_auto_t *owned = details, *body = json_object();

	if (strcmp(event, "stopping") == 0) { /* the guard's last line: what is folded comes before it */
		vg_fold_flush(reporter->fold);
		arm(reporter);
	}
	if (vg_json_set_text(body, "event", event) < 0 || (owned && json_object_update_missing(body, owned) < 0))
		return;
	say(reporter, TAKE_PTR(body), vg_time_real_ns());
}

size_t vg_reporter_folded(const struct vg_reporter *reporter)
{
	return vg_fold_size(reporter->fold);
}

size_t vg_reporter_waiting(const struct vg_reporter *reporter)
{
	return reporter->out ? vg_out_waiting(reporter->out) : 0;
}
