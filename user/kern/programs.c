/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/programs.h"

#include <stdio.h>
#include <string.h>

#include "kern/program.h"

#define BIT(feature) (1U << (feature))

/* What reads kernel structures, whose layout only BTF tells. */
#define NEED_BTF (BIT(VG_FEATURE_TRACING) | BIT(VG_FEATURE_KPROBE) | BIT(VG_FEATURE_DENY) | BIT(VG_FEATURE_DENY_IOCTL) | BIT(VG_FEATURE_SENDER))
#define NEED_MAPS (NEED_BTF | BIT(VG_FEATURE_TCX) | BIT(VG_FEATURE_CLSACT))

int vg_programs_make_maps(struct vg_maps *maps)
{
	int r;

	r = vg_announce_make_maps(maps);
	if (r == 0)
		r = vg_bind_make_maps(maps);
	return r < 0 ? r : vg_deny_make_maps(maps);
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

void vg_programs_load(struct vg_programs *programs, const struct vg_maps *maps, uint32_t without, vg_announce_changed_fn changed, void *ctx,
		      struct vg_features *features)
{
	uint32_t off = without;

	if (!vg_maps_ready(maps)) {
		rule_out(features, NEED_MAPS, "there are no BPF maps");
		return;
	}
	if (!features->of[VG_FEATURE_BTF].ok)
		off |= NEED_BTF;
	(void)vg_bind_new(maps, off, features, &programs->bind);
	(void)vg_deny_new(maps, VG_FEATURE_DENY, off, features, &programs->deny);
	(void)vg_deny_new(maps, VG_FEATURE_DENY_IOCTL, off, features, &programs->deny_ioctl);
	(void)vg_announce_new(maps, off, changed, ctx, features, &programs->announce);
	rule_out(features, off & ~without, "the kernel has no BTF");
}

int vg_programs_release(struct vg_programs *programs, struct vg_error *ret_error)
{
	int r = 0;

	/* who binds is known before binds are refused */
	if (programs->bind)
		r = vg_bind_release(programs->bind);
	if (r == 0 && programs->deny)
		r = vg_deny_release(programs->deny);
	if (r == 0 && programs->deny_ioctl)
		r = vg_deny_release(programs->deny_ioctl);
	if (r < 0)
		return vg_error_set(ret_error, r, "cannot switch on the programs that see and refuse binds: %s", strerror(-r));
	if (programs->announce)
		vg_announce_keep_senders(programs->announce);
	return 0;
}

void vg_programs_deinit(struct vg_programs *programs)
{
	vg_announce_free(programs->announce);
	vg_deny_free(programs->deny_ioctl);
	vg_deny_free(programs->deny);
	vg_bind_free(programs->bind);
	*programs = (struct vg_programs){ .bind = NULL };
}
