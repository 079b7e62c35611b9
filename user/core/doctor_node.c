/* SPDX-License-Identifier: Apache-2.0 */
#include "core/doctor.h"

#include <stdio.h>
#include <string.h>

static struct vg_diagnosis *of_link(struct vg_diagnoses *diagnoses, enum vg_ailment ailment, const struct vg_link_settings *link)
{
	struct vg_diagnosis *diagnosis = vg_diagnose(diagnoses, ailment);

	if (!diagnosis)
		return NULL;
	memcpy(diagnosis->link, link->name, sizeof(diagnosis->link));
	diagnosis->evidence.value = diagnosis->value;
	return diagnosis;
}

/* kube-proxy's strictARP is arp_ignore 1 and arp_announce 2 (pkg/proxy/ipvs/proxier.go); what counts is the link on which a neighbour asks. */
static void look_at_arp(const struct vg_link_settings *link, const char *holder, struct vg_diagnoses *diagnoses)
{
	struct vg_diagnosis *diagnosis;

	if (!link->outward || link->arp_ignore < 0 || (link->arp_ignore >= 1 && link->arp_announce >= 2))
		return;
	diagnosis = of_link(diagnoses, VG_AIL_STRICT_ARP, link);
	if (!diagnosis)
		return;
	snprintf(diagnosis->value, sizeof(diagnosis->value), "arp_ignore=%d arp_announce=%d", link->arp_ignore, link->arp_announce);
	diagnosis->evidence.field = holder;
}

static void look_at_secondaries(const struct vg_link_settings *link, struct vg_diagnoses *diagnoses)
{
	struct vg_diagnosis *diagnosis;

	if (!link->secondary || link->promote_secondaries != 0)
		return;
	diagnosis = of_link(diagnoses, VG_AIL_PROMOTE_SECONDARIES, link);
	if (diagnosis)
		snprintf(diagnosis->value, sizeof(diagnosis->value), "promote_secondaries=0");
}

static void look_at_proxy(const struct vg_link_settings *link, struct vg_diagnoses *diagnoses)
{
	struct vg_diagnosis *diagnosis;

	if (!link->outward || link->proxy_arp <= 0)
		return;
	diagnosis = of_link(diagnoses, VG_AIL_PROXY_ARP, link);
	if (diagnosis)
		snprintf(diagnosis->value, sizeof(diagnosis->value), "proxy_arp=%d", link->proxy_arp);
}

static void look_at_notify(const struct vg_link_settings *link, struct vg_diagnoses *diagnoses)
{
	struct vg_diagnosis *diagnosis;

	if (!link->outward || (link->arp_notify <= 0 && link->ndisc_notify <= 0))
		return;
	diagnosis = of_link(diagnoses, VG_AIL_ARP_NOTIFY, link);
	if (diagnosis)
		snprintf(diagnosis->value, sizeof(diagnosis->value), "arp_notify=%d ndisc_notify=%d", link->arp_notify, link->ndisc_notify);
}

/* A guard that answers says by itself what is in front of its programs, and on which links it has none. */
static void look_at_tc(const struct vg_link_settings *link, const struct vg_node_facts *facts, struct vg_diagnoses *diagnoses)
{
	struct vg_diagnosis *diagnosis = NULL;

	if (!link->outward || facts->guard_answers)
		return;
	if (link->ingress && !facts->tcx) {
		diagnosis = of_link(diagnoses, VG_AIL_INGRESS_QDISC, link);
		if (diagnosis)
			snprintf(diagnosis->value, sizeof(diagnosis->value), "ingress");
	}
	if (link->filters <= 0)
		return;
	diagnosis = of_link(diagnoses, VG_AIL_OTHER_TC, link);
	if (diagnosis)
		snprintf(diagnosis->value, sizeof(diagnosis->value), "%d on egress", link->filters);
}

static void look_at_guard(const struct vg_node_facts *facts, struct vg_diagnoses *diagnoses)
{
	enum vg_ailment ailment = VG_AIL_NO_GUARD;
	struct vg_diagnosis *diagnosis;

	if (facts->guard_answers && !facts->guard_elsewhere)
		return;
	if (facts->guard_elsewhere)
		ailment = VG_AIL_GUARD_ELSEWHERE;
	else if (facts->guard_named)
		ailment = VG_AIL_GUARD_SILENT;
	diagnosis = vg_diagnose(diagnoses, ailment);
	if (diagnosis)
		diagnosis->evidence.value = facts->socket;
}

void vg_doctor_node(const struct vg_node_facts *facts, struct vg_diagnoses *diagnoses)
{
	const char *ipvs = NULL;

	for (size_t i = 0; i < facts->n_links && !ipvs; i++)
		ipvs = facts->links[i].ipvs ? facts->links[i].name : NULL;
	for (size_t i = 0; i < facts->n_links; i++) {
		const struct vg_link_settings *link = &facts->links[i];

		if (ipvs)
			look_at_arp(link, ipvs, diagnoses);
		look_at_secondaries(link, diagnoses);
		look_at_proxy(link, diagnoses);
		look_at_notify(link, diagnoses);
		look_at_tc(link, facts, diagnoses);
	}
	look_at_guard(facts, diagnoses);
}
