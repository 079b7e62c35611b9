/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs that refuse have in common: is it a violation, may the asker at all, does the guard act now, and the event of it. */
#ifndef VG_REFUSE_BPF_H
#define VG_REFUSE_BPF_H

#if !defined(VG_NEED_CALLS) || !defined(VG_NEED_DUMMIES) || !defined(VG_NEED_LINKS) || !defined(VG_NEED_SEEN)
#error "refuse.bpf.h needs vg_calls, vg_dummies, vg_links and vg_seen"
#endif
#include <bpf/bpf_core_read.h>

#include "event.bpf.h"
#include "lookup.bpf.h"
#include "seen.bpf.h"
#include "who.bpf.h"

#define EPERM 1
#define CAP_NET_ADMIN 12

/* NULL: it passes. */
static __always_inline struct vg_vip *vg_refuse_lookup(const struct vg_ask *ask)
{
	struct vg_vip *vip = vg_lookup(&ask->addr);

	return vip && vip->bind.verdict == VG_VIOLATION && !vg_is_held(&ask->addr) ? vip : NULL;
}

/* The whole name, zeros behind it, and prefixlen all of it. */
static __always_inline bool vg_refuse_is_dummy(const struct vg_name_key *key)
{
	return bpf_map_lookup_elem(&vg_dummies, key);
}

/*
 * The kernel's own index of links (net/core/dev.c: dev_index_hash()), read by probing.
 * All of it since 2.6; a kernel without it is left to the insert hook (vg_refuse_is_excused() then always holds).
 */
struct hlist_node___links {
	struct hlist_node___links *next;
} __attribute__((preserve_access_index));

struct net___links {
	void *dev_index_head; /* struct hlist_head[], each one pointer */
} __attribute__((preserve_access_index));

struct net_device___links {
	char name[VG_IFNAME_MAX];
	struct hlist_node___links index_hlist;
	int ifindex;
} __attribute__((preserve_access_index));

#define VG_LINK_BUCKETS 256 /* NETDEV_HASHENTRIES */
#define VG_LINKS_PER_BUCKET 32 /* twice what VG_MAX_LINKS make */

static __always_inline struct net_device___links *vg_refuse_find_link(struct net *net, __u32 ifindex)
{
	struct net___links *links = (struct net___links *)net;
	struct hlist_node___links *node = NULL;
	__u64 heads;

	if (!bpf_core_field_exists(links->dev_index_head))
		return NULL;
	heads = (__u64)BPF_CORE_READ(links, dev_index_head);
	if (bpf_probe_read_kernel(&node, sizeof(node), (void *)(heads + (ifindex & (VG_LINK_BUCKETS - 1)) * sizeof(node))))
		return NULL;
	for (int i = 0; i < VG_LINKS_PER_BUCKET && node; i++) {
		struct net_device___links *dev = NULL;

		dev = (void *)((__u64)node - __builtin_preserve_field_info(dev->index_hlist, BPF_FIELD_BYTE_OFFSET));
		if ((__u32)BPF_CORE_READ(dev, ifindex) == ifindex)
			return dev;
		node = BPF_CORE_READ(node, next);
	}
	return NULL;
}

static __always_inline bool vg_refuse_is_name(const char *a, const char *b)
{
	for (int i = 0; i < VG_IFNAME_MAX; i++) {
		if (a[i] != b[i])
			return false;
		if (!a[i])
			return true;
	}
	return true;
}

/*
 * Whether a bind there is left to the insert hook: a link that holds service addresses. User space has judged it by its name and kind; a
 * new link, or a new name, that it may not have read yet is judged by the name that the kernel says. What cannot be told is excused.
 */
static __always_inline bool vg_refuse_is_excused(struct net *net, __u32 ifindex, char *ret_name)
{
	struct vg_name_key key = { .prefixlen = 8 * VG_IFNAME_MAX };
	struct net_device___links *dev = vg_refuse_find_link(net, ifindex);
	struct vg_link_value *link;

	if (!dev || BPF_CORE_READ_STR_INTO(&key.name, dev, name) <= 0)
		return true;
	__builtin_memcpy(ret_name, key.name, VG_IFNAME_MAX);
	link = bpf_map_lookup_elem(&vg_links, &ifindex);
	if (link && vg_refuse_is_name(link->name, key.name))
		return !link->deniable;
	return vg_refuse_is_dummy(&key);
}

/* Two __u32 before 6.3, one __u64 since; the first four bytes are the same. */
struct vg_caps {
	__u32 low;
};

