/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/deny.h"

#include <errno.h>

#include <bpf/libbpf.h>

#include "deny.skel.h"
#include "kern/program.h"

#define CHOSEN (1U << VG_FEATURE_DENY)

static const struct vg_program program_table[] = {
	{ VG_FEATURE_DENY, "vg_deny" },
};

struct vg_deny {
	const struct vg_maps *maps;
	struct vg_program_object object;
	struct vg_attached attached;
};

static int open_object(struct vg_program_object *ret_object)
{
	size_t size;
	const void *elf = deny_bpf__elf_bytes(&size);

	return vg_program_open(elf, size, ret_object);
}

int vg_deny_make_maps(struct vg_maps *maps)
{
	size_t size;
	const void *elf = deny_bpf__elf_bytes(&size);

	return vg_program_make_maps(elf, size, maps);
}

static int load(struct vg_deny *deny)
{
	int r;

	vg_program_close(&deny->object);
	r = open_object(&deny->object);
	if (r < 0)
		return r;
	vg_program_choose(&deny->object, program_table, ARRAY_SIZE(program_table), CHOSEN);
	return vg_program_load(&deny->object, deny->maps);
}

static int attach(struct vg_deny *deny)
{
	return vg_program_attach(&deny->object, program_table, ARRAY_SIZE(program_table), CHOSEN, &deny->attached);
}

static int try_deny(struct vg_deny *deny)
{
	int r;

	r = load(deny);
	if (r < 0)
		return r;
	r = attach(deny);
	vg_program_detach(&deny->attached);
	return r;
}

int vg_deny_new(const struct vg_maps *maps, uint32_t without, struct vg_features *features, struct vg_deny **ret_deny)
{
	VG_CLEANUP(vg_deny_freep) struct vg_deny *deny = NULL;
	int r;

	if (vg_feature_is_off(features, VG_FEATURE_DENY, without))
		return -ENOTSUP;
	deny = calloc(1, sizeof(*deny));
	if (!deny)
		return -ENOMEM;
	deny->maps = maps;
	deny->object.btf_fd = -1;
	r = try_deny(deny);
	vg_feature_record(features, VG_FEATURE_DENY, r);
	if (r < 0)
		return r;
	*ret_deny = TAKE_PTR(deny);
	return 0;
}

void vg_deny_free(struct vg_deny *deny)
{
	if (!deny)
		return;
	vg_program_detach(&deny->attached);
	vg_program_close(&deny->object);
	free(deny);
}

/* Before 5.15 a tracing program that was attached once, for the try, cannot be again (bpf_tracing_prog_attach() of 5.10: ENOENT). */
int vg_deny_attach(struct vg_deny *deny)
{
	int r = attach(deny);

	if (r == -ENOENT) {
		r = load(deny);
		if (r == 0)
			r = attach(deny);
	}
	if (r == 0)
		vg_program_pin(&deny->attached, deny->maps->pins);
	return r;
}
