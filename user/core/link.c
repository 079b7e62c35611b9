/* SPDX-License-Identifier: Apache-2.0 */
/* Links that exist to hold service addresses, on every node or on the elected one, by the names their makers gave them. */
#include <string.h>

#include "base/cleanup.h"
#include "core/judge.h"

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
	"antrea-ext.", /* Antrea Egress in a VLAN */
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