struct cred___caps {
	struct vg_caps cap_effective;
	struct user_namespace *user_ns;
} __attribute__((preserve_access_index));

/*
 * Whether the kernel itself surely refuses the asker (cap_capable()): that is nothing to report, and anybody could make many of it.
 * An asker of an outer user namespace may be allowed.
 */
static __always_inline bool vg_refuse_is_powerless(struct net *net)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct user_namespace *theirs, *ours = BPF_CORE_READ(net, user_ns);
	struct cred___caps *cred = (struct cred___caps *)BPF_CORE_READ(task, cred);
	__u32 caps = 0;

	theirs = BPF_CORE_READ(cred, user_ns);
	if (theirs != ours)
		return BPF_CORE_READ(ours, level) <= BPF_CORE_READ(theirs, level);
	if (bpf_probe_read_kernel(&caps, sizeof(caps), (void *)cred + __builtin_preserve_field_info(cred->cap_effective, BPF_FIELD_BYTE_OFFSET)))
		return false;
	return !(caps & (1U << CAP_NET_ADMIN));
}

/* A violation that the asker may commit: is it refused now? Counted if only the guard's silence lets it pass. */
static __always_inline bool vg_refuse_acts(const struct vg_config *config, struct vg_stats *stats)
{
	if (config->mode != VG_ENFORCE)
		return false;
	if (vg_config_acts(config))
		return true;
	VG_COUNT(stats, inactive);
	return false;
}

/* What passes is said to have been let pass: audit, or a pause. */
static __always_inline bool vg_refuse_would(const struct vg_config *config)
{
	return config->mode != VG_ENFORCE || vg_config_is_paused(config);
}

static __always_inline void vg_refuse_fill(const struct vg_ask *ask, const char *name, struct vg_seen_value *ret_fresh)
{
	ret_fresh->first_ns = ret_fresh->last_ns = ret_fresh->event_ns = bpf_ktime_get_boot_ns();
	ret_fresh->last.how = ask->how;
	ret_fresh->last.prefix = ask->prefix;
	ret_fresh->last.ifa_flags = ask->ifa_flags;
	ret_fresh->last.nl_flags = ask->nl_flags;
	__builtin_memcpy(ret_fresh->last.ifname, name, sizeof(ret_fresh->last.ifname));
	vg_who_fill(&ret_fresh->who);
}

static __always_inline void vg_refuse_raise(const struct vg_seen_key *key, const struct vg_seen_value *fresh, bool counted, __u32 netns, __u64 *lost)
{
	struct vg_event *event = vg_event_reserve(VG_EVENT_DENIED, lost);

	if (!event)
		return;
	event->how = fresh->last.how;
	event->addr = key->addr;
	event->ifindex = key->ifindex;
	event->netns = netns;
	event->prefix = fresh->last.prefix;
	event->ifa_flags = fresh->last.ifa_flags;
	event->nl_flags = fresh->last.nl_flags;
	event->would_deny = key->what == VG_SEEN_WOULD_DENY;
	event->counted = counted;
	event->who = fresh->who;
	__builtin_memcpy(event->ifname, fresh->last.ifname, sizeof(event->ifname));
	vg_event_submit(event);
}

/* However often somebody tries, it is one record a period; what vg_seen has no room for is one each. */
static __always_inline void vg_refuse_event(const struct vg_ask *ask, bool would, const char *name, const struct vg_config *config,
					    struct vg_stats *stats)
{
	struct vg_seen_key key = { .addr = ask->addr, .ifindex = ask->ifindex, .what = would ? VG_SEEN_WOULD_DENY : VG_SEEN_DENIED };
	struct vg_seen_value fresh = { .count = 0 };
	bool due;

	vg_refuse_fill(ask, name, &fresh);
	key.pid = fresh.who.pid;
	if (!vg_seen_count(&key, &fresh, config->period_ns, &due))
		vg_refuse_raise(&key, &fresh, false, config->netns, &stats->lost_ring_bind);
	else if (due)
		vg_refuse_raise(&key, &fresh, true, config->netns, &stats->lost_ring_announce);
}

static __always_inline void vg_refuse_report(const struct vg_ask *ask, struct vg_vip *vip, const char *name, const struct vg_config *config,
					     struct vg_stats *stats)
{
	VG_COUNT(stats, bind_denied);
	VG_COUNT(vip, bind_hits);
	vg_refuse_event(ask, false, name, config, stats);
}

#endif
