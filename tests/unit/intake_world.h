/* SPDX-License-Identifier: Apache-2.0 */
/* One intake of Services and the cluster that it fills. */
#ifndef UNIT_INTAKE_WORLD_H
#define UNIT_INTAKE_WORLD_H

#include "unit.h"

#include "core/cluster.h"
#include "kube/intake.h"
#include "kube/intake_apply.h"

static const struct vg_moment now = { .real_ns = 1000, .boot_ns = 1000 };

struct world {
	struct vg_cluster *cluster;
	struct vg_reducer *reducer;
	struct vg_intake *intake;
	unsigned odd, refused, names, gone;
	char last[VG_ERROR_MAX * 2];
};

static inline void on_trouble(void *ctx, enum vg_kube_trouble_kind kind, const char *key, const char *text)
{
	struct world *world = ctx;

	world->odd += kind == VG_TROUBLE_ODD_OBJECT;
	world->refused += kind == VG_TROUBLE_REFUSED;
	snprintf(world->last, sizeof(world->last), "%s: %s", key, text);
}

static inline void on_name(void *ctx, const char *name, bool gone)
{
	struct world *world = ctx;

	assert_true(name[0]);
	world->names++;
	world->gone += gone;
}

static inline void world_up(struct world *world, bool names)
{
	struct vg_intake_config config = { .kind = VG_KIND_SERVICE, .trouble = on_trouble, .ctx = world };

	*world = (struct world){ 0 };
	assert_int_equal(vg_cluster_new("node1", &world->cluster), 0);
	assert_int_equal(vg_reducer_new(&world->reducer), 0);
	config.cluster = world->cluster;
	config.reducer = world->reducer;
	config.name = names ? on_name : NULL;
	assert_int_equal(vg_intake_new(&config, &world->intake), 0);
}

static inline void world_down(struct world *world)
{
	vg_intake_free(world->intake);
	vg_reducer_free(world->reducer);
	vg_cluster_free(world->cluster);
}

static inline bool same(const struct vg_cluster *a, const struct vg_cluster *b)
{
	const struct vg_object *object = NULL;

	if (vg_cluster_count(a, VG_KIND_SERVICE) != vg_cluster_count(b, VG_KIND_SERVICE))
		return false;
	while ((object = vg_cluster_next(a, VG_KIND_SERVICE, object))) {
		const struct vg_object *other = vg_cluster_get(b, VG_KIND_SERVICE, object->key);

		if (!other || !vg_object_equal(object, other, true) || strcmp(object->version, other->version))
			return false;
	}
	return true;
}

static inline int feed(struct world *world, const char *bytes, size_t n)
{
	struct vg_error error;

	return vg_intake_feed(world->intake, bytes, n, &now, &error);
}

static inline int end(struct world *world)
{
	struct vg_error error;

	return vg_intake_end(world->intake, &now, &error);
}

static inline bool has(const struct world *world, const char *key)
{
	return vg_cluster_get(world->cluster, VG_KIND_SERVICE, key) != NULL;
}

#endif
