/* SPDX-License-Identifier: Apache-2.0 */
/* `explain` and `check` for people. Made from the objects, so that a running guard's answer and one from files look the same. */
#include "report/explain.h"

#include <string.h>

#include "report/json.h"

static void put_line(FILE *out, const char *head, const json_t *value)
{
	if (!value || (json_is_array(value) && json_array_size(value) == 0))
		return;
	fprintf(out, "  %-11s ", head);
	vg_text_put_value(out, value);
	fputc('\n', out);
}

static void put_verdict(FILE *out, const json_t *judgement)
{
	vg_text_put(out, vg_json_get_text(judgement, "verdict"));
	fputs(" (", out);
	vg_text_put(out, vg_json_get_text(judgement, "reason"));
	fputc(')', out);
}

/* "violation (owner-never-binds) -> unknown (ipam-only)" where there was one before. */
static void put_judgement(FILE *out, const char *key, const json_t *o)
{
	const json_t *now = json_object_get(o, key), *before = json_object_get(json_object_get(o, "before"), key);

	fprintf(out, "  %-11s ", key);
	if (before && !json_equal(before, now)) {
		put_verdict(out, before);
		fputs(" -> ", out);
	}
	put_verdict(out, now);
	fputc('\n', out);
}

/* What is not in the lines above of what was before, and whether anything is another one at all. */
static void put_before(FILE *out, const json_t *o)
{
	const json_t *before = json_object_get(o, "before"), *changed = json_object_get(o, "changed");
	size_t i;
	json_t *key;

	if (!before)
		return;
	if (!json_array_size(changed))
		fprintf(out, "  %-11s nothing\n", "changed");
	json_array_foreach(changed, i, key)
	{
		const char *name = json_string_value(key);

		if (json_is_object(json_object_get(o, name)))
			continue;
		fprintf(out, "  %-11s ", "changed");
		fprintf(out, "%s was ", name);
		vg_text_put_value(out, json_object_get(before, name));
		fputs(json_object_get(before, name) ? "\n" : "nothing\n", out);
	}
}

static void put_nodes(FILE *out, const json_t *nodes)
{
	if (nodes && json_array_size(nodes) == 0)
		fprintf(out, "  %-11s nobody\n", "assigned to");
	else
		put_line(out, "assigned to", nodes);
}

static void put_part(FILE *out, const char *head, const json_t *evidence, const char *key)
{
	const json_t *value = json_object_get(evidence, key);

	if (!value)
		return;
	fputs(head, out);
	vg_text_put_value(out, value);
}

/* Selectors and the like, as they stand in a manifest but on one line. */
static void put_value(FILE *out, const json_t *evidence)
{
	const json_t *value = json_object_get(evidence, "value");
	size_t i;
	json_t *item;

	if (!json_is_array(value)) {
		put_part(out, " = ", evidence, "value");
		return;
	}
	fputs(" = [", out);
	json_array_foreach(value, i, item)
	{
		fputs(i ? ", " : "", out);
		if (json_is_string(item))
			vg_text_put(out, json_string_value(item));
		else
			json_dumpf(item, out, JSON_COMPACT);
	}
	fputc(']', out);
}

static void put_origin(FILE *out, const json_t *evidence)
{
	const json_t *version = json_object_get(evidence, "version"), *age = json_object_get(evidence, "age_seconds");

	if (!version && !age)
		return;
	put_part(out, " (version ", evidence, "version");
	if (age)
		fprintf(out, "%s%.1f s old", version ? ", " : " (", json_real_value(age));
	fputc(')', out);
}

static void put_evidence(FILE *out, const json_t *evidence)
{
	const json_t *line = json_object_get(evidence, "line");

	fprintf(out, "  %-11s ", json_object_get(evidence, "missing") ? "missing" : "evidence");
	vg_text_put(out, vg_json_get_text(evidence, "kind"));
	put_part(out, " ", evidence, "name");
	put_part(out, ": ", evidence, "field");
	if (!json_object_get(evidence, "missing"))
		put_value(out, evidence);
	if (line)
		fprintf(out, " (line %" JSON_INTEGER_FORMAT ")", json_integer_value(line));
	put_part(out, ": ", evidence, "meaning");
	put_origin(out, evidence);
	fputc('\n', out);
}

/* Each on a line of its own. */
static void put_steps(FILE *out, const char *head, const json_t *steps)
{
	size_t i;
	json_t *step;

	json_array_foreach(steps, i, step)
	{
		fprintf(out, "  %-11s ", head);
		vg_text_put(out, vg_json_get_text(step, "text"));
		if (strcmp(vg_json_get_text(step, "for"), "both") != 0 && json_array_size(steps) > 1)
			fprintf(out, " (%s)", vg_json_get_text(step, "for"));
		fputc('\n', out);
	}
}

/* What explain and check say alike. */
static void put_answer(FILE *out, const json_t *o)
{
	size_t i;
	json_t *evidence;

	put_judgement(out, "bind", o);
	put_judgement(out, "announce", o);
	put_before(out, o);
	put_line(out, "owner", json_object_get(o, "owner"));
	put_line(out, "service", json_object_get(o, "services"));
	put_nodes(out, json_object_get(o, "assigned_nodes"));
	put_line(out, "source", json_object_get(o, "source"));
	json_array_foreach(json_object_get(o, "evidence"), i, evidence) put_evidence(out, evidence);
	put_line(out, "rule", json_object_get(o, "rule"));
	put_steps(out, "to change", json_object_get(o, "would_change"));
	put_steps(out, "remedy", json_object_get(o, "remedies"));
}

static void put_who(FILE *out, const json_t *who)
{
	const json_t *pid = json_object_get(who, "pid");

	if (!pid)
		return;
	fputs(", bound by ", out);
	vg_text_put(out, vg_json_get_text(who, "comm"));
	fprintf(out, "[%" JSON_INTEGER_FORMAT "]", json_integer_value(pid));
	put_part(out, " of Pod ", who, json_object_get(who, "pod") ? "pod" : "pod_uid");
}

void vg_explain_print(FILE *out, const json_t *explanations)
{
	size_t i;
	json_t *o;

	json_array_foreach(explanations, i, o)
	{
		if (i)
			fputc('\n', out);
		vg_text_put(out, vg_json_get_text(o, "address"));
		put_who(out, json_object_get(o, "bound_by"));
		fputc('\n', out);
		put_answer(out, o);
	}
}

static void put_finding(FILE *out, const json_t *o)
{
	vg_text_put(out, vg_json_get_text(o, "address"));
	fprintf(out, "/%d on ", (int)json_integer_value(json_object_get(o, "prefix")));
	vg_text_put(out, vg_json_get_text(o, "interface"));
	put_who(out, o);
	fputc('\n', out);
	put_answer(out, o);
	fputc('\n', out);
}

void vg_check_print(FILE *out, const json_t *check)
{
	const json_t *findings = json_object_get(check, "findings");
	size_t i;
	json_t *o;

	json_array_foreach(findings, i, o) put_finding(out, o);
	fputs("node ", out);
	vg_text_put(out, vg_json_get_text(check, "node"));
	fprintf(out, ": %d bound, %zu findings, %d violations\n", (int)json_integer_value(json_object_get(check, "bound")), json_array_size(findings),
		vg_check_violations(check));
}
