/* SPDX-License-Identifier: Apache-2.0 */
/* Owners that publish no holder: recognised by class or mark, so that what they do is never called wrong. */
#include <string.h>

#include "core/owner.h"

static const struct {
	const char *beginning;
	const char *owner;
} classes[] = {
	{ "io.cilium/", "cilium" },	    { "purelb.io/", "purelb" }, { "loxilb.io/", "loxilb" },
	{ "lb.kubesphere.io/", "openelb" }, { "openelb.", "openelb" },	{ "service.antrea.io/", "antrea" },
};

static const struct {
	uint32_t flag;
	const char *owner;
	const char *field;
	enum vg_stance stance;
	enum vg_clue clue;
} marks[] = {
	{ VG_SERVICE_OPENELB, "openelb", "lb.kubesphere.io/v1alpha1", VG_STANCE_CLAIMED, VG_CLUE_OTHER_MARK },
	{ VG_SERVICE_ANTREA, "antrea", "service.antrea.io/external-ip-pool", VG_STANCE_CLAIMED, VG_CLUE_OTHER_MARK },
	{ VG_SERVICE_SERVICELB, "servicelb", "finalizers", VG_STANCE_MARKED, VG_CLUE_SERVICELB },
};

struct vg_opinion vg_owner_of_class(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	const char *owner = service->class;
	struct vg_opinion opinion;

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (!strncmp(service->class, classes[i].beginning, strlen(classes[i].beginning)))
			owner = classes[i].owner;
	}
	opinion = !strcmp(owner, "cilium")   ? vg_owner_cilium(inquiry, service)
		  : !strcmp(owner, "purelb") ? vg_owner_purelb(inquiry, service)
					     : vg_opinion_unproven(service);
	if (opinion.stance >= VG_STANCE_CLAIMED)
		return opinion;
	vg_say(inquiry, VG_CLUE_CLASS_FOREIGN, &service->object, "loadBalancerClass", service->class);
	/* Another Service on the address may have a holder that is known: this one's may be a different one. */
	inquiry->open = true;
	return vg_opinion_claimed(service, owner);
}

struct vg_opinion vg_owner_others(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	struct vg_opinion opinion = vg_opinion_unproven(service);

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		struct vg_opinion one = vg_opinion_claimed(service, marks[i].owner);

		if (!(service->flags & marks[i].flag))
			continue;
		one.stance = marks[i].stance;
		opinion = vg_opinion_merge(&opinion, &one);
		vg_say(inquiry, marks[i].clue, &service->object, marks[i].field, NULL);
	}
	return opinion;
}
