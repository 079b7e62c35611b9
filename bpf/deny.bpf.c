/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Refuses binds before they happen: fmod_ret on security_netlink_send(), which the kernel calls once per send, after the message was
 * copied in, whatever system call brought it. The whole send fails with EPERM.
 *
 * Fail-open and polite: an earlier denial stays, what cannot be parsed passes and is counted, and nothing is refused that the judge has
 * not called a violation beforehand. What slips through is seen at the insert hook and removed by user space.
 * Reads the payload with bpf_probe_read_kernel(): skb->data is untyped, so this program does not load under lockdown=confidentiality.
 */
#define VG_NEED_CALLS
#define VG_NEED_EVENTS
#define VG_NEED_LINKS
#define VG_NEED_VIPS
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.bpf.h"
#include "lookup.bpf.h"
#include "nlmsg.bpf.h"
#include "who.bpf.h"

#define NETLINK_ROUTE 0
#define EPERM 1

char _license[] SEC("license") = "Dual BSD/GPL";

/*
 * Too large for the stack. One program only writes it, and the trampoline never runs one program twice at a time on a CPU (5.10:
 * preemption off; later: prog->active).
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vg_nlmsg);
} vg_scratch SEC(".maps");

static __always_inline enum vg_parse deny_parse(const struct sk_buff *skb, struct vg_newaddr *ret_new)
{
	__u32 zero = 0, sent = skb->len;
	struct vg_nlmsg *msg = bpf_map_lookup_elem(&vg_scratch, &zero);
	__u64 len = sent;
	long r;

	if (!msg)
		return VG_PARSE_UNPARSED;
	/* Hides from clang that the mask below changes nothing: the verifier wants to see it. */
	asm volatile("" : "+r"(len));
	if (sent >= VG_NLMSG_MAX)
		r = bpf_probe_read_kernel(msg->bytes, VG_NLMSG_MAX, skb->data);
	else
		r = bpf_probe_read_kernel(msg->bytes, len & (VG_NLMSG_MAX - 1), skb->data);
	return r ? VG_PARSE_UNPARSED : vg_nlmsg_parse(msg, sent, ret_new);
}

/*
 * The kernel's own index of links (net/core/dev.c: dev_index_hash()), read by probing as the payload is.
 * All of it since 2.6; a kernel without it is left to the insert hook (deny_is_still() then never holds).
 */
struct hlist_node___links {
	struct hlist_node___links *next;
} __attribute__((preserve_access_index));

struct net___links {
	void *dev_index_head; /* struct hlist_head[], each one pointer */
} __attribute__((preserve_access_index));

struct net_device___links {
	char name[VG_IFNAME_MAX];
	struct hlist_node___links index_hlist;
	int ifindex;
} __attribute__((preserve_access_index));

#define DENY_LINK_BUCKETS 256 /* NETDEV_HASHENTRIES */
#define DENY_LINKS_PER_BUCKET 32 /* twice what VG_MAX_LINKS make */

static __always_inline struct net_device___links *deny_find_link(struct net *net, __u32 ifindex)
{
	struct net___links *links = (struct net___links *)net;
	struct hlist_node___links *node = NULL;
	__u64 heads;

	if (!bpf_core_field_exists(links->dev_index_head))
		return NULL;
	heads = (__u64)BPF_CORE_READ(links, dev_index_head);
	if (bpf_probe_read_kernel(&node, sizeof(node), (void *)(heads + (ifindex & (DENY_LINK_BUCKETS - 1)) * sizeof(node))))
		return NULL;
	for (int i = 0; i < DENY_LINKS_PER_BUCKET && node; i++) {
		struct net_device___links *dev = NULL;

		dev = (void *)((__u64)node - __builtin_preserve_field_info(dev->index_hlist, BPF_FIELD_BYTE_OFFSET));
		if ((__u32)BPF_CORE_READ(dev, ifindex) == ifindex)
			return dev;
		node = BPF_CORE_READ(node, next);
	}
	return NULL;
}

/*
 * The verdict holds for the name that user space has read. A link that was renamed a moment ago, or another one with the same index,
 * may be a service dummy: then this is left to the insert hook, which knows the name.
 */
