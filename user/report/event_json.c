/* SPDX-License-Identifier: Apache-2.0 */
/* A finding as an object. What is not known has no key: no null, no empty string, no pid 0. */
#include <string.h>

#include "core/verdict.h"
#include "report/json.h"
#include "report/report.h"

static int put_judgement(json_t *o, const struct vg_finding *f)
{
	int r = 0;

	r |= vg_json_set_text(o, "event", vg_fact_kind_to_str(f->fact->kind));
	r |= vg_json_set_text(o, "verdict", vg_verdict_to_str(f->judgement.verdict));
	r |= vg_json_set_text(o, "reason", vg_reason_to_str(f->judgement.reason));
	r |= vg_json_set_text(o, "action", vg_action_to_str(f->action));
	return r;
}

static int put_place(json_t *o, const struct vg_fact *fact)
{
	char text[VG_TEXT_MAX];
	int r = 0;

	vg_addr_to_str(&fact->addr, text);
	r |= vg_json_set_text(o, "address", text);
	if (fact->kind != VG_FACT_ANNOUNCE) /* a frame claims an address, not a network */
		r |= vg_json_set(o, "prefix", json_integer(fact->prefix));
	r |= vg_json_set_text(o, "interface", fact->ifname);
	r |= vg_json_set_number(o, "ifindex", fact->ifindex);
	r |= vg_json_set_text(o, "in_interface", fact->in_ifname);
	r |= vg_json_set_number(o, "netns", fact->netns);
	r |= vg_json_set_text(o, "how", vg_how_to_str(fact->how));
	return r;
}

static int put_who(json_t *o, const struct vg_finding *f)
{
	char comm[VG_COMM_MAX + 1] = "";
	int r = 0;

	strncat(comm, f->fact->who.comm, VG_COMM_MAX);
	r |= vg_json_set_number(o, "pid", f->fact->who.pid);
	if (f->fact->who.pid) /* without a process the name is whoever happened to run, a softirq's victim */
		r |= vg_json_set_text(o, "comm", comm);
	r |= vg_json_set_text(o, "exe", f->exe);
	r |= vg_json_set_text(o, "cgroup", f->cgroup);
	return r;
}

static int put_assignment(json_t *o, const struct vg_finding *f)
{
	int r = 0;

	if (f->assignment)
		r |= vg_json_set_text(o, "service", f->assignment->service);
	r |= vg_json_set_text(o, "owner", f->owner);
	if (f->assignment && vg_assignment_knows_nodes(f->assignment))
		r |= vg_json_set(o, "assigned_nodes", vg_json_texts(f->assignment->nodes, f->assignment->n_nodes));
	r |= vg_json_set_text(o, "source", f->source);
	return r;
}

json_t *vg_finding_to_json(const struct vg_finding *finding)
{
	json_auto_t *o = json_object();
	int r = 0;

	r |= put_judgement(o, finding);
	r |= put_place(o, finding->fact);
	r |= put_who(o, finding);
	r |= put_assignment(o, finding);
	r |= vg_json_set_number(o, "latency_us", finding->latency_us);
	if (finding->fact->count > 1)
		r |= vg_json_set_number(o, "count", finding->fact->count);
	r |= vg_json_set_text(o, "why", finding->why);
	return r < 0 ? NULL : TAKE_PTR(o);
}
