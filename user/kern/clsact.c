/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/clsact.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_sched.h>

#include "base/log.h"
#include "kern/tclist.h"

/* Hooks are made by LIBBPF_OPTS: libbpf refuses a structure whose padding is not zero. */

static uint32_t program_id(int prog_fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) < 0 ? 0 : info.id;
}

/* An ingress qdisc takes every class for its own: a filter meant for egress would judge what comes in. -EEXIST: it is there. -EAGAIN: none is. */
static int check_qdisc(uint32_t ifindex)
{
	char kind[VG_TC_KIND_MAX];
	int r;

	r = vg_tc_find_qdisc(ifindex, kind);
	if (r < 0)
		return r;
	if (strcmp(kind, "clsact") == 0)
		return 0;
	return kind[0] ? -EEXIST : -EAGAIN;
}

static int make_qdisc(struct bpf_tc_hook *hook, bool *ret_made)
{
	int r;

	r = bpf_tc_hook_create(hook);
	*ret_made = r == 0;
	/* also what is said of a qdisc of another kind */
	return r == -EEXIST ? check_qdisc((uint32_t)hook->ifindex) : r;
}

static int take_off(const struct bpf_tc_hook *hook)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = VG_TC_HANDLE, .priority = VG_TC_PRIORITY);

	return bpf_tc_detach(hook, &opts);
}

static int take_off_qdisc(struct bpf_tc_hook *hook)
{
	hook->attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	return bpf_tc_hook_destroy(hook);
}

int vg_clsact_attach(uint32_t ifindex, int prog_fd, bool *ret_made_qdisc)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = VG_TC_HANDLE, .priority = VG_TC_PRIORITY, .prog_fd = prog_fd, .flags = BPF_TC_F_REPLACE);
	bool made;
	int r;

	r = make_qdisc(&hook, &made);
	if (r < 0)
		return r;
	r = bpf_tc_attach(&hook, &opts);
	if (r == 0) {
		/* the qdisc may have become another one meanwhile */
		r = check_qdisc(ifindex);
		if (r < 0)
			(void)take_off(&hook);
	} else if (made) {
		(void)take_off_qdisc(&hook);
	}
	if (r < 0)
		return r;
	*ret_made_qdisc = made;
	return 0;
}

bool vg_clsact_is_attached(uint32_t ifindex, int prog_fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = VG_TC_HANDLE, .priority = VG_TC_PRIORITY);

	return check_qdisc(ifindex) == 0 && bpf_tc_query(&hook, &opts) == 0 && opts.prog_id != 0 && opts.prog_id == program_id(prog_fd);
}

static void count_filter(void *ctx, const struct vg_tc_filter *filter)
{
	size_t *n = ctx;

	(void)filter;
	++*n;
}

/* What cannot be told counts as used: a qdisc too many harms nobody. */
static bool has_filters(uint32_t ifindex, uint32_t parent)
{
	size_t n = 0;

	return vg_tc_for_each_filter(ifindex, TC_H_MAKE(TC_H_CLSACT, parent), count_filter, &n) < 0 || n > 0;
}

void vg_clsact_detach(uint32_t ifindex, int prog_fd, bool made_qdisc)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	int r;

	if (!vg_clsact_is_attached(ifindex, prog_fd))
		return;
	r = take_off(&hook);
	if (r < 0) {
		vg_log_errno(r, "cannot take the filter off ifindex %u", ifindex);
		return;
	}
	if (!made_qdisc || has_filters(ifindex, TC_H_MIN_INGRESS) || has_filters(ifindex, TC_H_MIN_EGRESS))
		return;
	r = take_off_qdisc(&hook);
	if (r < 0)
		vg_log_errno(r, "cannot take the clsact qdisc off ifindex %u", ifindex);
}
