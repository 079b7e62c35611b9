/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel is told to do: vg_config, and the addresses that the breaker holds. Both are in pinned maps, and so outlive the guard; what
 * somebody else writes to vg_config is put back, and never read as an order.
 */
#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "kern/kern_state.h"

static struct vg_config *shared_of(const struct vg_kern *kern)
{
	return kern->maps.config;
}

void vg_kern_publish(struct vg_kern *kern)
{
	struct vg_config *shared = shared_of(kern);
	const struct vg_config *wanted = &kern->wanted;

	shared->netns = wanted->netns;
	shared->period_ns = wanted->period_ns;
	shared->deny = wanted->deny;
	shared->drop = wanted->drop;
	shared->remove = wanted->remove;
	shared->heal = wanted->heal;
	shared->earlier_since_ns = wanted->earlier_since_ns;
	shared->generation = wanted->generation;
	memcpy(shared->node, wanted->node, sizeof(shared->node));
	__atomic_store_n(&shared->paused_until_ns, wanted->paused_until_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&shared->mode, wanted->mode, __ATOMIC_RELAXED);
	__atomic_store_n(&shared->abi_version, VG_ABI_VERSION, __ATOMIC_RELEASE);
}

/* Of an adopted vg_config only the pause is ours: by the rest an earlier guard's programs go on until ours are attached. */
void vg_kern_note_wanted(struct vg_kern *kern, const struct vg_kern_config *config)
{
	struct vg_config *wanted = &kern->wanted;

	wanted->mode = config->mode;
	wanted->deny = config->deny;
	wanted->drop = config->drop;
	wanted->remove = config->remove;
	wanted->heal = config->heal;
	wanted->netns = kern->netns;
	wanted->generation = vg_time_boot_ns();
	wanted->period_ns = VG_KERN_PERIOD_NS;
	snprintf(wanted->node, sizeof(wanted->node), "%s", config->node);
	vg_kern_keep_pause(kern);
}

/* Names the first that differs. The deadline is stored with every tick anyway. */
static const char *find_difference(const struct vg_config *is, const struct vg_config *wanted)
{
	if (is->abi_version != VG_ABI_VERSION)
		return "abi_version";
	if (is->mode != wanted->mode)
		return "mode";
	if (is->deny != wanted->deny || is->drop != wanted->drop || is->remove != wanted->remove || is->heal != wanted->heal)
		return "what to act on";
	if (is->netns != wanted->netns)
		return "netns";
	if (is->generation != wanted->generation)
		return "generation";
	if (is->paused_until_ns != wanted->paused_until_ns)
		return "paused_until_ns";
	return is->period_ns != wanted->period_ns || memcmp(is->node, wanted->node, sizeof(is->node)) != 0 ? "period_ns or node" : NULL;
}

bool vg_kern_repair_config(struct vg_kern *kern, char *why, size_t size)
{
	const char *what = find_difference(shared_of(kern), &kern->wanted);

	if (!what)
		return false;
	snprintf(why, size, "somebody wrote to vg_config: %s", what);
	vg_kern_publish(kern);
	return true;
}

enum vg_mode vg_kern_mode(const struct vg_kern *kern)
{
	return kern->wanted.mode;
}

void vg_kern_set_mode(struct vg_kern *kern, enum vg_mode mode)
{
	kern->wanted.mode = mode;
	if (kern->attached)
		__atomic_store_n(&shared_of(kern)->mode, mode, __ATOMIC_RELAXED);
}

bool vg_kern_acts_on_removal(const struct vg_kern *kern)
{
	return kern->wanted.mode == VG_ENFORCE && kern->wanted.remove && !vg_kern_paused_until(kern);
}

void vg_kern_pause(struct vg_kern *kern, uint64_t until_ns)
{
	kern->wanted.paused_until_ns = until_ns;
	__atomic_store_n(&shared_of(kern)->paused_until_ns, until_ns, __ATOMIC_RELAXED);
}

uint64_t vg_kern_paused_until(const struct vg_kern *kern)
{
	uint64_t until_ns = kern->wanted.paused_until_ns;

	return vg_time_boot_ns() < until_ns ? until_ns : 0;
}

void vg_kern_keep_pause(struct vg_kern *kern)
{
	uint64_t until_ns = __atomic_load_n(&shared_of(kern)->paused_until_ns, __ATOMIC_RELAXED), now_ns = vg_time_boot_ns();

	/* no guard ever wrote a longer one */
	if (until_ns <= now_ns || until_ns - now_ns > VG_PAUSE_MAX_NS)
		until_ns = 0;
	kern->wanted.paused_until_ns = until_ns;
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
