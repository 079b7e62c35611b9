/* SPDX-License-Identifier: Apache-2.0 */
#include "report/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/json.h"

#define DOCS "docs/doctor.md#"
#define ALIKE_MAX 8 /* other Pods that are named */

json_t *vg_doctor_new(const char *node)
{
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "node", node);
	r |= vg_json_set(o, "looked_at", json_object());
	r |= vg_json_set(o, "findings", json_array());
	return r < 0 ? NULL : TAKE_PTR(o);
}

int vg_doctor_looked(json_t *doctor, enum vg_part part, const char *from)
{
	return vg_json_set_text(json_object_get(doctor, "looked_at"), vg_part_to_str(part), from);
}

int vg_doctor_not_looked(json_t *doctor, enum vg_part part, const char *why)
{
	if (!json_object_get(doctor, "not_looked_at") && vg_json_set(doctor, "not_looked_at", json_object()) < 0)
		return -ENOMEM;
	return vg_json_set_text(json_object_get(doctor, "not_looked_at"), vg_part_to_str(part), why);
}

/* ---- a finding */

static json_t *new_finding(enum vg_ailment ailment, const char *what, const char *why, const char *change)
{
	const char *id = vg_ailment_to_str(ailment);
	json_auto_t *o = json_object();
	char docs[96];
	int r = 0;

	snprintf(docs, sizeof(docs), DOCS "%s", id);
	r |= vg_json_set_text(o, "id", id);
	r |= vg_json_set_text(o, "severity", vg_severity_to_str(vg_ailment_severity(ailment)));
	r |= vg_json_set_text(o, "part", vg_part_to_str(vg_ailment_part(ailment)));
	r |= vg_json_set_text(o, "what", what);
	r |= vg_json_set_text(o, "why", why);
	r |= vg_json_set(o, "evidence", json_array());
	r |= vg_json_set_text(o, "change", change);
	r |= vg_json_set_text(o, "docs", docs);
	return r < 0 ? NULL : TAKE_PTR(o);
}

static int add_finding(json_t *doctor, json_t *finding)
{
	return finding && json_array_append(json_object_get(doctor, "findings"), finding) == 0 ? 0 : -ENOMEM;
}

int vg_doctor_add_evidence(json_t *finding, const char *kind, const char *name, const char *field, const char *value)
{
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "kind", kind);
	r |= vg_json_set_text(o, "name", name);
	r |= vg_json_set_text(o, "field", field);
	r |= vg_json_set_text(o, "value", value);
	return r < 0 || json_array_append(json_object_get(finding, "evidence"), o) < 0 ? -ENOMEM : 0;
}

/* Of a Pod also where it is and what made it: what its settings are changed by. */
static int add_object(json_t *finding, const struct vg_object *object, const char *field, const char *value)
{
	int r = vg_doctor_add_evidence(finding, vg_kind_to_str((enum vg_kind)object->kind), object->key, field, value);
	json_t *list = json_object_get(finding, "evidence"), *last = json_array_get(list, json_array_size(list) - 1);
	const struct vg_pod *pod = (const struct vg_pod *)object;

	if (r < 0 || object->kind != VG_KIND_POD)
		return r;
	return vg_json_set_text(last, "node", pod->node) | vg_json_set_text(last, "controller", pod->controller);
}

static int add_objects(json_t *finding, const struct vg_diagnosis *diagnosis)
{
	const struct vg_evidence *evidence = &diagnosis->evidence;
	const bool overlap = diagnosis->cure == VG_CURE_SEPARATE_RANGES && evidence->about;
	char range[VG_RANGE_TEXT_MAX] = "";
	int r = 0;

	if (vg_addr_is_global(&evidence->range.first))
		vg_range_to_str(&evidence->range.first, &evidence->range.last, range);
	if (diagnosis->link[0])
		r = vg_doctor_add_evidence(finding, "Link", diagnosis->link, NULL, evidence->value);
	else if (evidence->object)
		r = add_object(finding, evidence->object, evidence->field, *range ? range : evidence->value);
	if (r == 0 && evidence->about)
		r = add_object(finding, evidence->about, overlap ? "addresses" : NULL, overlap ? range : NULL);
	return r;
}

