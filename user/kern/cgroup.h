/* SPDX-License-Identifier: Apache-2.0 */
/* The root of the cgroup2 hierarchy, to attach programs to that concern every process. */
#ifndef KERN_CGROUP_H
#define KERN_CGROUP_H

/*
 * A folder that shows the root itself. -ENOENT: cgroup2 is mounted nowhere here. -EXDEV: it is, but only a part of it is shown, as in a
 * container with a cgroup namespace of its own: a program there would reach nobody else.
 */
int vg_cgroup_open_root(int *ret_fd);

#endif
