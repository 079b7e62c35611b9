/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/programs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "guard.skel.h"
#include "kern/program.h"

#define BIT(feature) (1U << (feature))

#define NEED_TRACING \
	(BIT(VG_FEATURE_TRACING) | BIT(VG_FEATURE_DENY) | BIT(VG_FEATURE_DENY_IOCTL) | BIT(VG_FEATURE_SENDER) | BIT(VG_FEATURE_QDISC_BYPASS) | \
	 BIT(VG_FEATURE_PAST) | BIT(VG_FEATURE_AF_XDP))
/* What reads kernel structures, whose layout only BTF tells. */
#define NEED_BTF (NEED_TRACING | BIT(VG_FEATURE_KPROBE))
#define NEED_MAPS (NEED_BTF | BIT(VG_FEATURE_TCX) | BIT(VG_FEATURE_CLSACT))

int vg_programs_make_maps(struct vg_maps *maps)
{
	size_t size;
	const void *elf = guard_bpf__elf_bytes(&size);

	return vg_program_make_maps(elf, size, maps);
}

/* What is loaded where nothing is refused: of two ways to the same the first. One program serves tcx and clsact. */
static uint32_t want(uint32_t off)
{
	uint32_t wanted = ((NEED_MAPS & ~off) | BIT(VG_FEATURE_CLSACT)) & ~BIT(VG_FEATURE_TCX);

	return wanted & BIT(VG_FEATURE_TRACING) ? wanted & ~BIT(VG_FEATURE_KPROBE) : wanted;
}

static int load_shared(struct vg_program_object *object, const struct vg_maps *maps, uint64_t generation, uint32_t features)
{
	size_t size;
	const void *elf = guard_bpf__elf_bytes(&size);
	int r;

	r = vg_program_open(elf, size, object);
	if (r == 0)
		r = vg_program_hold(object, generation);
	if (r < 0)
		return r;
	vg_bind_choose(object, features);
	vg_deny_choose(object, features);
	vg_announce_choose(object, features);
	return vg_program_load(object, maps);
}

/*
 * Asked in a moment, where a try that is refused has read all of the kernel's types in vain. Type 1 is no function, so it is never loaded; whether
 * one may trace at all is looked at before (bpf_prog_load() in kernel/bpf/syscall.c, 5.10 to 7.3).
 */
static bool tracing_is_refused(void)
{
	static const struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 }, { .code = BPF_JMP | BPF_EXIT } };
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY, .attach_btf_id = 1);
	_cleanup_close_ int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "Dual BSD/GPL", nothing, ARRAY_SIZE(nothing), &options);

	return fd == -EPERM;
}

/* One refusal spoils all: the owners then find out which by loading theirs. */
static void try_shared(struct vg_program_shared *shared, const struct vg_maps *maps, uint32_t features)
{
	int r;

	r = load_shared(&shared->object, maps, shared->generation, features);
	if (r == 0) {
		shared->features = features;
		return;
	}
	vg_program_close(&shared->object);
	vg_program_forget();
}

static void rule_out(struct vg_features *features, uint32_t which, const char *why)
{
	for (unsigned int i = 0; i < VG_FEATURE_MAX; i++) {
		if (!(which & BIT(i)))
			continue;
		features->of[i].tried = true;
		snprintf(features->of[i].why, sizeof(features->of[i].why), "%s", why);
	}
}

void vg_programs_load(struct vg_programs *programs, const struct vg_maps *maps, uint64_t generation, uint32_t without, vg_announce_changed_fn changed,
		      void *ctx, struct vg_features *features)
{
	uint32_t off = without, refused = 0;

	if (!vg_maps_ready(maps)) {
		rule_out(features, NEED_MAPS, "there are no BPF maps");
		return;
	}
	if (!features->of[VG_FEATURE_BTF].ok)
		off |= NEED_BTF;
	programs->shared.generation = generation;
	programs->shared.object.btf_fd = -1;
	if ((NEED_TRACING & ~off) && tracing_is_refused())
		refused = NEED_TRACING & ~off;
	else
		try_shared(&programs->shared, maps, want(off));
	off |= refused;
	(void)vg_bind_new(maps, &programs->shared, off, features, &programs->bind);
	(void)vg_deny_new(maps, &programs->shared, VG_FEATURE_DENY, off, features, &programs->deny);
	(void)vg_deny_new(maps, &programs->shared, VG_FEATURE_DENY_IOCTL, off, features, &programs->deny_ioctl);
	(void)vg_bypass_new(maps, off, features, &programs->bypass);
	(void)vg_announce_new(maps, &programs->shared, off, changed, ctx, features, &programs->announce);
	rule_out(features, off & ~without & ~refused, "the kernel has no BTF");
	rule_out(features, refused, strerror(EPERM));
}

int vg_programs_release(struct vg_programs *programs, struct vg_error *ret_error)
{
	int r = 0;

	/* who binds is known before binds are refused */
	if (programs->shared.features)
		r = vg_program_release(&programs->shared.object);
	if (r == 0 && programs->bind)
		r = vg_bind_release(programs->bind);
	if (r == 0 && programs->deny)
		r = vg_deny_release(programs->deny);
	if (r == 0 && programs->deny_ioctl)
		r = vg_deny_release(programs->deny_ioctl);
	if (r < 0)
		return vg_error_set(ret_error, r, "cannot switch on the programs that see and refuse binds: %s", strerror(-r));
	return 0;
}

void vg_programs_pin(struct vg_programs *programs)
{
	if (programs->bind)
		vg_bind_pin(programs->bind);
	if (programs->deny)
		vg_deny_pin(programs->deny);
	if (programs->deny_ioctl)
		vg_deny_pin(programs->deny_ioctl);
	if (programs->announce)
		vg_announce_keep_senders(programs->announce);
}

void vg_programs_attach_bypass(struct vg_programs *programs, struct vg_features *features)
{
	if (programs->bypass)
		vg_bypass_attach(programs->bypass, features);
}

void vg_programs_deinit(struct vg_programs *programs)
{
	vg_announce_free(programs->announce);
	vg_bypass_free(programs->bypass);
	vg_deny_free(programs->deny_ioctl);
	vg_deny_free(programs->deny);
	vg_bind_free(programs->bind);
	if (programs->shared.features)
		vg_program_close(&programs->shared.object);
	*programs = (struct vg_programs){ .bind = NULL };
}
