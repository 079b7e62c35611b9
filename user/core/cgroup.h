/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a process is by the path of its cgroup: a Pod's uid and a container's id, by the names that the kubelet and the runtimes give (kubelet:
 * pkg/kubelet/cm/pod_container_manager_linux.go and cgroup_manager_linux.go of 1.31). Pure.
 *
 *   /kubepods/burstable/pod<uid>/<id>                              cgroupfs driver; of CRI-O crio-<id>
 *   /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid>.slice/cri-containerd-<id>.scope
 *                                                                  systemd driver, "_" for each "-" of the uid; crio-<id>.scope, docker-<id>.scope
 *   /system.slice/kubepods-pod<uid>.slice:cri-containerd:<id>      systemd driver, and a runtime that was not told of it
 *   /docker/<id>, /system.slice/docker-<id>.scope                  no Pod's
 *
 * All of it also below another cgroup (a kubelet's --cgroup-root, kind's /kubelet, a node that is a container), or seen from a container's own
 * cgroup namespace ("/../../pod<uid>/<id>"). A uid is a UUID, or of a static Pod the 32 digits of the annotation kubernetes.io/config.hash.
 */
#ifndef CORE_CGROUP_H
#define CORE_CGROUP_H

#define VG_POD_UID_MAX 37 /* a UUID and its NUL */
#define VG_CONTAINER_MAX 65 /* the 64 digits of a container's id and their NUL */

struct vg_cgroup {
	char pod_uid[VG_POD_UID_MAX]; /* as the API writes it; "": no Pod's */
	char container[VG_CONTAINER_MAX]; /* "": none */
};

/* The outermost Pod, or else container: what is below was made in it, and may have any name. */
struct vg_cgroup vg_cgroup_parse(const char *path);

/*
 * A line of /proc/PID/cgroup, with or without its newline: "0::/path" of version 2, "4:memory:/path" of 1 (cgroups(7)). *ret_path points into it. How much
 * its path tells: of several lines the one with the highest number, the first of equals. -1: it is none.
 */
int vg_cgroup_weigh_line(const char *line, const char **ret_path);

#endif
