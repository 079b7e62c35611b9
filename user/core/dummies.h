/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links that exist to hold service addresses, on every node or on the elected one: those that are known by name, and those that an object
 * names (PureLB's LBNodeAgent). All zeros: the known ones only.
 */
#ifndef CORE_DUMMIES_H
#define CORE_DUMMIES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "vipguard/abi.h"

#define VG_DUMMIES_MAX 16 /* named by objects; more are left out: a bind there is judged as on any link */

struct vg_dummies {
	char names[VG_DUMMIES_MAX][VG_IFNAME_MAX]; /* sorted, unique */
	size_t n;
	bool open; /* whoever names them was not heard from yet: a link of kind dummy may be one */
};

/* lo is a real link, whatever an object says, and what cannot be a link's name is none. */
void vg_dummies_add(struct vg_dummies *dummies, const char *name);
bool vg_dummies_have(const struct vg_dummies *dummies, const char *link);
bool vg_dummies_equal(const struct vg_dummies *a, const struct vg_dummies *b);

/* Those known by name, one after the other; NULL behind the last. *ret_begins: it is the beginning of a name. */
const char *vg_dummies_known(size_t i, bool *ret_begins);
/* By name alone: kube-ipvs0, kube-dummy-if, kube-lb0, nodelocaldns, ... */
bool vg_link_is_service_dummy(const char *name);
/* By its kind ("dummy", "veth", "": hardware): frames leave by it for other hosts or pods, so that its name, which anybody may give, excuses nothing. */
bool vg_link_leads_somewhere(const char *name, const char *kind);

#endif
