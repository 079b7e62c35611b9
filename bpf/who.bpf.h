/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The current task, and marks on it that join two hooks of one system call. For tracing programs: a tc program may not ask. */
#ifndef VG_WHO_BPF_H
#define VG_WHO_BPF_H

#ifndef VG_NEED_CALLS
#error "who.bpf.h needs vg_calls"
#endif
#include "compat.bpf.h"
#include "maps.bpf.h"

static __always_inline void vg_who_fill(struct vg_who *ret_who)
{
	__u64 ids = bpf_get_current_pid_tgid();

	ret_who->pid = ids >> 32;
	ret_who->tid = (__u32)ids;
	ret_who->start_ns = vg_current_start_ns();
	ret_who->cgroup_id = bpf_get_current_cgroup_id();
	bpf_get_current_comm(ret_who->comm, sizeof(ret_who->comm));
}

static __always_inline void vg_call_put(__u64 key, const struct vg_call *call)
{
	struct vg_stats *stats;

	if (!bpf_map_update_elem(&vg_calls, &key, call, BPF_ANY))
		return;
	stats = vg_stats_get();
	if (stats)
		VG_COUNT(stats, lost_calls);
}

static __always_inline void vg_call_begin(const struct vg_call *call)
{
	vg_call_put(bpf_get_current_task(), call);
}

static __always_inline struct vg_call *vg_call_find(void)
{
	__u64 task = bpf_get_current_task();

	return bpf_map_lookup_elem(&vg_calls, &task);
}

static __always_inline void vg_call_end(void)
{
	__u64 task = bpf_get_current_task();

	bpf_map_delete_elem(&vg_calls, &task);
}

/* What the kernel sends on its own account, it may send in an interrupt amid the task's own call: a mark beside that one, at no task's address. */
static __always_inline __u64 vg_call_kernel_key(void)
{
	return bpf_get_current_task() | 1;
}

static __always_inline void vg_call_begin_kernel(const struct vg_call *call)
{
	vg_call_put(vg_call_kernel_key(), call);
}

static __always_inline struct vg_call *vg_call_find_kernel(void)
{
	__u64 key = vg_call_kernel_key();

	return bpf_map_lookup_elem(&vg_calls, &key);
}

static __always_inline void vg_call_end_kernel(void)
{
	__u64 key = vg_call_kernel_key();

	bpf_map_delete_elem(&vg_calls, &key);
}

#endif
