/* SPDX-License-Identifier: Apache-2.0 */
/* A finding as an object. What is not known has no key: no null, no empty string, no pid 0. */
#include <stdio.h>
#include <string.h>

#include "core/verdict.h"
#include "report/json.h"
#include "report/report.h"
#include "report/who.h"

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
	if (fact->as && fact->as != fact->how)
		r |= vg_json_set_text(o, "as", vg_how_to_str(fact->as));
	return r;
}

/* Of a frame whose sender is not known: what it says of itself. */
static int put_sender(json_t *o, const struct vg_fact *fact)
{
	static const uint8_t none[sizeof(fact->source)];
	const uint8_t *mac = fact->source;
	char text[3 * sizeof(fact->source)];
	int r = 0;

	if (fact->kind != VG_FACT_ANNOUNCE)
		return 0;
	if (fact->sender_netns != fact->netns)
		r |= vg_json_set_number(o, "sender_netns", fact->sender_netns);
	if (fact->who.pid || memcmp(mac, none, sizeof(none)) == 0)
		return r;
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return r | vg_json_set_text(o, "mac", text);
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
	r |= vg_json_set_who(o, &finding->fact->who, &finding->doer);
	r |= put_sender(o, finding->fact);
	r |= put_assignment(o, finding);
	r |= vg_json_set_number(o, "latency_us", finding->latency_us);
	if (finding->fact->count > 1)
		r |= vg_json_set_number(o, "count", finding->fact->count);
	r |= vg_json_set_text(o, "why", finding->why);
	return r < 0 ? NULL : TAKE_PTR(o);
}
