/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the look at a cluster: what its files share. */
#ifndef CORE_DOCTOR_STORE_H
#define CORE_DOCTOR_STORE_H

#include "core/doctor.h"
#include "core/scene.h"

struct vg_examination {
	const struct vg_inventory *inventory;
	const struct vg_cluster *cluster;
	const struct vg_scene *scene;
	struct vg_diagnoses *diagnoses;
	size_t taken[VG_SCENE_PROFILES_MAX]; /* addresses of other owners that Pods of this profile take */
	const struct vg_service *first[VG_SCENE_PROFILES_MAX]; /* the Service of the first of them */
	bool kube_vip_wanted; /* some Services are kube-vip's own */
};

/* A finding at this object, or NULL if there is no room. Strings are borrowed. */
struct vg_diagnosis *vg_find(struct vg_examination *exam, enum vg_ailment ailment, const struct vg_object *object, const char *field,
			     const char *value);
/* All of a kind by key, whatever order they came in. list: free() it. -ENOMEM */
int vg_list_kind(const struct vg_cluster *cluster, enum vg_kind kind, const struct vg_object ***ret_list, size_t *ret_n);

/* doctor_metallb.c: who may announce, and what MetalLB says of itself. -ENOMEM */
int vg_examine_metallb(struct vg_examination *exam);

#endif
