/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbpf has bpf_program__attach_tcx() since 1.3, and the system's <linux/bpf.h> may be older than 6.6 too: so the system call is
 * made here, with the few bits of that kernel's include/uapi/linux/bpf.h that it takes.
 */
#include "kern/tcx.h"

#include <errno.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <sys/syscall.h>

#define TCX_EGRESS 47 /* BPF_TCX_EGRESS of enum bpf_attach_type */
#define TCX_BEFORE (1U << 3) /* BPF_F_BEFORE: with no program named, before all of them */

/* union bpf_attr, link_create with its tcx part. What is unused must be zero. */
struct tcx_link_create {
	uint32_t prog_fd;
	uint32_t target_ifindex;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t relative_fd;
	uint32_t pad;
	uint64_t expected_revision;
};

_Static_assert(sizeof(struct tcx_link_create) == 32, "layout of the kernel's attribute");

/* struct bpf_link_info with its tcx part, which is BPF_OBJ_GET_INFO_BY_FD's answer. */
struct tcx_link_info {
	uint32_t type;
	uint32_t id;
	uint32_t prog_id;
	uint32_t pad;
	uint32_t ifindex; /* 0: the link it was attached to is gone, or was moved to another namespace */
	uint32_t attach_type;
};

/* union bpf_attr, info */
struct get_info {
	uint32_t fd;
	uint32_t len;
	uint64_t info;
};

bool vg_tcx_is_attached(int fd)
{
	struct tcx_link_info info = { 0 };
	struct get_info attr = { .fd = (uint32_t)fd, .len = sizeof(info), .info = (uintptr_t)&info };

	return syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) == 0 && info.ifindex != 0;
}

int vg_tcx_attach(uint32_t ifindex, int prog_fd, int *ret_fd)
{
	struct tcx_link_create attr = {
		.prog_fd = (uint32_t)prog_fd,
		.target_ifindex = ifindex,
		.attach_type = TCX_EGRESS,
		.flags = TCX_BEFORE,
	};
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	if (fd < 0)
		return -errno;
	*ret_fd = (int)fd;
	return 0;
}
