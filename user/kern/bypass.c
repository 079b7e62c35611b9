/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing of this is needed to go on: each part that this kernel has not is recorded and left out. The object is loaded with all of them at
 * once, and part by part only where that fails.
 */
#include "kern/bypass.h"

#include <errno.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "bypass.skel.h"
#include "kern/cgroup.h"
#include "kern/program.h"

#define BIT(feature) (1U << (feature))

static const struct vg_program program_table[] = {
	{ VG_FEATURE_QDISC_BYPASS, "vg_swallow" },
	{ VG_FEATURE_QDISC_BYPASS, "vg_ask_bypass" },
	{ VG_FEATURE_PAST, "vg_past" },
	{ VG_FEATURE_AF_XDP, "vg_xsk" },
};

#define FIRST_TRACING 1 /* vg_swallow is attached to a cgroup */

static const enum vg_feature parts[] = { VG_FEATURE_QDISC_BYPASS, VG_FEATURE_PAST, VG_FEATURE_AF_XDP };

struct vg_bypass {
	const struct vg_maps *maps;
	struct vg_program_object object;
	struct vg_attached attached[ARRAY_SIZE(parts)];
};

static int load_once(struct vg_bypass *bypass, uint32_t chosen, bool may_probe)
{
	struct bypass_bpf__rodata *rodata;
	const void *elf;
	size_t size;
	int r;

	vg_program_close(&bypass->object);
	elf = bypass_bpf__elf_bytes(&size);
	r = vg_program_open(elf, size, &bypass->object);
	if (r < 0)
		return r;
	rodata = vg_program_rodata(&bypass->object);
	if (rodata)
		rodata->vg_may_probe_read = may_probe;
	vg_program_choose(&bypass->object, program_table, ARRAY_SIZE(program_table), chosen);
	return vg_program_load(&bypass->object, bypass->maps);
}

static int load(struct vg_bypass *bypass, uint32_t chosen)
{
	int r = load_once(bypass, chosen, true);

	if (r < 0)
		r = load_once(bypass, chosen, false);
	return r;
}

/* A kernel without such sockets lacks nothing. To open one would only tell what this process may. */
static bool has_af_xdp(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/net/protocols", "re");
	char line[256];
	bool found = !file;

	while (!found && fgets(line, sizeof(line), file))
		found = strncmp(line, "XDP ", 4) == 0;
	return found;
}

static uint32_t load_part(struct vg_bypass *bypass, enum vg_feature feature, struct vg_features *features)
{
	int r = load(bypass, BIT(feature));

	vg_feature_record(features, feature, r);
	return r < 0 ? 0 : BIT(feature);
}

static int load_best(struct vg_bypass *bypass, uint32_t wanted, struct vg_features *features)
{
	uint32_t working = 0;
	bool all = wanted && load(bypass, wanted) == 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!(wanted & BIT(parts[i])))
			continue;
		if (all)
			vg_feature_record(features, parts[i], 0);
		else
			working |= load_part(bypass, parts[i], features);
	}
	if (all)
		return 0;
	return working ? load(bypass, working) : -ENOTSUP;
}

static uint32_t choose_wanted(uint32_t without, struct vg_features *features)
{
	uint32_t wanted = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (vg_feature_is_off(features, parts[i], without))
			continue;
		if (parts[i] != VG_FEATURE_AF_XDP || has_af_xdp())
			wanted |= BIT(parts[i]);
	}
	return wanted;
}

int vg_bypass_new(const struct vg_maps *maps, uint32_t without, struct vg_features *features, struct vg_bypass **ret_bypass)
{
	VG_CLEANUP(vg_bypass_freep) struct vg_bypass *bypass = calloc(1, sizeof(*bypass));
	int r;

	if (!bypass)
		return -ENOMEM;
	bypass->maps = maps;
	bypass->object.btf_fd = -1;
	r = load_best(bypass, choose_wanted(without, features), features);
	if (r < 0)
		return r;
	*ret_bypass = TAKE_PTR(bypass);
	return 0;
}

void vg_bypass_free(struct vg_bypass *bypass)
{
	if (!bypass)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		vg_program_detach(&bypass->attached[i]);
	vg_program_close(&bypass->object);
	free(bypass);
}

static const char *cgroup_trouble(int r)
{
	if (r == -ENOENT)
		return "cgroup2 is mounted nowhere here";
	return r == -EXDEV ? "no mount of cgroup2 here shows its root" : strerror(-r);
}

/* After vg_ask_bypass: without its mark nothing is swallowed. */
static int attach_swallow(struct vg_bypass *bypass, struct vg_attached *attached, const char **ret_why)
{
	const char *name = program_table[0].name;
	struct bpf_program *program = bpf_object__find_program_by_name(bypass->object.object, name);
	_cleanup_close_ int fd = -1;
	struct bpf_link *link;
	int r = vg_cgroup_open_root(&fd);

	if (r < 0) {
		*ret_why = cgroup_trouble(r);
		return r;
	}
	link = program ? bpf_program__attach_cgroup(program, fd) : NULL;
	if (!link) {
		r = program ? -errno : -ENOENT;
		*ret_why = r == -EPERM ? "another program on the root cgroup allows none beside it" : "cannot attach to the root cgroup";
		return r;
	}
	attached->names[attached->n] = name;
	attached->links[attached->n++] = link;
	return 0;
}

static int attach_part(struct vg_bypass *bypass, size_t i, const char **ret_why)
{
	struct vg_attached *attached = &bypass->attached[i];
	int r = vg_program_attach(&bypass->object, program_table + FIRST_TRACING, ARRAY_SIZE(program_table) - FIRST_TRACING, BIT(parts[i]), attached);

	if (r == 0 && parts[i] == VG_FEATURE_QDISC_BYPASS)
		r = attach_swallow(bypass, attached, ret_why);
	if (r < 0)
		vg_program_detach(attached);
	else
		vg_program_pin(attached, bypass->maps->pins);
	return r;
}

void vg_bypass_attach(struct vg_bypass *bypass, struct vg_features *features)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct vg_capability *capability = &features->of[parts[i]];
		const char *why = NULL;
		int r;

		if (!capability->ok)
			continue;
		r = attach_part(bypass, i, &why);
		vg_feature_record(features, parts[i], r);
		if (why)
			snprintf(capability->why, sizeof(capability->why), "%s", why);
	}
}
