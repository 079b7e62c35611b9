/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/clsact.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_sched.h>

#include "base/log.h"
#include "kern/program.h"

#define SWEEP_MAX 16 /* two handles at each priority */

/* Hooks are made by LIBBPF_OPTS: libbpf refuses a structure whose padding is not zero. */

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

static uint32_t other_handle(uint32_t handle)
{
	return handle == VG_TC_HANDLE ? VG_TC_HANDLE_TWIN : VG_TC_HANDLE;
}

static int take_off(const struct bpf_tc_hook *hook, const struct vg_clsact_spot *spot)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = spot->handle, .priority = spot->priority);

	return bpf_tc_detach(hook, &opts);
}

static int take_off_qdisc(struct bpf_tc_hook *hook)
{
	hook->attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	return bpf_tc_hook_destroy(hook);
}

/* At the highest priority that is to be had: -EINVAL says that a filter of another kind or protocol has this one. */
static int put(const struct bpf_tc_hook *hook, int prog_fd, uint32_t flags, struct vg_clsact_spot *spot)
{
	int r = -EINVAL;

	for (uint32_t priority = 1; priority <= VG_TC_PRIORITY_MAX && r == -EINVAL; priority++) {
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = spot->handle, .priority = priority, .prog_fd = prog_fd, .flags = flags);

		r = bpf_tc_attach(hook, &opts);
		spot->priority = priority;
	}
	return r;
}

int vg_clsact_attach(uint32_t ifindex, int prog_fd, struct vg_clsact_spot *ret_spot)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	struct vg_clsact_spot spot = { .handle = VG_TC_HANDLE };
	int r;

	r = make_qdisc(&hook, &spot.made_qdisc);
	if (r < 0)
		return r;
	r = put(&hook, prog_fd, BPF_TC_F_REPLACE, &spot);
	if (r == 0) {
		/* the qdisc may have become another one meanwhile */
		r = check_qdisc(ifindex);
		if (r < 0)
			(void)take_off(&hook, &spot);
	} else if (spot.made_qdisc) {
		(void)take_off_qdisc(&hook);
	}
	if (r < 0)
		return r;
	*ret_spot = spot;
	return 0;
}

struct look {
	const struct vg_clsact_spot *spot;
	uint32_t prog_id;
	bool begun;
	enum vg_place place;
};

static void look_at(void *ctx, const struct vg_tc_filter *filter)
{
	struct look *look = ctx;
	bool ours = filter->handle == look->spot->handle && filter->priority == look->spot->priority && filter->prog_id == look->prog_id;

	/* the others are asked only if a filter of this one sends the frame there */
	if (filter->chain != 0)
		return;
	if (ours)
		look->place = look->begun ? VG_PLACE_BEHIND : VG_PLACE_FIRST;
	look->begun = true;
}

enum vg_place vg_clsact_look(uint32_t ifindex, int prog_fd, const struct vg_clsact_spot *spot)
{
	struct look look = { .spot = spot, .prog_id = vg_program_id(prog_fd), .place = VG_PLACE_NONE };

	if (check_qdisc(ifindex) < 0)
		return VG_PLACE_NONE;
	/* what cannot be told is left alone */
	if (vg_tc_for_each_filter(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), look_at, &look) < 0 || !look.prog_id)
		return VG_PLACE_FIRST;
	return look.place;
}

/* Of one priority the newest filter is asked first (cls_bpf_change() of net/sched/cls_bpf.c), so a second one goes there before the first is taken off. */
int vg_clsact_pass(uint32_t ifindex, int prog_fd, struct vg_clsact_spot *spot)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	struct vg_clsact_spot next = { .handle = other_handle(spot->handle), .made_qdisc = spot->made_qdisc };
	int r;

	if (check_qdisc(ifindex) < 0)
		return -EAGAIN;
	r = put(&hook, prog_fd, 0, &next);
	if (r < 0)
		return r;
	(void)take_off(&hook, spot);
	*spot = next;
	return 0;
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

void vg_clsact_remove_qdisc(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex);
	int r;

	if (check_qdisc(ifindex) < 0 || has_filters(ifindex, TC_H_MIN_INGRESS) || has_filters(ifindex, TC_H_MIN_EGRESS))
		return;
	r = take_off_qdisc(&hook);
	if (r < 0)
		vg_log_errno(r, "cannot take the clsact qdisc off ifindex %u", ifindex);
}

void vg_clsact_detach(uint32_t ifindex, int prog_fd, const struct vg_clsact_spot *spot)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	int r;

	if (vg_clsact_look(ifindex, prog_fd, spot) == VG_PLACE_NONE)
		return;
	r = take_off(&hook, spot);
	if (r < 0) {
		vg_log_errno(r, "cannot take the filter off ifindex %u", ifindex);
		return;
	}
	if (spot->made_qdisc)
		vg_clsact_remove_qdisc(ifindex);
}

struct sweep {
	const struct vg_clsact_spot *keep;
	struct vg_clsact_spot found[SWEEP_MAX];
	size_t n;
};

static void find_ours(void *ctx, const struct vg_tc_filter *filter)
{
	struct sweep *sweep = ctx;
	bool kept = sweep->keep && filter->handle == sweep->keep->handle && filter->priority == sweep->keep->priority;

	if (kept || sweep->n == SWEEP_MAX || filter->chain != 0 || (filter->handle != VG_TC_HANDLE && filter->handle != VG_TC_HANDLE_TWIN))
		return;
	if (filter->prog_id && vg_program_is_named(filter->prog_id, VG_TC_PROGRAM))
		sweep->found[sweep->n++] = (struct vg_clsact_spot){ .handle = filter->handle, .priority = filter->priority };
}

int vg_clsact_sweep(uint32_t ifindex, const struct vg_clsact_spot *keep)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	struct sweep sweep = { .keep = keep };
	int r = 0;

	/* an ingress qdisc answers too: an earlier version may have put its filter there */
	(void)vg_tc_for_each_filter(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), find_ours, &sweep);
	for (size_t i = 0; i < sweep.n && r == 0; i++)
		r = take_off(&hook, &sweep.found[i]);
	if (r < 0)
		return vg_log_errno(r, "cannot take the filter of an earlier guard off ifindex %u", ifindex);
	return 0;
}
