/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maps that BPF programs and user space share, typed. They are described in the BPF objects and made from the first one
 * that has them; the others are given the same descriptors. All are pinned: programs that outlive a guard go on with them, and so does
 * the next guard.
 *
 * vg_config and vg_stats are memory. Without BPF they are ordinary memory, so that nobody has to ask which.
 */
#ifndef KERN_MAPS_H
#define KERN_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "vipguard/abi.h"

struct bpf_object;
struct vg_pins;

enum vg_map {
	VG_MAP_CONFIG,
	VG_MAP_VIPS,
	VG_MAP_RANGES,
	VG_MAP_PROTECT,
	VG_MAP_HELD,
	VG_MAP_HEAL,
	VG_MAP_BINDS,
	VG_MAP_STATS,
	VG_MAP_LINKS,
	VG_MAP_DUMMIES,
	VG_MAP_CALLS,
	VG_MAP_SEEN,
	VG_MAP_EVENTS,
	VG_MAP_MAX
};

struct vg_maps {
	int fds[VG_MAP_MAX]; /* -1: not there */
	struct vg_config *config; /* never NULL after vg_maps_init() */
	struct vg_stats *stats;
	bool mapped; /* config and stats are the maps' */
	bool adopted; /* they are those of the guard before this one, with what it knew */
	struct vg_pins *pins; /* NULL: nothing is pinned */
};

/* Ordinary memory, no maps. -ENOMEM. */
int vg_maps_init(struct vg_maps *maps);
void vg_maps_deinit(struct vg_maps *maps); /* twice is fine; pins stay */

/* Takes the maps of a loaded object that are not there yet. The object may be closed afterwards. */
int vg_maps_take(struct vg_maps *maps, struct bpf_object *object);
/* Before it is loaded: gives an object our maps in place of its own. */
int vg_maps_lend(const struct vg_maps *maps, struct bpf_object *object);
/*
 * After vg_maps_take(): locks the folder, goes on with the maps pinned there if all of them are ours (type, sizes, ABI
 * version, network namespace), else puts the new ones in their place. -EBUSY: another guard runs. Another -errno: ours are there, but not pinned.
 */
int vg_maps_pin(struct vg_maps *maps, const char *dir, uint32_t netns, struct vg_error *ret_error);
/* After vg_maps_pin(), however that went: maps config and stats, and the maps are ready. */
int vg_maps_open(struct vg_maps *maps, struct vg_error *ret_error);
bool vg_maps_ready(const struct vg_maps *maps);

/* 0: a value was there and is copied. -ENOENT. */
int vg_maps_get(const struct vg_maps *maps, enum vg_map map, const void *key, void *ret_value);
int vg_maps_set(const struct vg_maps *maps, enum vg_map map, const void *key, const void *value);
int vg_maps_delete(const struct vg_maps *maps, enum vg_map map, const void *key);
/* Reads and deletes in one step where the kernel can (5.14), else in two. */
int vg_maps_take_out(const struct vg_maps *maps, enum vg_map map, const void *key, void *ret_value);
/* All keys at this moment, one after the other, for the caller to free(). */
int vg_maps_list_keys(const struct vg_maps *maps, enum vg_map map, void **ret_keys, size_t *ret_n);
/* Those only for which `takes` is true: of a large map a few. */
int vg_maps_list_some_keys(const struct vg_maps *maps, enum vg_map map, bool (*takes)(const void *ctx, const void *key), const void *ctx,
			   void **ret_keys, size_t *ret_n);
void vg_maps_clear(const struct vg_maps *maps, enum vg_map map);

/* The kernel adds to the same counters. */
static inline void vg_stats_add(__u64 *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

#endif
