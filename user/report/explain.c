/* SPDX-License-Identifier: Apache-2.0 */
#include "report/explain.h"

#include <errno.h>
#include <string.h>

#include "core/verdict.h"
#include "report/evidence.h"
#include "report/json.h"
#include "report/who.h"

static json_t *judgement_to_json(const struct vg_judgement *judgement)
{
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "verdict", vg_verdict_to_str(judgement->verdict));
	r |= vg_json_set_text(o, "reason", vg_reason_to_str(judgement->reason));
	return r < 0 ? NULL : TAKE_PTR(o);
}

/* The advice that is left when everything is said, in one line. No key where nothing is wrong. */
static int set_remedy(json_t *o, const json_t *remedies)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, i;
	FILE *out = open_memstream(&text, &size);
	json_t *remedy;

	if (!out)
		return -ENOMEM;
	json_array_foreach(remedies, i, remedy) fprintf(out, "%s%s", i ? "; " : "", vg_json_get_text(remedy, "text"));
	return fclose(out) == 0 ? vg_json_set_text(o, "remedy", text) : -ENOMEM;
}

/* full: with the evidence and what would change it. */
static int put_explanation(json_t *o, const struct vg_subject *subject, bool full)
{
	const struct vg_ground *ground = subject->ground;
	const struct vg_question question = { .cluster = ground->cluster,
					      .config = ground->config,
					      .now = &ground->now,
					      .addr = subject->addr,
					      .link = subject->link,
					      .answer = subject->answer };
	VG_CLEANUP(vg_explanation_deinit) struct vg_explanation explanation = { .n_evidence = 0 };
	int r = vg_explain(&question, &explanation);

	if (r < 0)
		return r;
	if (full)
		r |= vg_json_set(o, "evidence", vg_evidence_to_json(subject, &explanation));
	r |= vg_json_set(o, "rule", vg_rules_to_json(subject, &explanation));
	if (full)
		r |= vg_json_set(o, "would_change", vg_changes_to_json(subject, &explanation));
	r |= vg_json_set(o, "remedies", vg_remedies_to_json(subject, &explanation));
	return r < 0 ? -ENOMEM : set_remedy(o, json_object_get(o, "remedies"));
}

static int put_carriers(json_t *o, const struct vg_cluster *cluster, const struct vg_addr *addr)
{
	const struct vg_service *service = vg_cluster_carrier(cluster, addr, NULL);
	json_auto_t *list = service ? json_array() : NULL;
	int r = 0;

	if (!service)
		return 0;
	for (; service && r == 0; service = vg_cluster_carrier(cluster, addr, service))
		r = json_array_append_new(list, vg_json_text(service->object.key));
	return r < 0 ? -ENOMEM : vg_json_set(o, "services", TAKE_PTR(list));
}

static int put_assignment(json_t *o, const struct vg_ground *ground, const struct vg_addr *addr, const struct vg_assignment *assignment)
{
	bool named = assignment && assignment->service && *assignment->service;
	int r = 0;

	if (assignment) {
		r |= vg_json_set_text(o, "owner", assignment->owner);
		/* none in the file is nobody; none of the cluster's is not known */
		if (assignment->n_nodes || assignment->durable)
			r |= vg_json_set(o, "assigned_nodes", vg_json_texts(assignment->nodes, assignment->n_nodes));
	}
	if (named && (assignment->durable || !ground->cluster))
		return r | vg_json_set(o, "services", vg_json_texts(&assignment->service, 1));
	return r | (ground->cluster ? put_carriers(o, ground->cluster, addr) : 0);
}

static const char *source_of(const struct vg_ground *ground, const struct vg_answer *answer)
{
	if (answer->assignment && answer->assignment->source)
		return answer->assignment->source;
	return ground->snapshot ? vg_snapshot_source(ground->snapshot) : NULL;
}

