/* SPDX-License-Identifier: Apache-2.0 */
/* On the status page: who bound and announced what, VIP by VIP, as marks in time and as lines. */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/time.h"
#include "report/json.h"
#include "report/screen.h"
#include "report/screen_html.h"

#define LANE_WIDTH 1000 /* units of the picture */

/* From when to when the marks are. */
struct span {
	uint64_t from_ns, to_ns;
};

static uint64_t time_of(const json_t *event)
{
	uint64_t ns;

	return vg_time_parse_rfc3339(vg_json_get_text(event, "time"), &ns) == 0 ? ns : 0;
}

void vg_screen_print_time(FILE *out, const char *rfc3339)
{
	if (strlen(rfc3339) < sizeof("2026-11-22T10:00:00") - 1)
		return;
	fputs("<time datetime=\"", out);
	vg_html_put(out, rfc3339);
	fprintf(out, "\">%.8s</time>", rfc3339 + sizeof("2026-11-22T") - 1);
}

void vg_screen_print_actor(FILE *out, const json_t *event)
{
	const char *pod = vg_json_get_text(event, "pod"), *comm = vg_json_get_text(event, "comm");
	const json_t *pid = json_object_get(event, "pid");

	if (*comm || pid) {
		vg_html_put(out, comm);
		fprintf(out, "[%" JSON_INTEGER_FORMAT "]", json_integer_value(pid));
	}
	if (*pod) {
		fputc(' ', out);
		vg_html_put(out, pod);
	}
}

/* The class of a line: as the states of the table have them. */
static const char *class_of(const json_t *line)
{
	static const char *const stopped[] = { "denied", "removed", "dropped", "healed" };
	const char *verdict = vg_json_get_text(line, "verdict"), *action = vg_json_get_text(line, "action");

	for (size_t i = 0; i < sizeof(stopped) / sizeof(stopped[0]); i++) {
		if (strcmp(action, stopped[i]) == 0)
			return "stopped";
	}
	if (strcmp(verdict, "violation") == 0)
		return strcmp(vg_json_get_text(line, "event"), "unbind") == 0 ? "absent" : "wrong";
	return strcmp(verdict, "unknown") == 0 ? "stopped" : strcmp(verdict, "allowed") == 0 ? "allowed" : "absent";
}

/* Binds stand above, announcements below; the lines say the same. */
static void put_lane(FILE *out, const json_t *lines, const struct span *span)
{
	json_t *line;
	size_t i;

	fprintf(out, "<svg class=\"lane\" viewBox=\"0 0 %d 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">", LANE_WIDTH);
	json_array_foreach(lines, i, line)
	{
		uint64_t at = time_of(line);
		bool announced = strcmp(vg_json_get_text(line, "event"), "announce") == 0;
		uint64_t whole = span->to_ns > span->from_ns ? span->to_ns - span->from_ns : 1;
		uint64_t part = at > span->from_ns ? at - span->from_ns : 0;

		fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"5\" height=\"6\"/>", class_of(line),
			(double)(part < whole ? part : whole) / (double)whole * (LANE_WIDTH - 5), announced ? 9 : 1);
	}
	fputs("</svg>", out);
}

static void put_line(FILE *out, const json_t *line)
{
	const json_t *count = json_object_get(line, "count");
	const char *action = vg_json_get_text(line, "action"), *why = vg_json_get_text(line, "why");

	fputs("<li>", out);
	vg_screen_print_time(out, vg_json_get_text(line, "time"));
	fprintf(out, " <span class=\"%s\">", class_of(line));
	vg_html_put(out, vg_json_get_text(line, "event"));
	fputs("</span> ", out);
	vg_html_put(out, strcmp(action, "none") == 0 ? "" : action);
	fputs(" ", out);
	vg_html_put(out, vg_json_get_text(line, "interface"));
	fputs(" <span class=\"who\">", out);
	vg_screen_print_actor(out, line);
	fputs("</span>", out);
	if (count)
		fprintf(out, " <b>&times;%" JSON_INTEGER_FORMAT "</b>", json_integer_value(count));
	if (*why) {
		fputs(" <span class=\"faint\">", out);
		vg_html_put(out, why);
		fputs("</span>", out);
	}
	fputs("</li>", out);
}

static void put_history(FILE *out, const json_t *vip, const struct span *span)
{
	const json_t *lines = json_object_get(vip, "lines");
	json_t *line;
	size_t i;

	fputs("<section><h3><code>", out);
	vg_html_put(out, vg_json_get_text(vip, "address"));
	fputs("</code> ", out);
	vg_html_put(out, vg_json_get_text(vip, "service"));
	fputs("</h3>", out);
	put_lane(out, lines, span);
	fputs("<ol class=\"lines\">", out);
	json_array_foreach(lines, i, line) put_line(out, line);
	fputs("</ol></section>\n", out);
}

static struct span span_of(const json_t *screen)
{
	struct span span = { .from_ns = UINT64_MAX, .to_ns = time_of(screen) };
	json_t *vip;
	size_t i;

	json_array_foreach(json_object_get(screen, "vips"), i, vip)
	{
		const json_t *lines = json_object_get(vip, "lines");
		uint64_t first = time_of(json_array_get(lines, 0));

		if (json_array_size(lines) && first && first < span.from_ns)
			span.from_ns = first;
	}
	return span;
}

void vg_screen_print_histories(FILE *out, const json_t *screen)
{
	struct span span = span_of(screen);
	size_t i, shown = 0, more = 0;
	json_t *vip;

	fputs("<h2>Who bound and announced what</h2>\n<p class=\"faint\">Above in each lane what was bound, below what was announced; at the right "
	      "is "
	      "now. The first and the last lines of each VIP.</p>\n<div id=\"lines\" data-live>",
	      out);
	json_array_foreach(json_object_get(screen, "vips"), i, vip)
	{
		if (!json_array_size(json_object_get(vip, "lines")))
			continue;
		if (shown++ < VG_SCREEN_HISTORIES_MAX)
			put_history(out, vip, &span);
		else
			more++;
	}
	if (!shown)
		fputs("<p>Nothing yet.</p>", out);
	if (more)
		fprintf(out, "<p class=\"faint\">%zu more not shown.</p>", more);
	fputs("</div>\n", out);
}
