/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/status_text.h"

#include <string.h>

#include "report/json.h"

static void put_head(FILE *out, const char *head)
{
	fprintf(out, "%-12s ", head);
}

static void put_value(FILE *out, const char *head, const json_t *value)
{
	if (!value)
		return;
	put_head(out, head);
	vg_text_put_value(out, value);
	fputc('\n', out);
}

static void put_act(FILE *out, const json_t *act)
{
	const char *key, *comma = "";
	json_t *wanted;

	if (!act)
		return;
	put_head(out, "may");
	json_object_foreach((json_t *)act, key, wanted)
	{
		if (json_is_true(wanted)) {
			fprintf(out, "%s%s", comma, key);
			comma = ", ";
		}
	}
	fprintf(out, "%s\n", *comma ? "" : "nothing");
}

static void put_hook(FILE *out, const char *name, const json_t *hook)
{
	const json_t *needed = json_object_get(hook, "needed");
	const char *why = vg_json_get_text(hook, "why");

	fprintf(out, "  %-12s %s", name, json_is_true(json_object_get(hook, "ok")) ? "yes" : json_is_false(needed) ? "not needed" : "no");
	if (*why) {
		fputs(": ", out);
		vg_text_put(out, why);
	}
	fputc('\n', out);
}

static void put_hooks(FILE *out, const json_t *hooks)
{
	const char *name;
	json_t *hook;

	if (!hooks)
		return;
	fputs("hooks\n", out);
	json_object_foreach((json_t *)hooks, name, hook) put_hook(out, name, hook);
}

static void put_links(FILE *out, const json_t *links)
{
	size_t i;
	json_t *link;

	if (!links)
		return;
	put_head(out, "links");
	json_array_foreach(links, i, link)
	{
		fputs(i ? ", " : "", out);
		vg_text_put(out, vg_json_get_text(link, "name"));
		fprintf(out, " (%s)", vg_json_get_text(link, "by"));
	}
	fprintf(out, "%s\n", json_array_size(links) ? "" : "none: no announcement is judged");
}

/* What was asked for only to know that the API server is there. */
static void put_life(FILE *out, const json_t *life)
{
	const char *error = vg_json_get_text(life, "last_error");

	if (!life)
		return;
	put_head(out, "life");
	fprintf(out, "%" JSON_INTEGER_FORMAT " signs asked for, %" JSON_INTEGER_FORMAT " failed%s",
		json_integer_value(json_object_get(life, "requests")), json_integer_value(json_object_get(life, "failures")),
		*error ? "; the last one: " : "");
	vg_text_put(out, error);
	fputc('\n', out);
}

static void put_source(FILE *out, const json_t *source)
{
	if (!source)
		return;
	put_head(out, "source");
	vg_text_put(out, vg_json_get_text(source, "name"));
	fprintf(out, ", %" JSON_INTEGER_FORMAT " assignments, read %.0f s ago%s\n", json_integer_value(json_object_get(source, "assignments")),
		json_number_value(json_object_get(source, "age_seconds")),
		json_is_true(json_object_get(source, "failed")) ? "; the last reload FAILED" : "");
	put_life(out, json_object_get(source, "signs_of_life"));
}

static void put_paused(FILE *out, const json_t *paused)
{
	if (!paused)
		return;
	put_head(out, "paused");
	fprintf(out, "for %.0f s more, until %s: nothing is refused, dropped or removed\n",
		json_number_value(json_object_get(paused, "remaining_seconds")), vg_json_get_text(paused, "until"));
}

static void put_breaker(FILE *out, const json_t *breaker)
{
	json_int_t held = json_integer_value(json_object_get(breaker, "held"));
	const json_t *addresses = json_object_get(breaker, "addresses");

	if (!held)
		return;
	put_head(out, "breaker");
	fprintf(out, "holds %" JSON_INTEGER_FORMAT " addresses that became violations at once: ", held);
	vg_text_put_value(out, addresses);
	fprintf(out, "%s\n%-12s look whether the source is right, then vipguard resume\n",
		(json_int_t)json_array_size(addresses) < held ? ", ..." : "", "");
}

static void put_counters(FILE *out, const json_t *counters)
{
	const char *name;
	json_t *value;

	if (!counters)
		return;
	fputs("counters\n", out);
	json_object_foreach((json_t *)counters, name, value)
	{
		if (json_integer_value(value))
			fprintf(out, "  %-20s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
	}
}

void vg_status_print(FILE *out, const json_t *status)
{
	const json_t *dead_man = json_object_get(status, "dead_man_seconds");

	put_value(out, "node", json_object_get(status, "node"));
	put_value(out, "mode", json_object_get(status, "mode"));
	put_paused(out, json_object_get(status, "paused"));
	put_breaker(out, json_object_get(status, "breaker"));
	put_act(out, json_object_get(status, "act"));
	put_value(out, "netns", json_object_get(status, "netns"));
	if (dead_man)
		fprintf(out, "%-12s lets go after %.0f s of silence\n", "dead man", json_number_value(dead_man));
	put_source(out, json_object_get(status, "source"));
	put_links(out, json_object_get(status, "links"));
	put_hooks(out, json_object_get(status, "hooks"));
	put_counters(out, json_object_get(status, "counters"));
}
