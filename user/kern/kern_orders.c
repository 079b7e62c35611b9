/* SPDX-License-Identifier: Apache-2.0 */
/* What holds the kernel back: the pause, and the addresses that the breaker holds. Both are in pinned maps, and so outlive the guard. */
#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "kern/kern_state.h"

static uint64_t load_pause(const struct vg_kern *kern)
{
	return __atomic_load_n(&kern->maps.config->paused_until_ns, __ATOMIC_RELAXED);
}

void vg_kern_pause(struct vg_kern *kern, uint64_t until_ns)
{
	__atomic_store_n(&kern->maps.config->paused_until_ns, until_ns, __ATOMIC_RELAXED);
}

uint64_t vg_kern_paused_until(const struct vg_kern *kern)
{
	uint64_t until_ns = load_pause(kern);

	return vg_time_boot_ns() < until_ns ? until_ns : 0;
}

void vg_kern_keep_pause(struct vg_kern *kern)
{
	uint64_t until_ns = load_pause(kern), now_ns = vg_time_boot_ns();

	/* no guard ever wrote a longer one */
	if (until_ns <= now_ns || until_ns - now_ns > VG_PAUSE_MAX_NS)
		vg_kern_pause(kern, 0);
}

int vg_kern_hold(struct vg_kern *kern, const struct vg_addr *addr)
{
	struct vg_hold held;

	memset(&held, 0, sizeof(held));
	vg_addr_to_str(addr, held.address);
	held.since_ns = vg_time_boot_ns();
	return vg_maps_set(&kern->maps, VG_MAP_HELD, addr, &held);
}

void vg_kern_let_go(struct vg_kern *kern, const struct vg_addr *addr)
{
	(void)vg_maps_delete(&kern->maps, VG_MAP_HELD, addr);
}

int vg_kern_for_each_held(const struct vg_kern *kern, int (*fn)(void *ctx, const struct vg_addr *addr), void *ctx)
{
	_cleanup_free_ struct vg_addr *keys = NULL;
	size_t n = 0;
	int r = vg_maps_list_keys(&kern->maps, VG_MAP_HELD, (void **)&keys, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = fn(ctx, &keys[i]);
	return r;
}