static bool is_alike(const struct vg_pod *pod, const struct vg_pod *other)
{
	return pod->flags == other->flags && !strcmp(pod->class, other->class) && !strcmp(pod->controller, other->controller);
}

/* A change of kube-vip's settings is one of each Pod that is set up so: on every control-plane node, mostly. */
static int add_alike(json_t *finding, const struct vg_cluster *cluster, const struct vg_diagnosis *diagnosis)
{
	const struct vg_object *object = NULL, *of = diagnosis->evidence.object;
	size_t n = 0;
	int r = 0;

	if (!cluster || !of || of->kind != VG_KIND_POD || !(((const struct vg_pod *)of)->flags & VG_POD_KUBE_VIP))
		return 0;
	while (r == 0 && n < ALIKE_MAX && (object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if (object == of || !is_alike((const struct vg_pod *)of, pod))
			continue;
		r = add_object(finding, object, "nodeName", pod->node);
		n++;
	}
	return r;
}

int vg_doctor_add(json_t *doctor, const struct vg_ground *ground, const struct vg_diagnosis *diagnosis)
{
	_cleanup_free_ char *what = vg_doctor_what(ground, diagnosis), *change = vg_doctor_change(ground, diagnosis);
	json_auto_t *finding = what && change ? new_finding(diagnosis->ailment, what, vg_doctor_why(diagnosis), change) : NULL;
	int r = finding ? add_objects(finding, diagnosis) : -ENOMEM;

	if (r == 0)
		r = add_alike(finding, ground->cluster, diagnosis);
	r |= vg_json_set_text(finding, "cure", vg_cure_to_str(diagnosis->cure));
	if (diagnosis->count)
		r |= vg_json_set_number(finding, "count", diagnosis->count);
	if (r == 0)
		r = add_finding(doctor, finding);
	return r < 0 ? -ENOMEM : 0;
}

int vg_doctor_add_bind(json_t *doctor, const json_t *bind)
{
	_cleanup_free_ char *what = NULL;
	json_auto_t *finding = NULL;
	const char *who = vg_json_get_text(bind, "comm"), *link = vg_json_get_text(bind, "interface");
	const char *address = vg_json_get_text(bind, "address"), *remedy = vg_json_get_text(bind, "remedy");

	if (asprintf(&what, "%s is bound on %s%s%s: %s", address, link, *who ? " by " : "", who,
		     vg_json_get_text(json_object_get(bind, "bind"), "reason")) < 0)
		return -ENOMEM;
	finding = new_finding(VG_AIL_WRONG_BIND, what, vg_json_get_text(bind, "rule"), *remedy ? remedy : "vipguard explain names the rule");
	if (!finding || vg_doctor_add_evidence(finding, "Link", link, "address", address) < 0)
		return -ENOMEM;
	return add_finding(doctor, finding);
}

/* The finding of what lacks for the same reason ("it needs tracing", or the same words), and weighs as much: one cure does for both. NULL: none. */
static json_t *same_cause(const json_t *doctor, enum vg_severity severity, const char *why)
{
	static const char needs[] = "it needs ";
	json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(doctor, "findings"), i, finding)
	{
		const json_t *first = json_array_get(json_object_get(finding, "evidence"), 0);
		enum vg_ailment ailment;

		if (vg_ailment_from_str(vg_json_get_text(finding, "id"), &ailment) < 0 || vg_ailment_part(ailment) != VG_PART_KERNEL ||
		    vg_ailment_severity(ailment) > severity)
			continue;
		if (*why && !strcmp(vg_json_get_text(first, "value"), why))
			return finding;
		if (!strncmp(why, needs, sizeof(needs) - 1) && !strcmp(vg_json_get_text(first, "name"), why + sizeof(needs) - 1))
			return finding;
	}
	return NULL;
}

