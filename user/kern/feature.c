/* SPDX-License-Identifier: Apache-2.0 */
/* Names, losses and cures. What is tried, and how, is known by the owners (bind.c, deny.c, announce.c, maps.c, rtnl.c). */
#include "kern/feature.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

struct feature_text {
	const char *name;
	const char *loss;
	const char *cure;
};

static const struct feature_text feature_texts[] = {
	[VG_FEATURE_BTF] = { "btf", "no BPF program that reads kernel structures can be loaded", "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y" },
	[VG_FEATURE_MAPS] = { "maps", "nothing is denied or dropped in the kernel; binds are removed after the fact",
			      "run as root or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN" },
	[VG_FEATURE_PINS] = { "pins", "what refuses and drops ends with the guard at once, a restart leaves a gap, and bpftool cannot show the maps",
			      "mount a writable bpffs: mount -t bpf bpf /sys/fs/bpf" },
	[VG_FEATURE_TRACING] = { "tracing", "binds are seen by kprobes or by rtnetlink alone",
				 "boot a kernel with CONFIG_FUNCTION_TRACER and CONFIG_BPF_JIT; grant CAP_PERFMON" },
	[VG_FEATURE_KPROBE] = { "kprobe", "binds are seen by rtnetlink alone: later, and mostly without who did it",
				"boot a kernel with CONFIG_KPROBES, not under lockdown=confidentiality; grant CAP_PERFMON" },
	[VG_FEATURE_DENY] = { "deny", "binds are not refused; they are removed right after",
			      "boot a kernel with CONFIG_SECURITY and CONFIG_BPF_JIT, not under lockdown=confidentiality; grant CAP_PERFMON" },
	[VG_FEATURE_DENY_IOCTL] = { "deny-ioctl",
				    "binds by ioctl are not refused, but removed right after; published ARP entries and IPv6 anycast joins pass",
				    "as for deny; and boot a kernel with CONFIG_IPV6=y, not as a module" },
	[VG_FEATURE_QDISC_BYPASS] = { "qdisc-bypass", "frames of sockets with PACKET_QDISC_BYPASS are not dropped",
				      "mount cgroup2 and let the guard see its root (hostPath /sys/fs/cgroup); boot a kernel with "
				      "CONFIG_CGROUP_BPF" },
	[VG_FEATURE_PAST] = { "past", "announcements that leave by PACKET_QDISC_BYPASS or AF_XDP are not seen",
			      "boot a kernel with CONFIG_FUNCTION_TRACER and CONFIG_BPF_JIT; grant CAP_PERFMON" },
	[VG_FEATURE_AF_XDP] = { "af-xdp", "AF_XDP sockets on guarded links are not noticed", "as for past" },
	[VG_FEATURE_SENDER] = { "sender", "announcements are not named by process",
				"boot a kernel with CONFIG_FUNCTION_TRACER and CONFIG_BPF_JIT; grant CAP_PERFMON" },
	[VG_FEATURE_TCX] = { "tcx", "another tc program may see or steal a frame before it is judged", "boot kernel 6.6 or later" },
	[VG_FEATURE_CLSACT] = { "clsact", "announcements are neither seen nor dropped",
				"load the modules sch_ingress and cls_bpf; grant CAP_NET_ADMIN, CAP_BPF and CAP_PERFMON" },
	[VG_FEATURE_ORDER] = { "order", "another tc program sees frames before they are judged, and may let them pass",
			       "let that program attach behind, or at another priority" },
	[VG_FEATURE_LINKS] = { "links", "announcements on that link are neither seen nor dropped",
			       "do what the reason asks for; it is tried again when the link changes" },
	[VG_FEATURE_RTNETLINK] = { "rtnetlink", "addresses cannot be listed, watched or removed",
				   "grant CAP_NET_ADMIN and let the sandbox pass AF_NETLINK sockets" },
};

_Static_assert(ARRAY_SIZE(feature_texts) == VG_FEATURE_MAX, "one line for each feature");

static const struct feature_text *find_text(enum vg_feature feature)
{
	return (unsigned int)feature < VG_FEATURE_MAX ? &feature_texts[feature] : NULL;
}

const char *vg_feature_to_str(enum vg_feature feature)
{
	const struct feature_text *text = find_text(feature);

	return text ? text->name : NULL;
}

int vg_feature_from_str(const char *text, enum vg_feature *ret_feature)
{
	for (size_t i = 0; i < VG_FEATURE_MAX; i++) {
		if (strcmp(text, feature_texts[i].name) == 0) {
			*ret_feature = (enum vg_feature)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *vg_feature_loss(enum vg_feature feature)
{
	const struct feature_text *text = find_text(feature);

	return text ? text->loss : NULL;
}

const char *vg_feature_cure(enum vg_feature feature)
{
	const struct feature_text *text = find_text(feature);

	return text ? text->cure : NULL;
}
