/* SPDX-License-Identifier: Apache-2.0 */
#include "report/evidence.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "core/verdict.h"
#include "report/json.h"
#include "report/objects.h"

/* The same subject, speaking of this. */
static struct vg_subject with(const struct vg_subject *subject, const struct vg_evidence *evidence)
{
	struct vg_subject one = *subject;

	one.evidence = evidence;
	return one;
}

/* Steals the words; NULL: no memory. */
static int set_words(json_t *o, const char *key, char *words)
{
	_cleanup_free_ char *text = words;

	return text ? vg_json_set(o, key, vg_json_text(text)) : -ENOMEM;
}

/* ---- what is no object of the cluster: protections and the assignments file */

static int add_plain(json_t *list, const char *kind, const char *name, const char *field, const char *value, unsigned line)
{
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "kind", kind);
	r |= vg_json_set_text(o, "name", name);
	r |= vg_json_set_text(o, "field", field);
	r |= vg_json_set(o, "value", vg_json_text(value));
	r |= vg_json_set_number(o, "line", line);
	return r < 0 || json_array_append(list, o) < 0 ? -ENOMEM : 0;
}

/* "[a, b]", as it stands in the file. */
static char *nodes_to_text(const struct vg_assignment *assignment)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputc('[', out);
	for (size_t i = 0; i < assignment->n_nodes; i++)
		fprintf(out, "%s%s", i ? ", " : "", assignment->nodes[i]);
	fputc(']', out);
	return fclose(out) == 0 ? TAKE_PTR(text) : NULL;
}

static int add_assignment(json_t *list, const struct vg_assignment *assignment)
{
	_cleanup_free_ char *nodes = nodes_to_text(assignment);
	char name[VG_TEXT_MAX];
	int r;

	if (!nodes)
		return -ENOMEM;
	vg_prefix_to_str(&assignment->prefix, name);
	r = add_plain(list, "Assignment", name, "nodes", nodes, assignment->line);
	if (r < 0)
		return r;
	return add_plain(list, "Assignment", name, "bind", assignment->bind == VG_BIND_NOBODY ? "nobody" : "holder", assignment->line);
}

/* ---- objects */

static int set_value(json_t *o, const struct vg_evidence *evidence)
{
	json_t *value = NULL;
	int r;

	if (evidence->value)
		return vg_json_set(o, "value", vg_json_text(evidence->value));
	r = evidence->object && evidence->field ? vg_object_value_to_json(evidence->object, evidence->field, &value) : 0;
	return r > 0 ? vg_json_set(o, "value", value) : r;
}

static int set_origin(json_t *o, const struct vg_object *object, uint64_t now_ns)
{
	char created[VG_RFC3339_MAX] = "";
	int r = 0;

	if (object->created_ns)
		vg_time_rfc3339(object->created_ns, created);
	r |= vg_json_set_text(o, "version", object->version);
	r |= vg_json_set_text(o, "created", created);
	if (object->heard_ns < now_ns)
		r |= vg_json_set(o, "age_seconds", json_real((double)(now_ns - object->heard_ns) / 1e9));
	return r;
}

static int add_object(json_t *list, const struct vg_subject *subject)
{
	const struct vg_evidence *evidence = subject->evidence;
	const struct vg_object *object = evidence->object;
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "kind", vg_kind_to_str(evidence->kind));
	r |= vg_json_set_text(o, "name", object ? object->key : NULL);
	r |= object ? 0 : vg_json_set(o, "missing", json_true());
	r |= vg_json_set_text(o, "field", evidence->field);
	r |= set_value(o, evidence);
	r |= vg_json_set_text(o, "clue", vg_clue_to_str(evidence->clue));
	r |= set_words(o, "meaning", vg_words_clue(subject));
	if (object)
		r |= set_origin(o, object, subject->ground->now.boot_ns);
	return r < 0 || json_array_append(list, o) < 0 ? -ENOMEM : 0;
}

json_t *vg_evidence_to_json(const struct vg_subject *subject, const struct vg_explanation *explanation)
{
	const struct vg_answer *answer = subject->answer;
	json_auto_t *list = json_array();
	char name[VG_TEXT_MAX];
	int r = list ? 0 : -ENOMEM;

	if (r == 0 && answer->protection) {
		vg_prefix_to_str(&answer->protection->prefix, name);
		r = add_plain(list, "Protection", name, "reason", vg_reason_to_str(answer->protection->reason), 0);
	}
	if (r == 0 && answer->assignment && answer->assignment->durable)
		r = add_assignment(list, answer->assignment);
	for (size_t i = 0; i < explanation->n_evidence && r == 0; i++) {
		struct vg_subject one = with(subject, &explanation->evidence[i]);

		r = add_object(list, &one);
	}
	return r < 0 ? NULL : TAKE_PTR(list);
}

