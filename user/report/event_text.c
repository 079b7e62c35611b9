/* SPDX-License-Identifier: Apache-2.0 */
/* An event for people: the columns that every finding has, aligned, then what else is known as key=value. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/event.h"
#include "report/json.h"

#define BOLD_RED "\033[1;31m"
#define YELLOW "\033[33m"
#define GREEN "\033[32m"
#define CYAN "\033[36m"
#define PLAIN "\033[0m"

static const char *colour_of(const char *verdict)
{
	static const struct {
		const char *verdict;
		const char *colour;
	} colours[] = { { "violation", BOLD_RED }, { "unknown", YELLOW }, { "allowed", GREEN }, { "protected", CYAN } };

	for (size_t i = 0; i < ARRAY_SIZE(colours); i++) {
		if (strcmp(colours[i].verdict, verdict) == 0)
			return colours[i].colour;
	}
	return "";
}

/* Columns count characters before escaping; names that need escaping may shift the rest of their line. */
static void put_column(FILE *out, const json_t *event, const char *key, int width)
{
	const char *text = vg_json_get_text(event, key);
	int len = (int)strlen(text);

	vg_text_put(out, text);
	fprintf(out, "%*s", len < width ? width - len + 1 : 1, "");
}

static bool is_column(const char *key)
{
	static const char *const columns[] = { "time",	 "id",	      "event",	 "verdict", "reason", "action", "address",
					       "prefix", "interface", "ifindex", "netns",   "count",  "why" };

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		if (strcmp(columns[i], key) == 0)
			return true;
	}
	return false;
}

/* A container's id is as good by its beginning, as the runtimes' own tools print it; it stands in the cgroup's path, too. */
#define CONTAINER_SHOWN 12

static bool is_said_by_container(const json_t *event, const char *key)
{
	return strcmp(key, "cgroup") == 0 && json_object_get(event, "container");
}

static void put_rest(FILE *out, const json_t *event, bool all)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)event, key, value)
	{
		if (is_column(key) && (!all || strcmp(key, "time") == 0 || strcmp(key, "id") == 0 || strcmp(key, "event") == 0))
			continue;
		if (is_said_by_container(event, key))
			continue;
		fputc(' ', out);
		vg_text_put(out, key);
		fputc('=', out);
		if (strcmp(key, "container") == 0)
			fprintf(out, "%.*s", CONTAINER_SHOWN, vg_json_get_text(event, key));
		else
			vg_text_put_value(out, value);
	}
}

static void put_address(FILE *out, const json_t *event)
{
	const json_t *prefix = json_object_get(event, "prefix");
	char text[128];

	if (prefix)
		snprintf(text, sizeof(text), "%s/%d", vg_json_get_text(event, "address"), (int)json_integer_value(prefix));
	else
		snprintf(text, sizeof(text), "%s", vg_json_get_text(event, "address"));
	fprintf(out, "%-20s ", text);
}

static void put_finding(FILE *out, const json_t *event, bool colour)
{
	const char *verdict = vg_json_get_text(event, "verdict");
	const json_t *count = json_object_get(event, "count");
	const char *why = vg_json_get_text(event, "why");

	fprintf(out, "%s%-9s%s ", colour ? colour_of(verdict) : "", verdict, colour ? PLAIN : "");
	put_column(out, event, "event", 8);
	put_address(out, event);
	put_column(out, event, "interface", 8);
	put_column(out, event, "action", 12);
	vg_text_put(out, vg_json_get_text(event, "reason"));
	if (count)
		fprintf(out, " x%" JSON_INTEGER_FORMAT, json_integer_value(count));
	put_rest(out, event, false);
	if (*why) {
		fputs(": ", out);
		vg_text_put(out, why);
	}
}

char *vg_event_to_text(const json_t *event, bool colour)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_column(out, event, "time", 27);
	if (*vg_json_get_text(event, "verdict")) {
		put_finding(out, event, colour);
	} else {
		vg_text_put(out, vg_json_get_text(event, "event"));
		put_rest(out, event, true);
	}
	return fclose(out) == 0 ? TAKE_PTR(text) : NULL;
}
