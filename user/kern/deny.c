/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/deny.h"

#include <errno.h>

#include <bpf/libbpf.h>

#include "deny.skel.h"
#include "ioctl.skel.h"
#include "kern/program.h"

/* Of a trampoline's programs the one that was attached last runs first. */
static const struct vg_program netlink_table[] = {
	{ VG_FEATURE_DENY, "vg_deny_again" },
	{ VG_FEATURE_DENY, "vg_deny" },
};

/* The answer last: it has nothing to look for before there is a mark, and who marks must be able to unmark. */
static const struct vg_program ioctl_table[] = {
	{ VG_FEATURE_DENY_IOCTL, "vg_deny_if4_end" }, { VG_FEATURE_DENY_IOCTL, "vg_deny_if6_end" },  { VG_FEATURE_DENY_IOCTL, "vg_deny_rt6_end" },
	{ VG_FEATURE_DENY_IOCTL, "vg_deny_arp_end" }, { VG_FEATURE_DENY_IOCTL, "vg_deny_any6_end" }, { VG_FEATURE_DENY_IOCTL, "vg_deny_if4" },
	{ VG_FEATURE_DENY_IOCTL, "vg_deny_if6" },     { VG_FEATURE_DENY_IOCTL, "vg_deny_rt6" },	     { VG_FEATURE_DENY_IOCTL, "vg_deny_arp" },
	{ VG_FEATURE_DENY_IOCTL, "vg_deny_any6" },    { VG_FEATURE_DENY_IOCTL, "vg_deny_cap" },
};

struct part {
	enum vg_feature feature;
	const void *(*elf)(size_t *ret_size);
	const struct vg_program *table;
	size_t n;
};

static const struct part netlink_part = { VG_FEATURE_DENY, deny_bpf__elf_bytes, netlink_table, ARRAY_SIZE(netlink_table) };
static const struct part ioctl_part = { VG_FEATURE_DENY_IOCTL, ioctl_bpf__elf_bytes, ioctl_table, ARRAY_SIZE(ioctl_table) };

struct vg_deny {
	const struct part *part;
	const struct vg_maps *maps;
	struct vg_program_object own;
	const struct vg_program_object *object; /* the shared one, or our own */
	struct vg_attached attached;
};

void vg_deny_choose(const struct vg_program_object *object, uint32_t features)
{
	vg_program_choose(object, netlink_table, ARRAY_SIZE(netlink_table), features);
	vg_program_choose(object, ioctl_table, ARRAY_SIZE(ioctl_table), features);
}

static int load_own(struct vg_deny *deny)
{
	const struct part *part = deny->part;
	const void *elf;
	size_t size;
	int r;

	deny->object = &deny->own;
	elf = part->elf(&size);
	r = vg_program_open(elf, size, &deny->own);
	if (r < 0)
		return r;
	r = vg_program_hold(&deny->own, 0);
	if (r < 0)
		return r;
	vg_program_choose(&deny->own, part->table, part->n, 1U << part->feature);
	return vg_program_load(&deny->own, deny->maps);
}

static int attach(struct vg_deny *deny)
{
	const struct part *part = deny->part;

	return vg_program_attach(deny->object, part->table, part->n, 1U << part->feature, &deny->attached);
}

int vg_deny_new(const struct vg_maps *maps, const struct vg_program_shared *shared, enum vg_feature feature, uint32_t without,
		struct vg_features *features, struct vg_deny **ret_deny)
{
	VG_CLEANUP(vg_deny_freep) struct vg_deny *deny = NULL;
	int r = 0;

	if (vg_feature_is_off(features, feature, without))
		return -ENOTSUP;
	deny = calloc(1, sizeof(*deny));
	if (!deny)
		return -ENOMEM;
	deny->part = feature == VG_FEATURE_DENY ? &netlink_part : &ioctl_part;
	deny->maps = maps;
	deny->own.btf_fd = -1;
	if (shared->features & (1U << feature))
		deny->object = &shared->object;
	else
		r = load_own(deny);
	if (r == 0)
		r = attach(deny);
	vg_feature_record(features, feature, r);
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
	vg_program_close(&deny->own);
	free(deny);
}

int vg_deny_release(struct vg_deny *deny)
{
	return vg_program_release(deny->object);
}

void vg_deny_pin(struct vg_deny *deny)
{
	vg_program_pin(&deny->attached, deny->maps->pins);
}
