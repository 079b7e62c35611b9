/* SPDX-License-Identifier: Apache-2.0 */
/* More about a process than the kernel's record says: its executable and its cgroup. Never those of another one with its pid. */
#ifndef KERN_TASK_H
#define KERN_TASK_H

#include <linux/types.h>

#include "vipguard/abi.h"

/*
 * *ret_exe, *ret_cgroup: for the caller to free(), each NULL if it cannot be told. The cgroup is the path below the cgroup2
 * mount ("/kubepods/..."); it is found by its id even when the process is gone. 0, or -ENOMEM.
 */
int vg_task_describe(const struct vg_who *who, char **ret_exe, char **ret_cgroup);

#endif