static int put_answer(json_t *o, const struct vg_ground *ground, const struct vg_addr *addr, const struct vg_answer *answer)
{
	int r = 0;

	r |= vg_json_set(o, "bind", judgement_to_json(&answer->bind));
	r |= vg_json_set(o, "announce", judgement_to_json(&answer->announce));
	r |= put_assignment(o, ground, addr, answer->assignment);
	return r;
}

static int put_binder(json_t *o, const struct vg_binder *binder)
{
	return binder ? vg_json_set_who(o, &binder->who, &binder->doer) : 0;
}

/* Nobody: no key. */
static int put_bound_by(json_t *o, const struct vg_binder *binder)
{
	json_auto_t *by = json_object();

	if (put_binder(by, binder) < 0)
		return -ENOMEM;
	return json_object_size(by) ? vg_json_set(o, "bound_by", TAKE_PTR(by)) : 0;
}

json_t *vg_explain_to_json(const struct vg_ground *ground, const struct vg_addr *addr, const char *link, const struct vg_answer *answer,
			   const struct vg_binder *binder)
{
	const struct vg_subject subject = { .ground = ground, .addr = addr, .answer = answer, .link = link, .binder = binder };
	json_auto_t *o = json_object();
	char text[VG_TEXT_MAX];
	int r = 0;

	vg_addr_to_str(addr, text);
	r |= vg_json_set_text(o, "address", text);
	r |= put_answer(o, ground, addr, answer);
	r |= put_bound_by(o, binder);
	r |= vg_json_set_text(o, "source", source_of(ground, answer));
	r |= put_explanation(o, &subject, true);
	return r < 0 ? NULL : TAKE_PTR(o);
}

json_t *vg_check_new(const char *node, const char *source)
{
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "node", node);
	r |= vg_json_set_text(o, "source", source);
	r |= vg_json_set(o, "findings", json_array());
	r |= vg_json_set(o, "bound", json_integer(0));
	r |= vg_json_set(o, "violations", json_integer(0));
	return r < 0 ? NULL : TAKE_PTR(o);
}

static int increment(json_t *object, const char *key)
{
	json_t *number = json_object_get(object, key);

	return json_integer_set(number, json_integer_value(number) + 1) < 0 ? -EINVAL : 0;
}

static json_t *finding_to_json(const struct vg_ground *ground, const struct vg_link_addr *bound, const char *ifname, const struct vg_answer *answer,
			       const struct vg_binder *binder)
{
	const struct vg_subject subject = { .ground = ground, .addr = &bound->addr, .answer = answer, .link = ifname, .binder = binder };
	json_auto_t *o = json_object();
	char text[VG_TEXT_MAX];
	int r = 0;

	vg_addr_to_str(&bound->addr, text);
	r |= vg_json_set_text(o, "address", text);
	r |= vg_json_set(o, "prefix", json_integer(bound->prefix));
	r |= vg_json_set_text(o, "interface", ifname);
	r |= vg_json_set_number(o, "ifindex", bound->ifindex);
	r |= put_answer(o, ground, &bound->addr, answer);
	r |= put_binder(o, binder);
	r |= vg_json_set_text(o, "source", source_of(ground, answer));
	r |= put_explanation(o, &subject, false);
	return r < 0 ? NULL : TAKE_PTR(o);
}

int vg_check_add(json_t *check, const struct vg_ground *ground, const struct vg_link_addr *bound, const char *ifname, const struct vg_answer *answer,
		 const struct vg_binder *binder)
{
	json_t *finding;
	int r = increment(check, "bound");

	if (r < 0 || (answer->bind.verdict != VG_VIOLATION && answer->announce.verdict != VG_VIOLATION))
		return r;
	finding = finding_to_json(ground, bound, ifname, answer, binder);
	if (!finding || json_array_append_new(json_object_get(check, "findings"), finding) < 0)
		return -ENOMEM;
	return answer->bind.verdict == VG_VIOLATION ? increment(check, "violations") : 0;
}

int vg_check_violations(const json_t *check)
{
	return (int)json_integer_value(json_object_get(check, "violations"));
}
