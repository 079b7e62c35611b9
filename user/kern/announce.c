/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tc program and its companions on the send calls stand in one object. The companions are a comfort: if they cannot be
 * loaded, the object is loaded again without them.
 */
#include "kern/announce.h"

#include <errno.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "announce.skel.h"
#include "base/log.h"
#include "kern/clsact.h"
#include "kern/placement.h"
#include "kern/program.h"
#include "kern/tcx.h"

#define LOOPBACK_IFINDEX 1 /* net/core/net_namespace.c: the first device of every namespace */

#define BIT(feature) (1U << (feature))
#define ALL (BIT(VG_FEATURE_CLSACT) | BIT(VG_FEATURE_SENDER))

static const struct vg_program program_table[] = {
	{ VG_FEATURE_CLSACT, "vg_announce" }, /* the same program serves tcx */
	{ VG_FEATURE_SENDER, "vg_pkt" },       { VG_FEATURE_SENDER, "vg_pkt_end" }, { VG_FEATURE_SENDER, "vg_spkt" },
	{ VG_FEATURE_SENDER, "vg_spkt_end" },  { VG_FEATURE_SENDER, "vg_raw6" },    { VG_FEATURE_SENDER, "vg_raw6_end" },
	{ VG_FEATURE_SENDER, "vg_arp" },       { VG_FEATURE_SENDER, "vg_arp_end" }, { VG_FEATURE_SENDER, "vg_ndisc" },
	{ VG_FEATURE_SENDER, "vg_ndisc_end" },
};

struct vg_announce {
	const struct vg_maps *maps;
	const struct vg_program_shared *shared;
	bool may_probe;
	struct vg_program_object own;
	const struct vg_program_object *object; /* which of them serves */
	int prog_fd;
	struct vg_program_object twin; /* the tc program once more; -1: not needed so far */
	int twin_fd;
	bool tcx; /* else clsact */
	struct vg_attached senders;
	struct vg_placement *placement;
};

void vg_announce_choose(const struct vg_program_object *object, uint32_t features)
{
	vg_program_choose(object, program_table, ARRAY_SIZE(program_table), features);
}

static int find_fd(const struct vg_program_object *object, int *ret_fd)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object->object, program_table[0].name);

	*ret_fd = program ? bpf_program__fd(program) : -1;
	return *ret_fd >= 0 ? 0 : -ENOENT;
}

static int load_into(const struct vg_announce *announce, uint32_t features, struct vg_program_object *object, int *ret_fd)
{
	struct announce_bpf__rodata *rodata;
	const void *elf;
	size_t size;
	int r;

	vg_program_close(object);
	elf = announce_bpf__elf_bytes(&size);
	r = vg_program_open(elf, size, object);
	if (r < 0)
		return r;
	rodata = vg_program_rodata(object);
	if (rodata)
		rodata->vg_may_probe_read = announce->may_probe;
	vg_announce_choose(object, features);
	r = vg_program_load(object, announce->maps);
	return r < 0 ? r : find_fd(object, ret_fd);
}

static int load_own(struct vg_announce *announce, uint32_t features, bool may_probe)
{
	announce->may_probe = may_probe;
	announce->object = &announce->own;
	return load_into(announce, features, &announce->own, &announce->prog_fd);
}

static int load(struct vg_announce *announce, uint32_t features)
{
	int r;

	if ((announce->shared->features & features) == features) {
		announce->object = &announce->shared->object;
		return find_fd(announce->object, &announce->prog_fd);
	}
	r = load_own(announce, features, true);
	return r < 0 && (features & BIT(VG_FEATURE_SENDER)) ? load_own(announce, features, false) : r;
}

static int program_fd(void *ctx, bool twin)
{
	struct vg_announce *announce = ctx;
	int r;

	if (!twin)
		return announce->prog_fd;
	if (announce->twin_fd >= 0)
		return announce->twin_fd;
	r = load_into(announce, BIT(VG_FEATURE_CLSACT), &announce->twin, &announce->twin_fd);
	return r < 0 ? r : announce->twin_fd;
}

static int attach_senders(struct vg_announce *announce)
{
	return vg_program_attach(announce->object, program_table, ARRAY_SIZE(program_table), BIT(VG_FEATURE_SENDER), &announce->senders);
}

static int try_senders(struct vg_announce *announce)
{
	int r;

	r = load(announce, ALL);
	return r < 0 ? r : attach_senders(announce);
}

static int try_tcx(const struct vg_announce *announce)
{
	_cleanup_close_ int fd = -1;

	return vg_tcx_attach(LOOPBACK_IFINDEX, announce->prog_fd, &fd);
}

