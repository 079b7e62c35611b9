/* SPDX-License-Identifier: Apache-2.0 */
#include "report/explain.h"

#include <errno.h>
#include <string.h>

#include "core/verdict.h"
#include "report/json.h"

/* What a person can do about it. Enumerated in full: a reason without advice does not compile. */
static const char *const remedies[] = {
	[VG_NO_SERVICE] = "nothing to do; if it is a service address, list it in the assignments",
	[VG_CONTROL_PLANE_VIP] = "nothing to do",
	[VG_NODE_ADDRESS] = "nothing to do; if it is a service address, list it in the assignments by itself, not only in a range",
	[VG_PROTECT_LIST] = "nothing to do; take it off the protect list if it should be judged",
	[VG_SERVICE_DUMMY] = "nothing to do; see that arp_ignore and arp_announce (ipvs: strictARP) keep the node from answering for it",
	[VG_ASSIGNED_HERE] = "nothing to do",
	[VG_OWNER_EVERYWHERE] = "nothing to do",
	[VG_OTHER_NODE_ADDRESS] = "take it off this node: it is another node's address",
	[VG_OWNER_NEVER_BINDS] = "stop what binds it; the usual cause is kube-vip handling Services beside the owner: set svc_enable=false there",
	[VG_ASSIGNED_ELSEWHERE] = "stop what binds or announces it here, or name this node in the assignment",
	[VG_POOL_RESERVED] = "stop what binds it, or take the address out of the pool",
	[VG_NOT_ANNOUNCED] = "stop what announces it by ARP or NDP: its owner routes it",
	[VG_IPAM_ONLY] = "add an advertisement that selects the pool, or see that whoever announces it is the one you mean",
	[VG_OWNER_UNPROVEN] = "make its owner known: status, pool and advertisement of the Service",
	[VG_OWNER_CONFLICT] = "let only one owner claim the Service: set its loadBalancerClass, or take one claim away",
	[VG_HOLDER_UNKNOWN] = "see why its owner publishes no holder",
	[VG_NODE_UNKNOWN] = "give this node's name as the cluster knows it: --node",
	[VG_IN_TRANSITION] = "wait for the grace period to end",
	[VG_STALE_SOURCE] = "see why the source cannot be read",
};
_Static_assert(ARRAY_SIZE(remedies) == VG_REASON_MAX, "one for each reason");

static json_t *judgement_to_json(const struct vg_judgement *judgement)
{
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "verdict", vg_verdict_to_str(judgement->verdict));
	r |= vg_json_set_text(o, "reason", vg_reason_to_str(judgement->reason));
	return r < 0 ? NULL : TAKE_PTR(o);
}

static int add_evidence(json_t *list, const char *kind, const char *name, const char *field, const char *value, unsigned line)
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
	r = add_evidence(list, "Assignment", name, "nodes", nodes, assignment->line);
	if (r < 0)
		return r;
	return add_evidence(list, "Assignment", name, "bind", assignment->bind == VG_BIND_NOBODY ? "nobody" : "holder", assignment->line);
}

struct evidence_list {
	json_t *json;
	uint64_t now_ns; /* boot clock */
	int r;
};

static void add_object(void *ctx, const struct vg_evidence *evidence)
{
	const struct vg_object *object = evidence->object;
	struct evidence_list *list = ctx;
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "kind", vg_kind_to_str(evidence->kind));
	r |= vg_json_set_text(o, "name", object ? object->key : NULL);
	r |= vg_json_set_text(o, "field", evidence->field);
	r |= evidence->value ? vg_json_set(o, "value", vg_json_text(evidence->value)) : 0;
	r |= vg_json_set_text(o, "meaning", evidence->meaning);
	if (object) {
		r |= vg_json_set_text(o, "version", *object->version ? object->version : NULL);
		if (object->heard_ns < list->now_ns)
			r |= vg_json_set(o, "age_seconds", json_real((double)(list->now_ns - object->heard_ns) / 1e9));
	}
	if (r < 0 || json_array_append(list->json, o) < 0)
		list->r = -ENOMEM;
}

static int add_objects(json_t *json, const struct vg_ground *ground, const struct vg_addr *addr)
{
	struct evidence_list list = { .json = json, .now_ns = ground->now.boot_ns };

	if (ground->cluster)
		vg_assess_explain(ground->cluster, addr, ground->config, &ground->now, add_object, &list);
	return list.r;
}

