/* SPDX-License-Identifier: Apache-2.0 */
/* `explain` and `check` for people. Made from the objects, so that a running guard's answer and one from files look the same. */
#include "report/explain.h"

#include "report/json.h"

static void put_line(FILE *out, const char *head, const json_t *value)
{
	if (!value || (json_is_array(value) && json_array_size(value) == 0))
		return;
	fprintf(out, "  %-11s ", head);
	vg_text_put_value(out, value);
	fputc('\n', out);
}

static void put_judgement(FILE *out, const char *head, const json_t *judgement)
{
	fprintf(out, "  %-11s ", head);
	vg_text_put(out, vg_json_get_text(judgement, "verdict"));
	fputs(" (", out);
	vg_text_put(out, vg_json_get_text(judgement, "reason"));
	fputs(")\n", out);
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
	if (!json_object_get(evidence, key))
		return;
	fputs(head, out);
	vg_text_put(out, vg_json_get_text(evidence, key));
}

static void put_evidence(FILE *out, const json_t *evidence)
{
	const json_t *line = json_object_get(evidence, "line");

	fprintf(out, "  %-11s ", "evidence");
	vg_text_put(out, vg_json_get_text(evidence, "kind"));
	fputc(' ', out);
	vg_text_put(out, vg_json_get_text(evidence, "name"));
	put_part(out, ": ", evidence, "field");
	put_part(out, " = ", evidence, "value");
	if (line)
		fprintf(out, " (line %" JSON_INTEGER_FORMAT ")", json_integer_value(line));
	put_part(out, ": ", evidence, "meaning");
	fputc('\n', out);
}

/* What explain and check say alike. */
static void put_answer(FILE *out, const json_t *o)
{
	size_t i;
	json_t *evidence;

	put_judgement(out, "bind", json_object_get(o, "bind"));
	put_judgement(out, "announce", json_object_get(o, "announce"));
	put_line(out, "owner", json_object_get(o, "owner"));
	put_line(out, "service", json_object_get(o, "services"));
	put_nodes(out, json_object_get(o, "assigned_nodes"));
	put_line(out, "source", json_object_get(o, "source"));
	json_array_foreach(json_object_get(o, "evidence"), i, evidence) put_evidence(out, evidence);
	put_line(out, "rule", json_object_get(o, "rule"));
	put_line(out, "remedy", json_object_get(o, "remedy"));
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
		fputc('\n', out);
		put_answer(out, o);
	}
}

static void put_finding(FILE *out, const json_t *o)
{
	const json_t *pid = json_object_get(o, "pid");

	vg_text_put(out, vg_json_get_text(o, "address"));
	fprintf(out, "/%d on ", (int)json_integer_value(json_object_get(o, "prefix")));
	vg_text_put(out, vg_json_get_text(o, "interface"));
	if (pid) {
		fputs(", bound by ", out);
		vg_text_put(out, vg_json_get_text(o, "comm"));
		fprintf(out, "[%" JSON_INTEGER_FORMAT "]", json_integer_value(pid));
	}
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