static int try_clsact(const struct vg_announce *announce)
{
	struct vg_clsact_spot spot;
	int r;

	r = vg_clsact_attach(LOOPBACK_IFINDEX, announce->prog_fd, &spot);
	if (r == 0)
		vg_clsact_detach(LOOPBACK_IFINDEX, announce->prog_fd, &spot);
	/* an ingress qdisc of somebody's there says nothing against the other links */
	return r == -EEXIST ? 0 : r;
}

/* The first way that works; the other one is not needed then, and not tried. */
static int choose_way(struct vg_announce *announce, uint32_t without, struct vg_features *features)
{
	int r = -ENOTSUP;

	if (!vg_feature_is_off(features, VG_FEATURE_TCX, without)) {
		r = try_tcx(announce);
		vg_feature_record(features, VG_FEATURE_TCX, r);
		announce->tcx = r == 0;
	}
	if (!announce->tcx && !vg_feature_is_off(features, VG_FEATURE_CLSACT, without)) {
		r = try_clsact(announce);
		vg_feature_record(features, VG_FEATURE_CLSACT, r);
	}
	return r;
}

static int load_best(struct vg_announce *announce, uint32_t without, struct vg_features *features)
{
	int r;

	if (!vg_feature_is_off(features, VG_FEATURE_SENDER, without)) {
		r = try_senders(announce);
		vg_feature_record(features, VG_FEATURE_SENDER, r);
		if (r == 0)
			return 0;
	}
	r = load(announce, BIT(VG_FEATURE_CLSACT));
	if (r < 0) {
		vg_feature_record(features, VG_FEATURE_TCX, r);
		features->of[VG_FEATURE_CLSACT] = features->of[VG_FEATURE_TCX];
	}
	return r;
}

static bool try_feature(enum vg_feature feature, uint32_t without, struct vg_features *features)
{
	if (vg_feature_is_off(features, feature, without))
		return false;
	/* until a link says otherwise */
	vg_feature_record(features, feature, 0);
	return true;
}

static int make_placement(struct vg_announce *announce, uint32_t without, vg_announce_changed_fn changed, void *ctx, struct vg_features *features)
{
	const struct vg_placement_config config = {
		.maps = announce->maps,
		.tcx = announce->tcx,
		.judges = try_feature(VG_FEATURE_LINKS, without, features),
		.orders = try_feature(VG_FEATURE_ORDER, without, features),
		.ctx = announce,
		.program = program_fd,
		.changed_ctx = ctx,
		.changed = changed,
	};

	return vg_placement_new(&config, &announce->placement);
}

int vg_announce_new(const struct vg_maps *maps, const struct vg_program_shared *shared, uint32_t without, vg_announce_changed_fn changed, void *ctx,
		    struct vg_features *features, struct vg_announce **ret_announce)
{
	VG_CLEANUP(vg_announce_freep) struct vg_announce *announce = calloc(1, sizeof(*announce));
	int r;

	if (!announce)
		return -ENOMEM;
	announce->maps = maps;
	announce->shared = shared;
	announce->may_probe = true;
	announce->own.btf_fd = -1;
	announce->twin.btf_fd = -1;
	announce->twin_fd = -1;
	r = load_best(announce, without, features);
	if (r == 0)
		r = choose_way(announce, without, features);
	if (r == 0)
		r = make_placement(announce, without, changed, ctx, features);
	if (r < 0)
		return r;
	*ret_announce = TAKE_PTR(announce);
	return 0;
}

void vg_announce_free(struct vg_announce *announce)
{
	if (!announce)
		return;
	vg_placement_free(announce->placement);
	vg_program_close(&announce->twin);
	vg_program_detach(&announce->senders);
	vg_program_close(&announce->own);
	free(announce);
}

void vg_announce_keep_senders(struct vg_announce *announce)
{
	vg_program_pin(&announce->senders, announce->maps->pins);
}

void vg_announce_leave(struct vg_announce *announce)
{
	vg_placement_leave(announce->placement);
}

void vg_announce_follow(struct vg_announce *announce, const struct vg_links *links)
{
	vg_placement_follow(announce->placement, links);
}

void vg_announce_repair(struct vg_announce *announce, uint32_t ifindex)
{
	vg_placement_repair(announce->placement, ifindex);
}

void vg_announce_watch(struct vg_announce *announce)
{
	vg_placement_watch(announce->placement);
}

const char *vg_announce_how(const struct vg_announce *announce, uint32_t ifindex)
{
	return vg_placement_how(announce->placement, ifindex);
}
