/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Differences between kernels, each with what changed, since when, and when the shim can go.
 *
 * No field that is read (vmlinux.h) has changed its name within 5.10 .. 7.3; a neighbour that has: in_ifaddr.hash, now addr_lst.
 */
#ifndef VG_COMPAT_BPF_H
#define VG_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* BPF_PROG and BPF_KPROBE of libbpf declare a ctx that a program without arguments, or with casts of it only, does not use. */
#pragma clang diagnostic ignored "-Wunused-parameter"

/* Set by user space before load: false where lockdown=confidentiality refuses bpf_probe_read_kernel(), even as dead weight. */
const volatile bool vg_may_probe_read = true;

/*
 * Start of the current thread group's leader, CLOCK_BOOTTIME; 0: not to be had here.
 *
 * bpf_get_current_task_btf() came with 5.11 (commit 3ca1032ab7ab) and gives typed loads; before, only a probing read works. To go with 5.10.
 */
static __always_inline __u64 vg_current_start_ns(void)
{
	struct task_struct *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		return task->group_leader->start_boottime;
	}
	if (!vg_may_probe_read)
		return 0;
	task = (struct task_struct *)bpf_get_current_task();
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

#endif
