/* SPDX-License-Identifier: Apache-2.0 */
/* What others may do to what is ours in the kernel, looked at with the dead-man's tick: nothing tells of it. */
#include <stdio.h>

#include "kern/kern_state.h"
#include "kern/pins.h"

void vg_kern_note_unpinned(struct vg_kern *kern)
{
	struct vg_capability *capability = &kern->features.of[VG_FEATURE_PINS];
	const char *trouble = vg_pins_trouble(kern->maps.pins);

	if (!trouble[0])
		return;
	capability->ok = false;
	snprintf(capability->why, sizeof(capability->why), "%s", trouble);
}

static void watch_pins(struct vg_kern *kern)
{
	struct vg_error error = { .text = "somebody took pins away" };
	int r = vg_pins_repair(kern->maps.pins, &error);

	if (r != 0 && !kern->pins_lost)
		vg_kern_say_changed(kern, VG_FEATURE_PINS, false, error.text);
	if (r > 0 || (r == 0 && kern->pins_lost))
		vg_kern_say_changed(kern, VG_FEATURE_PINS, true, "");
	kern->pins_lost = r < 0;
}

void vg_kern_watch(struct vg_kern *kern)
{
	char why[sizeof(kern->features.of[0].why)];

	if (vg_kern_repair_config(kern, why, sizeof(why))) {
		vg_kern_say_changed(kern, VG_FEATURE_MAPS, false, why);
		vg_kern_say_changed(kern, VG_FEATURE_MAPS, true, "");
	}
	watch_pins(kern);
}

void vg_kern_for_each_guarded(const struct vg_kern *kern, void (*fn)(void *ctx, const char *ifname, const char *how), void *ctx)
{
	const struct vg_link *link;

	if (!kern->programs.announce)
		return;
	for (size_t i = 0; (link = vg_links_at(vg_sense_links(kern->sense), i)); i++) {
		const char *how = vg_announce_how(kern->programs.announce, link->rt.ifindex);

		if (how)
			fn(ctx, link->rt.name, how);
	}
}
