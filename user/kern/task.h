/* SPDX-License-Identifier: Apache-2.0 */
/* More about a process than the kernel's record says: its executable, its cgroup, and whose that is. Never those of another one with its pid. */
#ifndef KERN_TASK_H
#define KERN_TASK_H

#include <linux/types.h>

#include "core/cgroup.h"
#include "vipguard/abi.h"

struct vg_task {
	char *exe; /* NULL: not known, or it has executed another one since */
	char *cgroup; /* path below the root of its hierarchy ("/kubepods/..."); NULL: not known */
	struct vg_cgroup of;
};

/*
 * *ret_task: for vg_task_deinit(). The cgroup is found by its id even when the process is gone, where there is a cgroup2 mount. proc: NULL: /proc; for
 * tests, a folder of its form. 0, or -ENOMEM.
 */
int vg_task_describe(const char *proc, const struct vg_who *who, struct vg_task *ret_task);
void vg_task_deinit(struct vg_task *task); /* all zero is fine */

#endif
