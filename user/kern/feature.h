/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this kernel allows, tried once for real. The same table drives loading, the `started` line, `status` and `doctor`.
 * Unknown is no, with the reason.
 */
#ifndef KERN_FEATURE_H
#define KERN_FEATURE_H

#include <stdbool.h>
#include <stdint.h>

enum vg_feature {
	VG_FEATURE_BTF, /* the kernel describes its types: /sys/kernel/btf/vmlinux */
	VG_FEATURE_MAPS, /* BPF maps */
	VG_FEATURE_PINS, /* a writable bpffs to pin them in */
	VG_FEATURE_TRACING, /* fentry/fexit programs attach: binds are seen with who did it */
	VG_FEATURE_KPROBE, /* their fallback */
	VG_FEATURE_DENY, /* fmod_ret on security_netlink_send: binds are refused */
	VG_FEATURE_DENY_IOCTL, /* fmod_ret on security_capable: binds that do not come by netlink are refused */
	VG_FEATURE_QDISC_BYPASS, /* cgroup/setsockopt: PACKET_QDISC_BYPASS is taken without effect */
	VG_FEATURE_PAST, /* fentry on __dev_direct_xmit: announcements that pass no filter are seen */
	VG_FEATURE_AF_XDP, /* fentry on xp_assign_dev: AF_XDP sockets on guarded links are seen */
	VG_FEATURE_SENDER, /* fentry on packet_sendmsg: announcements are seen with who sent them */
	VG_FEATURE_TCX, /* announcements are judged first in line */
	VG_FEATURE_CLSACT, /* the fallback of tcx */
	VG_FEATURE_ORDER, /* no other tc program is in front of ours */
	VG_FEATURE_LINKS, /* every link that is to be guarded is */
	VG_FEATURE_RTNETLINK, /* addresses can be listed, watched and removed */
	VG_FEATURE_MAX
};

struct vg_capability {
	bool ok;
	bool tried; /* false: not needed here (a fallback whose first choice works) */
	char why[160]; /* why not; "" if ok */
};

struct vg_features {
	struct vg_capability of[VG_FEATURE_MAX];
};

const char *vg_feature_to_str(enum vg_feature feature); /* "tracing" */
int vg_feature_from_str(const char *text, enum vg_feature *ret_feature);
const char *vg_feature_loss(enum vg_feature feature); /* what an operator loses without it, one line */
const char *vg_feature_cure(enum vg_feature feature); /* what to do about it, one line */

#endif