static json_t *evidence_to_json(const struct vg_ground *ground, const struct vg_addr *addr, const struct vg_answer *answer)
{
	json_auto_t *list = json_array();
	char name[VG_TEXT_MAX];
	int r = list ? 0 : -ENOMEM;

	if (r == 0 && answer->protection) {
		vg_prefix_to_str(&answer->protection->prefix, name);
		r = add_evidence(list, "Protection", name, "reason", vg_reason_to_str(answer->protection->reason), 0);
	}
	if (r == 0 && answer->assignment && answer->assignment->durable)
		r = add_assignment(list, answer->assignment);
	if (r == 0)
		r = add_objects(list, ground, addr);
	return r < 0 ? NULL : TAKE_PTR(list);
}

static bool same(const struct vg_answer *answer)
{
	return answer->bind.reason == answer->announce.reason;
}

static json_t *rule_to_json(const struct vg_answer *answer)
{
	const char *bind = vg_reason_meaning(answer->bind.reason), *announce = vg_reason_meaning(answer->announce.reason);

	if (same(answer))
		return json_sprintf("%s: %s", vg_verdict_to_str(answer->bind.verdict), bind);
	return json_sprintf("bind is %s: %s; announce is %s: %s", vg_verdict_to_str(answer->bind.verdict), bind,
			    vg_verdict_to_str(answer->announce.verdict), announce);
}

/* The advice for what is worse; a bind before an announcement. */
static const char *remedy(const struct vg_answer *answer)
{
	if (answer->bind.verdict != VG_VIOLATION && answer->announce.verdict == VG_VIOLATION)
		return remedies[answer->announce.reason];
	return remedies[answer->bind.reason];
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

json_t *vg_explain_to_json(const struct vg_ground *ground, const struct vg_addr *addr, const struct vg_answer *answer)
{
	json_auto_t *o = json_object();
	char text[VG_TEXT_MAX];
	int r = 0;

	vg_addr_to_str(addr, text);
	r |= vg_json_set_text(o, "address", text);
	r |= put_answer(o, ground, addr, answer);
	r |= vg_json_set_text(o, "source", source_of(ground, answer));
	r |= vg_json_set(o, "evidence", evidence_to_json(ground, addr, answer));
	r |= vg_json_set(o, "rule", rule_to_json(answer));
	r |= vg_json_set_text(o, "remedy", remedy(answer));
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

static int put_who(json_t *o, const struct vg_who *who)
{
	char comm[VG_COMM_MAX + 1] = "";
	int r = 0;

	if (!who || !who->pid)
		return 0;
	strncat(comm, who->comm, VG_COMM_MAX);
	r |= vg_json_set_number(o, "pid", who->pid);
	r |= vg_json_set_text(o, "comm", comm);
	return r;
}

static json_t *finding_to_json(const struct vg_ground *ground, const struct vg_link_addr *bound, const char *ifname, const struct vg_answer *answer,
			       const struct vg_who *who)
{
	json_auto_t *o = json_object();
	char text[VG_TEXT_MAX];
	int r = 0;

	vg_addr_to_str(&bound->addr, text);
	r |= vg_json_set_text(o, "address", text);
	r |= vg_json_set(o, "prefix", json_integer(bound->prefix));
	r |= vg_json_set_text(o, "interface", ifname);
	r |= vg_json_set_number(o, "ifindex", bound->ifindex);
	r |= put_answer(o, ground, &bound->addr, answer);
	r |= put_who(o, who);
	r |= vg_json_set_text(o, "source", source_of(ground, answer));
	r |= vg_json_set(o, "rule", rule_to_json(answer));
	r |= vg_json_set_text(o, "remedy", remedy(answer));
	return r < 0 ? NULL : TAKE_PTR(o);
}

int vg_check_add(json_t *check, const struct vg_ground *ground, const struct vg_link_addr *bound, const char *ifname, const struct vg_answer *answer,
		 const struct vg_who *who)
{
	json_t *finding;
	int r = increment(check, "bound");

	if (r < 0 || (answer->bind.verdict != VG_VIOLATION && answer->announce.verdict != VG_VIOLATION))
		return r;
	finding = finding_to_json(ground, bound, ifname, answer, who);
	if (!finding || json_array_append_new(json_object_get(check, "findings"), finding) < 0)
		return -ENOMEM;
	return answer->bind.verdict == VG_VIOLATION ? increment(check, "violations") : 0;
}

int vg_check_violations(const json_t *check)
{
	return (int)json_integer_value(json_object_get(check, "violations"));
}
