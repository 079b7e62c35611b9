/* SPDX-License-Identifier: Apache-2.0 */
/* `doctor` for people: each finding with what it is and what to change on its first two lines. */
#include <string.h>

#include "core/doctor.h"
#include "report/doctor.h"
#include "report/json.h"

static void put_head(FILE *out, const char *head)
{
	fprintf(out, "  %-11s ", head);
}

static void put_text(FILE *out, const char *head, const char *text)
{
	if (!*text)
		return;
	put_head(out, head);
	vg_text_put(out, text);
	fputc('\n', out);
}

/* "/etc/kubernetes/manifests/kube-vip.yaml, line 24: svc_enable: "true" -> "false"" */
static void put_edit(FILE *out, const json_t *edit)
{
	json_int_t line = json_integer_value(json_object_get(edit, "line")), last = json_integer_value(json_object_get(edit, "last_line"));
	const char *found = vg_json_get_text(edit, "found");

	put_head(out, "change");
	vg_text_put(out, vg_json_get_text(edit, "file"));
	fprintf(out, last > line ? ", lines %" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT ": " : ", line %" JSON_INTEGER_FORMAT ": ", line, last);
	vg_text_put(out, vg_json_get_text(edit, "setting"));
	if (*found) {
		fputs(" is ", out);
		vg_text_put(out, found);
		fputc(',', out);
	}
	fputc(' ', out);
	vg_text_put(out, vg_json_get_text(edit, "change"));
	fputc('\n', out);
}

/* Lines of files and commands to copy come first; without them it is told in words. */
static void put_change(FILE *out, const json_t *finding)
{
	const json_t *edits = json_object_get(finding, "edits"), *commands = json_object_get(finding, "commands");
	size_t i;
	json_t *one;

	json_array_foreach(edits, i, one) put_edit(out, one);
	json_array_foreach(commands, i, one) put_text(out, "change", json_string_value(one));
	if (!json_array_size(edits) && !json_array_size(commands))
		put_text(out, "change", vg_json_get_text(finding, "change"));
}

static void put_evidence(FILE *out, const json_t *evidence)
{
	const char *field = vg_json_get_text(evidence, "field"), *value = vg_json_get_text(evidence, "value");

	put_head(out, "evidence");
	fprintf(out, "%s ", vg_json_get_text(evidence, "kind"));
	vg_text_put(out, vg_json_get_text(evidence, "name"));
	if (*field || *value)
		fputs(": ", out);
	vg_text_put(out, field);
	if (*field && *value)
		fputs(" = ", out);
	vg_text_put(out, value);
	fputc('\n', out);
}

static const char *cure_in_words(const char *cure)
{
	for (int i = 0; i < VG_CURE_MAX; i++) {
		if (!strcmp(vg_cure_to_str((enum vg_cure)i), cure))
			return vg_doctor_cure((enum vg_cure)i);
	}
	return cure;
}

static void put_finding(FILE *out, const json_t *finding)
{
	size_t i;
	json_t *evidence;

	fprintf(out, "%s %s: ", vg_json_get_text(finding, "severity"), vg_json_get_text(finding, "id"));
	vg_text_put(out, vg_json_get_text(finding, "what"));
	fputc('\n', out);
	put_change(out, finding);
	put_text(out, "cure", cure_in_words(vg_json_get_text(finding, "cure")));
	put_text(out, "why", vg_json_get_text(finding, "why"));
	json_array_foreach(json_object_get(finding, "evidence"), i, evidence) put_evidence(out, evidence);
	put_text(out, "docs", vg_json_get_text(finding, "docs"));
	fputc('\n', out);
}

static void put_parts(FILE *out, const json_t *doctor)
{
	const char *part, *comma = "";
	json_t *text;

	fputs("looked at: ", out);
	json_object_foreach(json_object_get(doctor, "looked_at"), part, text)
	{
		fprintf(out, "%s%s (", comma, part);
		vg_text_put(out, json_string_value(text));
		fputc(')', out);
		comma = ", ";
	}
	fprintf(out, "%s\n", *comma ? "" : "nothing");
	json_object_foreach(json_object_get(doctor, "not_looked_at"), part, text)
	{
		fprintf(out, "not looked at: %s: ", part);
		vg_text_put(out, json_string_value(text));
		fputc('\n', out);
	}
}

static void put_unknown(FILE *out, const json_t *features)
{
	const char *comma = "cannot be told without a guard that runs: ";
	size_t i;
	json_t *feature;

	json_array_foreach(features, i, feature)
	{
		if (strcmp(vg_json_get_text(feature, "state"), "unknown"))
			continue;
		fprintf(out, "%s%s", comma, vg_json_get_text(feature, "feature"));
		comma = ", ";
	}
	if (comma[0] == ',')
		fputc('\n', out);
}

static void put_sum(FILE *out, const json_t *doctor)
{
	static const char *const keys[] = { "faults", "risks", "notes" };
	json_int_t left_out = json_integer_value(json_object_get(doctor, "left_out")), sum = 0, n;

	fputs("node ", out);
	vg_text_put(out, vg_json_get_text(doctor, "node"));
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		n = json_integer_value(json_object_get(doctor, keys[i]));
		sum += n;
		fprintf(out, "%s%" JSON_INTEGER_FORMAT " %.*s", i ? ", " : ": ", n, (int)strlen(keys[i]) - (n == 1), keys[i]);
	}
	if (left_out)
		fprintf(out, "; %" JSON_INTEGER_FORMAT " more of the same kinds", left_out);
	fputs(sum ? ". What is cured is not named when this runs again\n" : ": no finding\n", out);
}

void vg_doctor_print(FILE *out, const json_t *doctor)
{
	size_t i;
	json_t *finding;

	json_array_foreach(json_object_get(doctor, "findings"), i, finding) put_finding(out, finding);
	put_parts(out, doctor);
	put_unknown(out, json_object_get(doctor, "kernel"));
	put_sum(out, doctor);
}
