/* SPDX-License-Identifier: Apache-2.0 */
/* The known names are those that their makers gave them. */
#include "core/dummies.h"

#include <string.h>

#include "base/cleanup.h"

#define VLAN_BEGINNING "antrea-ext."

static const char *const names[] = {
	"kube-ipvs0", /* kube-proxy in IPVS mode: every ClusterIP, externalIP and load-balancer IP */
	"kube-dummy-if", /* kube-router */
	"kube-lb0", /* PureLB, remote pools (LBNodeAgent.spec.local.dummyInterface) */
	"nodelocaldns", /* NodeLocal DNSCache: the ClusterIP of kube-dns */
	"antrea-ingress0", /* Antrea ServiceExternalIP */
	"antrea-egress0", /* Antrea Egress */
};

/* Their makers number them or put the address behind. */
static const char *const beginnings[] = {
	VLAN_BEGINNING, /* Antrea Egress in a VLAN */
	"llb-rule-", /* LoxiLB, one a rule */
};

bool vg_link_is_service_dummy(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
		if (!strncmp(name, beginnings[i], strlen(beginnings[i])))
			return true;
	}
	return false;
}

const char *vg_dummies_known(size_t i, bool *ret_begins)
{
	*ret_begins = i >= ARRAY_SIZE(names);
	if (!*ret_begins)
		return names[i];
	i -= ARRAY_SIZE(names);
	return i < ARRAY_SIZE(beginnings) ? beginnings[i] : NULL;
}

void vg_dummies_add(struct vg_dummies *dummies, const char *name)
{
	size_t i = 0;

	if (!*name || strlen(name) >= VG_IFNAME_MAX || !strcmp(name, "lo"))
		return;
	while (i < dummies->n && strcmp(dummies->names[i], name) < 0)
		i++;
	if (dummies->n == VG_DUMMIES_MAX || (i < dummies->n && !strcmp(dummies->names[i], name)))
		return;
	memmove(dummies->names[i + 1], dummies->names[i], (dummies->n++ - i) * sizeof(dummies->names[0]));
	memset(dummies->names[i], 0, sizeof(dummies->names[i]));
	memcpy(dummies->names[i], name, strlen(name));
}

bool vg_dummies_have(const struct vg_dummies *dummies, const char *link)
{
	for (size_t i = 0; i < dummies->n; i++) {
		if (!strcmp(dummies->names[i], link))
			return true;
	}
	return vg_link_is_service_dummy(link);
}

bool vg_dummies_equal(const struct vg_dummies *a, const struct vg_dummies *b)
{
	return a->n == b->n && a->open == b->open && !memcmp(a->names, b->names, a->n * sizeof(a->names[0]));
}

/* What a link is made of is told by its kind; hardware has none. */
bool vg_link_leads_somewhere(const char *name, const char *kind)
{
	static const char *const kinds[] = { "", "veth", "bond", "team", "vlan", "macvlan", "ipvlan" };

	if (!strncmp(name, VLAN_BEGINNING, strlen(VLAN_BEGINNING)) && !strcmp(kind, "vlan"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kind, kinds[i]))
			return true;
	}
	return false;
}
