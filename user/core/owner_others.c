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

/* OpenELB's marks outlive it, as PureLB's do. */
static bool is_left_over(const struct vg_inquiry *inquiry, uint32_t flag)
{
	return flag == VG_SERVICE_OPENELB && !inquiry->scene->openelb.object && !inquiry->scene->openelb.maybe;
}

static struct vg_opinion of_mark(struct vg_inquiry *inquiry, const struct vg_service *service, size_t i)
{
	bool left_over = is_left_over(inquiry, marks[i].flag);
	struct vg_opinion opinion = left_over ? vg_opinion_unproven(service) : vg_opinion_claimed(service, marks[i].owner);

	opinion.stance = left_over ? VG_STANCE_MARKED : marks[i].stance;
	vg_say(inquiry, marks[i].clue, &service->object, marks[i].field, NULL);
	if (left_over)
		vg_miss(inquiry, VG_CLUE_BALANCER_GONE, VG_KIND_OPENELB_EIP, &service->object, NULL);
	return opinion;
}

struct vg_opinion vg_owner_others(struct vg_inquiry *inquiry, const struct vg_service *service)
{
	struct vg_opinion opinion = vg_opinion_unproven(service);

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		struct vg_opinion one;

		if (!(service->flags & marks[i].flag))
			continue;
		one = of_mark(inquiry, service, i);
		opinion = vg_opinion_merge(&opinion, &one);
	}
	return opinion;
}
