/* SPDX-License-Identifier: Apache-2.0 */
#include "report/folded.h"

#include <string.h>

#include "report/json.h"

static void keep(char *out, size_t size, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	out[0] = 0;
	if (n > 0 && n < size)
		memcpy(out, text, n + 1);
}

static void keep_nodes(struct vg_folded *folded, const struct vg_assignment *assignment)
{
	size_t used = 0;

	if (assignment->n_nodes > VG_FOLDED_NODES_MAX || !vg_assignment_knows_nodes(assignment))
		return;
	for (size_t i = 0; i < assignment->n_nodes; i++) {
		size_t n = strlen(assignment->nodes[i]) + 1;

		if (n > sizeof(folded->nodes) - used)
			return;
		memcpy(folded->nodes + used, assignment->nodes[i], n);
		used += n;
	}
	folded->n_nodes = assignment->n_nodes;
	folded->assigned = true;
}

void vg_folded_pack(struct vg_folded *ret_folded, const struct vg_finding *finding)
{
	*ret_folded = (struct vg_folded){
		.fact = *finding->fact,
		.judgement = finding->judgement,
		.action = finding->action,
		.latency_us = finding->latency_us,
	};
	if (finding->assignment) {
		keep_nodes(ret_folded, finding->assignment);
		keep(ret_folded->service, sizeof(ret_folded->service), finding->assignment->service);
	}
	keep(ret_folded->owner, sizeof(ret_folded->owner), finding->owner);
	keep(ret_folded->source, sizeof(ret_folded->source), finding->source);
	keep(ret_folded->exe, sizeof(ret_folded->exe), finding->doer.exe);
	keep(ret_folded->cgroup, sizeof(ret_folded->cgroup), finding->doer.cgroup);
	keep(ret_folded->container, sizeof(ret_folded->container), finding->doer.container);
	keep(ret_folded->pod, sizeof(ret_folded->pod), finding->doer.pod);
	keep(ret_folded->pod_uid, sizeof(ret_folded->pod_uid), finding->doer.pod_uid);
	keep(ret_folded->why, sizeof(ret_folded->why), finding->why);
}

json_t *vg_folded_to_json(const struct vg_folded *folded, uint64_t count)
{
	const char *nodes[VG_FOLDED_NODES_MAX], *at = folded->nodes;
	struct vg_assignment assignment = { .service = folded->service, .nodes = nodes, .n_nodes = folded->n_nodes, .durable = true };
	struct vg_finding finding = {
		.fact = &folded->fact,
		.judgement = folded->judgement,
		.action = folded->action,
		.assignment = folded->assigned ? &assignment : NULL,
		.owner = folded->owner,
		.source = folded->source,
		.doer = { .exe = folded->exe,
			  .cgroup = folded->cgroup,
			  .container = folded->container,
			  .pod = folded->pod,
			  .pod_uid = folded->pod_uid },
		.why = folded->why,
		.latency_us = folded->latency_us,
	};
	json_auto_t *object = NULL;

	for (size_t i = 0; i < folded->n_nodes; i++, at += strlen(at) + 1)
		nodes[i] = at;
	object = vg_finding_to_json(&finding);
	if (!object || vg_json_set_number(object, "count", count) < 0)
		return NULL;
	if (!folded->assigned && vg_json_set_text(object, "service", folded->service) < 0)
		return NULL;
	return TAKE_PTR(object);
}
