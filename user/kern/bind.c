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
	struct vg_program_object object;
	uint32_t chosen; /* 1 << VG_FEATURE_TRACING or 1 << VG_FEATURE_KPROBE */
	struct vg_attached attached;
};

static int open_object(struct vg_program_object *ret_object)
{
	size_t size;
	const void *elf = bind_bpf__elf_bytes(&size);

	return vg_program_open(elf, size, ret_object);
}

int vg_bind_make_maps(struct vg_maps *maps)
{
	size_t size;
	const void *elf = bind_bpf__elf_bytes(&size);

	return vg_program_make_maps(elf, size, maps);
}

static int load(struct vg_bind *bind, bool may_probe)
{
	struct bind_bpf__rodata *rodata;
	int r;

	vg_program_close(&bind->object);
	r = open_object(&bind->object);
	if (r < 0)
		return r;
	rodata = vg_program_rodata(&bind->object);
	if (rodata)
		rodata->vg_may_probe_read = may_probe;
	r = vg_program_hold(&bind->object);
	if (r < 0)
		return r;
	vg_program_choose(&bind->object, program_table, ARRAY_SIZE(program_table), bind->chosen);
	return vg_program_load(&bind->object, bind->maps);
}

static int try_set(struct vg_bind *bind, enum vg_feature feature)
{
	int r;

	bind->chosen = 1U << feature;
	r = load(bind, true);
	if (r < 0)
		r = load(bind, false);
	if (r < 0)
		return r;
	return vg_program_attach(&bind->object, program_table, ARRAY_SIZE(program_table), bind->chosen, &bind->attached);
}

int vg_bind_new(const struct vg_maps *maps, uint32_t without, struct vg_features *features, struct vg_bind **ret_bind)
{
	static const enum vg_feature choices[] = { VG_FEATURE_TRACING, VG_FEATURE_KPROBE };
	VG_CLEANUP(vg_bind_freep) struct vg_bind *bind = calloc(1, sizeof(*bind));
	int r = -ENOTSUP;

	if (!bind)
		return -ENOMEM;
	bind->maps = maps;
	bind->object.btf_fd = -1;
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
	vg_program_close(&bind->object);
	free(bind);
}

int vg_bind_release(struct vg_bind *bind)
{
	int r = vg_program_release(&bind->object);

	if (r == 0)
		vg_program_pin(&bind->attached, bind->maps->pins);
	return r;
}