/* ---- steps */

static const char *about(const struct vg_step *step)
{
	return step->bind && step->announce ? "both" : step->bind ? "bind" : "announce";
}

static int add_step(json_t *list, const char *kind, const struct vg_step *step, char *words)
{
	const struct vg_object *object = step->evidence.object;
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "kind", kind);
	r |= vg_json_set_text(o, "for", about(step));
	r |= object ? vg_json_set(o, "object", json_sprintf("%s/%s", vg_kind_to_str((enum vg_kind)object->kind), object->key)) : 0;
	r |= set_words(o, "text", words);
	return r < 0 || json_array_append(list, o) < 0 ? -ENOMEM : 0;
}

json_t *vg_changes_to_json(const struct vg_subject *subject, const struct vg_explanation *explanation)
{
	json_auto_t *list = json_array();
	int r = list ? 0 : -ENOMEM;

	for (size_t i = 0; i < explanation->changes.n && r == 0; i++) {
		const struct vg_step *step = &explanation->changes.list[i];
		struct vg_subject one = with(subject, &step->evidence);

		r = add_step(list, vg_change_to_str(step->what), step, vg_words_change(&one, step->what));
	}
	return r < 0 ? NULL : TAKE_PTR(list);
}

/* Said only of a process that was seen doing it. */
static char *words_of_binder(const struct vg_subject *subject)
{
	const struct vg_doer *doer = &subject->binder->doer;
	const struct vg_who *who = &subject->binder->who;
	const char *pod = doer->pod ? doer->pod : doer->pod_uid;
	_cleanup_free_ char *tail = vg_words_fill(subject, "set right what it is told to hold, or stop it; what is left goes with ip address del "
							   "{address}/{bits} dev LINK");
	char *text;

	if (!tail || asprintf(&text, "%s%s%s%.*s[%u] bound it here: %s", pod ? "Pod " : "", pod ? pod : "", pod ? ": " : "", VG_COMM_MAX, who->comm,
			      who->pid, tail) < 0)
		return NULL;
	return text;
}

static int add_binder(json_t *list, const struct vg_subject *subject)
{
	const char *pod = subject->binder->doer.pod;
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "kind", "seen-binding");
	r |= vg_json_set_text(o, "for", "bind");
	r |= pod ? vg_json_set(o, "object", json_sprintf("Pod/%s", pod)) : 0;
	r |= set_words(o, "text", words_of_binder(subject));
	return r < 0 || json_array_append(list, o) < 0 ? -ENOMEM : 0;
}

json_t *vg_remedies_to_json(const struct vg_subject *subject, const struct vg_explanation *explanation)
{
	bool seen = subject->binder && subject->binder->who.pid && subject->answer->bind.verdict == VG_VIOLATION;
	json_auto_t *list = json_array();
	int r = list ? 0 : -ENOMEM;

	if (r == 0 && seen)
		r = add_binder(list, subject);
	for (size_t i = 0; i < explanation->remedies.n && r == 0; i++) {
		const struct vg_step *step = &explanation->remedies.list[i];
		struct vg_subject one = with(subject, &step->evidence);

		if (seen && step->what == VG_REMEDY_FIND_BINDER)
			continue;
		r = add_step(list, vg_remedy_to_str(step->what), step, vg_words_remedy(&one, step->what));
	}
	return r < 0 ? NULL : TAKE_PTR(list);
}

/* ---- rules */

static char *rule_of(const struct vg_subject *subject, const struct vg_step *step)
{
	struct vg_subject one = with(subject, &step->evidence);

	return vg_words_rule(&one, step->what);
}

json_t *vg_rules_to_json(const struct vg_subject *subject, const struct vg_explanation *explanation)
{
	const struct vg_answer *answer = subject->answer;
	_cleanup_free_ char *bind = rule_of(subject, &explanation->bind), *announce = rule_of(subject, &explanation->announce);
	_cleanup_free_ char *text = NULL;

	if (!bind || !announce)
		return NULL;
	if (answer->bind.reason == answer->announce.reason && !strcmp(bind, announce)) {
		if (asprintf(&text, "%s: %s", vg_verdict_to_str(answer->bind.verdict), bind) < 0)
			return NULL;
		return vg_json_text(text);
	}
	if (asprintf(&text, "bind is %s: %s; announce is %s: %s", vg_verdict_to_str(answer->bind.verdict), bind,
		     vg_verdict_to_str(answer->announce.verdict), announce) < 0)
		return NULL;
	return vg_json_text(text);
}
