/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbpf has bpf_program__attach_tcx() since 1.3, and the system's <linux/bpf.h> may be older than 6.6 too: so the system call is
 * made here, with the few bits of that kernel's include/uapi/linux/bpf.h that it takes.
 */
#include "kern/tcx.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "kern/program.h"

#define TCX_EGRESS 47 /* BPF_TCX_EGRESS of enum bpf_attach_type */
#define PROGRAMS_MAX 64 /* BPF_MPROG_MAX */
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

/* union bpf_attr, query with its multi-program part */
struct tcx_query {
	uint32_t target_ifindex;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t prog_ids;
	uint32_t count;
	uint32_t pad;
	uint64_t prog_attach_flags;
	uint64_t link_ids;
	uint64_t link_attach_flags;
	uint64_t revision;
};

_Static_assert(sizeof(struct tcx_query) == 64, "layout of the kernel's attribute");

static bool is_attached(int fd)
{
	struct tcx_link_info info = { 0 };
	struct get_info attr = { .fd = (uint32_t)fd, .len = sizeof(info), .info = (uintptr_t)&info };

	return syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) == 0 && info.ifindex != 0;
}

/* In the order in which the kernel asks them. link_ids: 0 for a program without a link. -errno. */
static int list(uint32_t ifindex, uint32_t prog_ids[PROGRAMS_MAX], uint32_t link_ids[PROGRAMS_MAX], size_t *ret_n)
{
	struct tcx_query attr = {
		.target_ifindex = ifindex,
		.attach_type = TCX_EGRESS,
		.prog_ids = (uintptr_t)prog_ids,
		.link_ids = (uintptr_t)link_ids,
		.count = PROGRAMS_MAX,
	};

	memset(prog_ids, 0, PROGRAMS_MAX * sizeof(*prog_ids));
	memset(link_ids, 0, PROGRAMS_MAX * sizeof(*link_ids));
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0)
		return -errno;
	*ret_n = attr.count < PROGRAMS_MAX ? attr.count : PROGRAMS_MAX;
	return 0;
}

enum vg_place vg_tcx_look(uint32_t ifindex, int fd, int prog_fd)
{
	uint32_t prog_ids[PROGRAMS_MAX], link_ids[PROGRAMS_MAX];
	size_t n;

	if (!is_attached(fd))
		return VG_PLACE_NONE;
	/* what cannot be told is left alone */
	if (list(ifindex, prog_ids, link_ids, &n) < 0 || n == 0)
		return VG_PLACE_FIRST;
	return prog_ids[0] == vg_program_id(prog_fd) ? VG_PLACE_FIRST : VG_PLACE_BEHIND;
}

static int take_off(uint32_t ifindex, uint32_t link_id)
{
	struct {
		uint32_t link_fd;
	} attr;
	_cleanup_close_ int fd = bpf_link_get_fd_by_id(link_id);

	attr.link_fd = (uint32_t)fd;
	/* ENOENT: nothing holds it any more, and it is on its way */
	if ((fd < 0 && errno == ENOENT) || (fd >= 0 && syscall(SYS_bpf, BPF_LINK_DETACH, &attr, sizeof(attr)) == 0))
		return 0;
	return vg_log_errno(-errno, "cannot take the program of an earlier guard off ifindex %u", ifindex);
}

int vg_tcx_sweep(uint32_t ifindex, int prog_fd)
{
	uint32_t prog_ids[PROGRAMS_MAX], link_ids[PROGRAMS_MAX], ours = prog_fd < 0 ? 0 : vg_program_id(prog_fd);
	int r, error = 0;
	size_t n;

	r = list(ifindex, prog_ids, link_ids, &n);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	for (size_t i = 0; i < n; i++) {
		if (link_ids[i] && prog_ids[i] != ours && vg_program_is_named(prog_ids[i], VG_TC_PROGRAM))
			r = take_off(ifindex, link_ids[i]);
		if (r < 0 && error == 0)
			error = r;
	}
	return error;
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