int vg_doctor_add_feature(json_t *doctor, const char *feature, const char *state, const char *why, const char *loss, const char *cure)
{
	json_t *list = json_object_get(doctor, "kernel");
	json_auto_t *o = json_object(), *finding = NULL;
	_cleanup_free_ char *what = NULL, *id = NULL;
	enum vg_ailment ailment;
	int r = 0;

	if (!list && vg_json_set(doctor, "kernel", list = json_array()) < 0)
		return -ENOMEM;
	r |= vg_json_set_text(o, "feature", feature);
	r |= vg_json_set_text(o, "state", state);
	r |= vg_json_set_text(o, "why", why);
	if (r < 0 || json_array_append(list, o) < 0)
		return -ENOMEM;
	if (strcmp(state, "no"))
		return 0;
	if (asprintf(&id, "kernel-%s", feature) < 0 || asprintf(&what, "%s: %s", feature, *why ? why : "not to be had") < 0)
		return -ENOMEM;
	if (vg_ailment_from_str(id, &ailment) < 0)
		return -EINVAL;
	if (same_cause(doctor, vg_ailment_severity(ailment), why))
		return vg_doctor_add_evidence(same_cause(doctor, vg_ailment_severity(ailment), why), "Feature", feature, "lost", loss);
	finding = new_finding(ailment, what, loss, cure);
	r = finding ? vg_doctor_add_evidence(finding, "Feature", feature, NULL, why) : -ENOMEM;
	return r < 0 ? r : add_finding(doctor, finding);
}

int vg_doctor_take(json_t *doctor, const json_t *other)
{
	return json_array_extend(json_object_get(doctor, "findings"), json_object_get(other, "findings")) < 0 ? -ENOMEM : 0;
}

/* ---- what the caller adds */

static json_t *list_of(json_t *finding, const char *key)
{
	if (!json_object_get(finding, key) && vg_json_set(finding, key, json_array()) < 0)
		return NULL;
	return json_object_get(finding, key);
}

int vg_doctor_add_edit(json_t *finding, const char *file, unsigned line, unsigned last_line, const char *setting, const char *found,
		       const char *change)
{
	json_t *list = list_of(finding, "edits");
	json_auto_t *o = json_object();
	int r = list ? 0 : -ENOMEM;

	r |= vg_json_set_text(o, "file", file);
	r |= vg_json_set_number(o, "line", line);
	r |= vg_json_set_number(o, "last_line", last_line);
	r |= vg_json_set_text(o, "setting", setting);
	r |= vg_json_set_text(o, "found", found);
	r |= vg_json_set_text(o, "change", change);
	return r < 0 || json_array_append(list, o) < 0 ? -ENOMEM : 0;
}

int vg_doctor_add_command(json_t *finding, const char *command)
{
	json_t *list = list_of(finding, "commands");

	return list && json_array_append_new(list, vg_json_text(command)) == 0 ? 0 : -ENOMEM;
}

/* ---- the end */

static size_t sort_out(json_t *sorted, const json_t *findings, enum vg_severity severity)
{
	size_t i, n = 0;
	json_t *finding;

	json_array_foreach(findings, i, finding)
	{
		if (strcmp(vg_json_get_text(finding, "severity"), vg_severity_to_str(severity)))
			continue;
		n += json_array_append(sorted, finding) == 0;
	}
	return n;
}

int vg_doctor_finish(json_t *doctor, size_t left_out)
{
	static const char *const keys[] = { [VG_SEVERITY_FAULT] = "faults", [VG_SEVERITY_RISK] = "risks", [VG_SEVERITY_NOTE] = "notes" };
	json_auto_t *sorted = json_array();
	int r = sorted ? 0 : -ENOMEM;

	for (int i = 0; i < VG_SEVERITY_MAX && r == 0; i++)
		r = vg_json_set(doctor, keys[i],
				json_integer((json_int_t)sort_out(sorted, json_object_get(doctor, "findings"), (enum vg_severity)i)));
	if (r == 0 && json_array_size(sorted) != json_array_size(json_object_get(doctor, "findings")))
		r = -ENOMEM;
	if (r == 0)
		r = vg_json_set(doctor, "findings", TAKE_PTR(sorted));
	return r < 0 ? r : vg_json_set_number(doctor, "left_out", left_out);
}

size_t vg_doctor_grave(const json_t *doctor)
{
	return (size_t)(json_integer_value(json_object_get(doctor, "faults")) + json_integer_value(json_object_get(doctor, "risks")));
}