static __always_inline bool deny_is_still(struct net *net, __u32 ifindex, const struct vg_link_value *link)
{
	struct net_device___links *dev = deny_find_link(net, ifindex);
	char name[VG_IFNAME_MAX] = { 0 };

	if (!dev || BPF_CORE_READ_STR_INTO(&name, dev, name) <= 0)
		return false;
	for (int i = 0; i < VG_IFNAME_MAX; i++) {
		if (name[i] != link->name[i])
			return false;
		if (!name[i])
			return true;
	}
	return true;
}

static __always_inline void deny_report(const struct vg_newaddr *new, const struct vg_link_value *link, __u32 netns, struct vg_stats *stats)
{
	struct vg_event *event = vg_event_reserve(VG_EVENT_DENIED, &stats->lost_ring_bind);

	if (!event)
		return;
	event->how = VG_HOW_NETLINK;
	event->addr = new->addr;
	event->ifindex = new->ifindex;
	event->netns = netns;
	event->prefix = new->prefix;
	event->ifa_flags = new->ifa_flags;
	event->nl_flags = new->nl_flags;
	vg_who_fill(&event->who);
	__builtin_memcpy(event->ifname, link->name, sizeof(event->ifname));
	vg_event_submit(event);
}

/* Audit, or a pause: tells the insert hook, which sees this very task next, that it would have been refused. */
static __always_inline void deny_mark(const struct vg_newaddr *new, struct vg_stats *stats)
{
	struct vg_call call = { .how = VG_HOW_NETLINK, .nl_flags = new->nl_flags, .would_deny = new->addr };

	VG_COUNT(stats, bind_would_deny);
	vg_call_begin(&call);
}

static __always_inline int deny_act(const struct vg_newaddr *new, struct vg_vip *vip, const struct vg_link_value *link,
				    const struct vg_config *config, struct vg_stats *stats)
{
	bool enforce = config->mode == VG_ENFORCE;

	if (!enforce || !vg_config_acts(config)) {
		if (enforce)
			VG_COUNT(stats, inactive);
		if (!enforce || vg_config_is_paused(config))
			deny_mark(new, stats);
		return 0;
	}
	VG_COUNT(stats, bind_denied);
	VG_COUNT(vip, bind_hits);
	deny_report(new, link, config->netns, stats);
	return -EPERM;
}

static __always_inline int deny_judge(struct net *net, const struct sk_buff *skb, const struct vg_config *config, struct vg_stats *stats)
{
	struct vg_newaddr new = { .ifindex = 0 };
	enum vg_parse parsed = deny_parse(skb, &new);
	struct vg_link_value *link;
	struct vg_vip *vip;

	if (parsed == VG_PARSE_UNPARSED)
		VG_COUNT(stats, deny_unparsed);
	if (parsed != VG_PARSE_FOUND)
		return 0;
	/* A mark that an earlier message of this task left behind (the kernel refused it before the insert) says nothing about this one. */
	vg_call_end();
	link = bpf_map_lookup_elem(&vg_links, &new.ifindex);
	if (!link || !link->deniable)
		return 0;
	vip = vg_lookup(&new.addr);
	if (!vip || vip->bind.verdict != VG_VIOLATION || vg_is_held(&new.addr) || !deny_is_still(net, new.ifindex, link))
		return 0;
	return deny_act(&new, vip, link, config, stats);
}

/* The socket's namespace counts, not the task's: a socket may be used from, or handed to, another one. */
SEC("fmod_ret/security_netlink_send")
int BPF_PROG(vg_deny, struct sock *sk, struct sk_buff *skb, int ret)
{
	struct vg_config *config;
	struct vg_stats *stats;

	if (ret)
		return ret;
	config = vg_config_get();
	stats = vg_stats_get();
	if (!config || !stats || !config->deny || sk->sk_protocol != NETLINK_ROUTE)
		return 0;
	if (sk->__sk_common.skc_net.net->ns.inum != config->netns)
		return 0;
	return deny_judge(sk->__sk_common.skc_net.net, skb, config, stats);
}
