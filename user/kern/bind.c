/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/bind.h"

#include <errno.h>

#include <bpf/libbpf.h>

#include "bind.skel.h"
#include "kern/program.h"

static const struct vg_program program_table[] = {
	{ VG_FEATURE_TRACING, "vg_ins4" },	 { VG_FEATURE_TRACING, "vg_ins6" },	  { VG_FEATURE_TRACING, "vg_new4_end" },
	{ VG_FEATURE_TRACING, "vg_new6" },	 { VG_FEATURE_TRACING, "vg_new6_end" },	  { VG_FEATURE_TRACING, "vg_ioctl4" },
	{ VG_FEATURE_TRACING, "vg_ioctl4_end" }, { VG_FEATURE_TRACING, "vg_ioctl6" },	  { VG_FEATURE_TRACING, "vg_ioctl6_end" },
	{ VG_FEATURE_KPROBE, "vg_kins4" },	 { VG_FEATURE_KPROBE, "vg_kins4_end" },	  { VG_FEATURE_KPROBE, "vg_kins6" },
	{ VG_FEATURE_KPROBE, "vg_kins6_end" },	 { VG_FEATURE_KPROBE, "vg_knew4_end" },	  { VG_FEATURE_KPROBE, "vg_knew6" },
	{ VG_FEATURE_KPROBE, "vg_knew6_end" },	 { VG_FEATURE_KPROBE, "vg_kioctl4" },	  { VG_FEATURE_KPROBE, "vg_kioctl4_end" },
	{ VG_FEATURE_KPROBE, "vg_kioctl6" },	 { VG_FEATURE_KPROBE, "vg_kioctl6_end" },
};

struct vg_bind {
	const struct vg_maps *maps;
	const struct vg_program_shared *shared;
	struct vg_program_object own;
	const struct vg_program_object *object; /* which of them serves */
	uint32_t chosen; /* 1 << VG_FEATURE_TRACING or 1 << VG_FEATURE_KPROBE */
	struct vg_attached attached;
};

void vg_bind_choose(const struct vg_program_object *object, uint32_t features)
{
	vg_program_choose(object, program_table, ARRAY_SIZE(program_table), features);
}

static int load(struct vg_bind *bind, bool may_probe)
{
	struct bind_bpf__rodata *rodata;
	const void *elf;
	size_t size;
	int r;

	vg_program_close(&bind->own);
	elf = bind_bpf__elf_bytes(&size);
	r = vg_program_open(elf, size, &bind->own);
	if (r < 0)
		return r;
	rodata = vg_program_rodata(&bind->own);
	if (rodata)
		rodata->vg_may_probe_read = may_probe;
	r = vg_program_hold(&bind->own, bind->shared->generation);
	if (r < 0)
		return r;
	vg_bind_choose(&bind->own, bind->chosen);
	return vg_program_load(&bind->own, bind->maps);
}

static int load_own(struct vg_bind *bind)
{
	int r;

	bind->object = &bind->own;
	r = load(bind, true);
	return r < 0 ? load(bind, false) : r;
}

static int try_set(struct vg_bind *bind, enum vg_feature feature)
{
	int r = 0;

	bind->chosen = 1U << feature;
	if (bind->shared->features & bind->chosen)
		bind->object = &bind->shared->object;
	else
		r = load_own(bind);
	if (r < 0)
		return r;
	return vg_program_attach(bind->object, program_table, ARRAY_SIZE(program_table), bind->chosen, &bind->attached);
}

int vg_bind_new(const struct vg_maps *maps, const struct vg_program_shared *shared, uint32_t without, struct vg_features *features,
		struct vg_bind **ret_bind)
{
	static const enum vg_feature choices[] = { VG_FEATURE_TRACING, VG_FEATURE_KPROBE };
	VG_CLEANUP(vg_bind_freep) struct vg_bind *bind = calloc(1, sizeof(*bind));
	int r = -ENOTSUP;

	if (!bind)
		return -ENOMEM;
	bind->maps = maps;
	bind->shared = shared;
	bind->own.btf_fd = -1;
	for (size_t i = 0; r < 0 && i < ARRAY_SIZE(choices); i++) {
		if (vg_feature_is_off(features, choices[i], without))
			continue;
		r = try_set(bind, choices[i]);
		vg_feature_record(features, choices[i], r);
	}
	if (r < 0)
		return r;
	*ret_bind = TAKE_PTR(bind);
	return 0;
}

void vg_bind_free(struct vg_bind *bind)
{
	if (!bind)
		return;
	vg_program_detach(&bind->attached);
	vg_program_close(&bind->own);
	free(bind);
}

int vg_bind_release(struct vg_bind *bind)
{
	return vg_program_release(bind->object);
}

void vg_bind_pin(struct vg_bind *bind)
{
	vg_program_pin(&bind->attached, bind->maps->pins);
}
