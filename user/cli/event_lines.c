/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/event_lines.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/cli.h"
#include "core/recent.h"
#include "report/bundle.h"
#include "report/json.h"

static const struct vg_recent_limits limits = {
	.entries = 2 * (VG_EVENT_LINES_FIRST + VG_EVENT_LINES_LAST),
	.bytes = 16 * 1024 * 1024,
	.first = VG_EVENT_LINES_FIRST,
	.last = VG_EVENT_LINES_LAST,
};

struct lines {
	const struct vg_addr *addr;
	struct vg_recent *recent;
	uint64_t ours; /* of this file, whatever they are about */
	uint64_t others;
};

/* A line with whatever its log put before it: journalctl and kubectl put a time and a name there. */
static json_t *event_of(const char *line)
{
	const char *start = strchr(line, '{');
	json_auto_t *event = start ? json_loads(start, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
	uint64_t time;

	if (!event || !*vg_json_get_text(event, "event") || vg_time_parse_rfc3339(vg_json_get_text(event, "time"), &time) < 0)
		return NULL;
	return TAKE_PTR(event);
}

static int take_line(struct lines *lines, const char *line)
{
	json_auto_t *event = event_of(line);
	_cleanup_free_ char *text = NULL;
	struct vg_addr addr = { { 0 } };

	if (!event) {
		lines->others++;
		return 0;
	}
	lines->ours++;
	if (json_object_get(event, "address") && vg_addr_parse(vg_json_get_text(event, "address"), &addr) < 0)
		return 0;
	if (!vg_addr_is_zero(&addr) && vg_addr_cmp(&addr, lines->addr) != 0)
		return 0;
	text = json_dumps(event, JSON_COMPACT);
	if (!text)
		return -ENOMEM;
	vg_recent_add(lines->recent, &addr, text, strlen(text) + 1);
	return 0;
}

/* Of a line that is too long the rest is no line of ours either. */
static int read_lines(struct lines *lines, FILE *file)
{
	_cleanup_free_ char *line = malloc(VG_EVENT_LINE_MAX);
	bool torn = false;
	int r = line ? 0 : -ENOMEM;

	while (r == 0 && fgets(line, VG_EVENT_LINE_MAX, file)) {
		size_t n = strlen(line);
		bool whole = n > 0 && line[n - 1] == '\n';

		if (torn || (!whole && !feof(file)))
			lines->others += !torn;
		else if (n > 1)
			r = take_line(lines, line);
		torn = !whole;
	}
	/* errno is fgets's: nothing comes between it and here */
	return r == 0 && ferror(file) ? -errno : r;
}

static int read_file(struct lines *lines, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	_cleanup_fclose_ FILE *file = standard ? fdopen(dup(STDIN_FILENO), "re") : fopen(path, "re");
	int r;

	lines->ours = 0;
	errno = file ? 0 : errno;
	r = file ? read_lines(lines, file) : -errno;
	if (r < 0) {
		vg_log(VG_LOG_ERROR, "--events: %s: cannot read: %s", path, strerror(-r));
		return VG_EXIT_USAGE;
	}
	if (lines->ours)
		return VG_EXIT_FINE;
	vg_log(VG_LOG_ERROR, "--events: %s: found no event, expected lines of vipguard run with --log-format json", path);
	return VG_EXIT_USAGE;
}

/* ---- together with those of the guard */

static int by_time(const void *a, const void *b)
{
	uint64_t x = 0, y = 0;

	(void)vg_time_parse_rfc3339(vg_json_get_text(*(json_t *const *)a, "time"), &x);
	(void)vg_time_parse_rfc3339(vg_json_get_text(*(json_t *const *)b, "time"), &y);
	if (x != y)
		return x < y ? -1 : 1;
	return strcmp(vg_json_get_text(*(json_t *const *)a, "id"), vg_json_get_text(*(json_t *const *)b, "id"));
}

static void collect(json_t *events, json_t **list, size_t *n)
{
	size_t i;
	json_t *event;

	json_array_foreach(events, i, event) list[(*n)++] = event;
}

/* A new list of both, each event once: equal ones are neighbours. */
static json_t *merge(json_t *a, json_t *b)
{
	_cleanup_free_ json_t **list = calloc(json_array_size(a) + json_array_size(b) + 1, sizeof(json_t *));
	json_auto_t *merged = json_array();
	size_t n = 0;

	if (!list || !merged)
		return NULL;
	collect(a, list, &n);
	collect(b, list, &n);
	if (n > 1)
		qsort(list, n, sizeof(json_t *), by_time);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && json_equal(list[i], list[i - 1]))
			continue;
		if (json_array_append(merged, list[i]) < 0)
			return NULL;
	}
	return TAKE_PTR(merged);
}

static int put(json_t *bundle, const struct lines *lines)
{
	json_auto_t *of_file = json_object();
	const json_t *left_out;
	int r = of_file ? vg_bundle_put_events(of_file, lines->recent, lines->addr) : -ENOMEM;

	if (r == 0)
		r = vg_json_set(bundle, "events", merge(json_object_get(of_file, "events"), json_object_get(bundle, "events")));
	left_out = json_object_get(of_file, "events_left_out");
	if (r == 0 && left_out)
		r = json_object_set(bundle, "events_left_out", (json_t *)left_out) < 0 ? -ENOMEM : 0;
	if (r == 0 && lines->others)
		r = vg_json_set_number(bundle, "lines_passed_over", lines->others);
	return r;
}

int vg_event_lines_add(const struct vg_config_options *options, const struct vg_addr *addr, json_t *bundle)
{
	VG_CLEANUP(vg_recent_freep) struct vg_recent *recent = NULL;
	struct lines lines = { .addr = addr };
	int status = VG_EXIT_FINE;

	if (!options->events.n)
		return VG_EXIT_FINE;
	if (vg_recent_new(&limits, &recent) == 0) {
		lines.recent = recent;
		for (size_t i = 0; i < options->events.n && status == VG_EXIT_FINE; i++)
			status = read_file(&lines, options->events.list[i]);
		if (status != VG_EXIT_FINE || put(bundle, &lines) == 0)
			return status;
	}
	vg_log_errno(-ENOMEM, "cannot read --events");
	return VG_EXIT_BLIND;
}
