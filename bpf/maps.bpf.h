/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map, in one place. An object says with VG_NEED_... before the include which ones it uses; vg_config and vg_stats are in all.
 *
 * Nothing is pinned by name: user space makes and pins each map once and hands it to every object (bpf_map__reuse_fd), so a
 * definition here must be the same for whoever declares it. The big ones are tries even where all keys have one length: a hash map's table
 * is there from the start for max_entries (16 bytes each), a trie is only what is in it.
 */
#ifndef VG_MAPS_BPF_H
#define VG_MAPS_BPF_H

#include "portable.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct vg_config);
} vg_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct vg_stats);
} vg_stats SEC(".maps");

#ifdef VG_NEED_EVENTS
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, VG_RING_BYTES);
} vg_events SEC(".maps");
#endif

#ifdef VG_NEED_VIPS
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, VG_MAX_VIPS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vg_lpm_key); /* whole addresses only */
	__type(value, struct vg_vip);
} vg_vips SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, VG_MAX_RANGES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vg_lpm_key);
	__type(value, struct vg_vip);
} vg_ranges SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, VG_MAX_PROTECT);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vg_lpm_key);
	__type(value, struct vg_protected);
} vg_protect SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, VG_MAX_BINDS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vg_lpm_key); /* whole addresses only */
	__type(value, struct vg_hold);
} vg_held SEC(".maps");
#endif

#ifdef VG_NEED_HEAL
/* Written by user space while neighbours are told; asked only after a violation. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, VG_MAX_HEAL);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vg_lpm_key); /* whole addresses only */
	__type(value, struct vg_heal_value);
} vg_heal SEC(".maps");
#endif

#ifdef VG_NEED_LINKS
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VG_MAX_LINKS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct vg_link_value);
} vg_links SEC(".maps");
#endif

#ifdef VG_NEED_DUMMIES
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, VG_MAX_DUMMIES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vg_name_key);
	__type(value, __u32);
} vg_dummies SEC(".maps");
#endif

#ifdef VG_NEED_BINDS
/* Written and read by user space only; declared so that it carries BTF. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, VG_MAX_BINDS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vg_binds_key);
	__type(value, struct vg_bind_value);
} vg_binds SEC(".maps");
#endif

#ifdef VG_NEED_CALLS
/* By task: its task_struct's address. Preallocated, since kprobes write it; LRU, since a task may die inside its call. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, VG_MAX_CALLS);
	__type(key, __u64);
	__type(value, struct vg_call);
} vg_calls SEC(".maps");
#endif

#ifdef VG_NEED_SEEN
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VG_MAX_SEEN);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vg_seen_key);
	__type(value, struct vg_seen_value);
} vg_seen SEC(".maps");
#endif

#ifdef VG_NEED_SWITCH
/*
 * User space attaches these programs to learn whether it can, long before it has anything to say: switched off, they know of no guard, and leave
 * an earlier one's maps alone. One of each object.
 */
volatile bool vg_on SEC(".data.on") = true;
#endif

static __always_inline struct vg_config *vg_config_get(void)
{
	__u32 zero = 0;
	struct vg_config *config = bpf_map_lookup_elem(&vg_config, &zero);

#ifdef VG_NEED_SWITCH
	if (!vg_on)
		return NULL;
#endif

	/* Until user space has written it, and if another version has: as if there were no guard. */
	return config && config->abi_version == VG_ABI_VERSION ? config : NULL;
}

/* Of an array's only entry: never NULL, but only the verifier's word counts. */
static __always_inline struct vg_stats *vg_stats_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&vg_stats, &zero);
}

/* The result is not used: 5.10 has no atomic that returns one. */
#define VG_COUNT(stats, counter) __sync_fetch_and_add(&(stats)->counter, 1)

/* The pause ends here, by the kernel's own clock: no guard is needed for it, and none that is dead can prolong it. */
static __always_inline bool vg_config_is_paused(const struct vg_config *config)
{
	return bpf_ktime_get_boot_ns() < config->paused_until_ns;
}

/* Whether violations are acted on now: not paused, and user space was alive a moment ago. */
static __always_inline bool vg_config_acts(const struct vg_config *config)
{
	return bpf_ktime_get_boot_ns() < config->deadline_ns && !vg_config_is_paused(config);
}

#endif
