/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Refuses binds before they happen: fmod_ret on security_netlink_send(), which the kernel calls once per send, after the messages were
 * copied in, whatever system call brought them. Addresses, host routes of type local, proxy neighbours; one that is refused fails the
 * whole send with EPERM.
 *
 * Fail-open and polite: an earlier denial stays, what cannot be parsed passes and is counted, and nothing is refused that the judge has
 * not called a violation beforehand. What slips through is seen at the insert hook and removed by user space.
 * Reads the payload with bpf_probe_read_kernel(): skb->data is untyped, so this program does not load under lockdown=confidentiality.
 */
#define VG_NEED_CALLS
#define VG_NEED_DUMMIES
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
#define CAP_NET_ADMIN 12

char _license[] SEC("license") = "Dual BSD/GPL";

/*
 * A send on its way through the functions below. They are global, so that the verifier takes each one once and on its own, and these get
 * no pointers before 5.13: what they need lies here. One program only writes it, and the trampoline never runs one program twice at a
 * time on a CPU (5.10: preemption off; later: prog->active).
 */
struct deny_send {
	struct vg_nlwalk walk;
	struct net *net; /* the socket's */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct deny_send);
} vg_scratch SEC(".maps");

enum deny_answer {
	DENY_MORE, /* go on */
	DENY_PASS,
	DENY_REFUSE,
	DENY_UNPARSED,
};

static __always_inline struct deny_send *deny_send_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&vg_scratch, &zero);
}

/*
 * The kernel's own index of links (net/core/dev.c: dev_index_hash()), read by probing as the payload is.
 * All of it since 2.6; a kernel without it is left to the insert hook (deny_is_excused() then always holds).
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
 * Whether a bind there is left to the insert hook: a link that holds service addresses, by the name that it has now. The kernel is asked,
 * since user space may not have read a new link yet, or a new name. What can not be told is excused.
 */
static __always_inline bool deny_is_excused(struct net *net, __u32 ifindex, char *ret_name)
{
	struct vg_name_key key = { .prefixlen = 8 * VG_IFNAME_MAX };
	struct net_device___links *dev = deny_find_link(net, ifindex);
	struct vg_link_value *link;

	if (!dev || BPF_CORE_READ_STR_INTO(&key.name, dev, name) <= 0)
		return true;
	__builtin_memcpy(ret_name, key.name, VG_IFNAME_MAX);
	if (bpf_map_lookup_elem(&vg_dummies, &key))
		return true;
	link = bpf_map_lookup_elem(&vg_links, &ifindex);
	return link && !link->deniable;
}

/* The kernel's view of capabilities: two __u32 before 6.3, one __u64 since; the first four bytes are the same. */
struct deny_caps {
	__u32 low;
};

struct cred___caps {
	struct deny_caps cap_effective;
	struct user_namespace *user_ns;
} __attribute__((preserve_access_index));

/*
 * Whether the kernel itself surely refuses the asker (cap_capable()): that is nothing to report, and anybody could make many of it.
 * An asker of an outer user namespace may be allowed.
 */
static __always_inline bool deny_is_powerless(struct net *net)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct user_namespace *theirs, *ours = BPF_CORE_READ(net, user_ns);
	struct cred___caps *cred = (struct cred___caps *)BPF_CORE_READ(task, cred);
	__u32 caps = 0;

	theirs = BPF_CORE_READ(cred, user_ns);
	if (theirs != ours)
		return BPF_CORE_READ(ours, level) <= BPF_CORE_READ(theirs, level);
	if (bpf_probe_read_kernel(&caps, sizeof(caps), (void *)cred + __builtin_preserve_field_info(cred->cap_effective, BPF_FIELD_BYTE_OFFSET)))
		return false;
	return !(caps & (1U << CAP_NET_ADMIN));
}

static __always_inline void deny_report(const struct vg_ask *ask, const char *name, bool would, const struct vg_config *config,
					struct vg_stats *stats)
{
	struct vg_event *event = vg_event_reserve(VG_EVENT_DENIED, &stats->lost_ring_bind);

	if (!event)
		return;
	event->how = ask->how;
	event->addr = ask->addr;
	event->ifindex = ask->ifindex;
	event->netns = config->netns;
	event->prefix = ask->prefix;
	event->ifa_flags = ask->ifa_flags;
	event->nl_flags = ask->nl_flags;
	event->would_deny = would;
	vg_who_fill(&event->who);
	__builtin_memcpy(event->ifname, name, sizeof(event->ifname));
	vg_event_submit(event);
}

/* Audit, or a pause. The insert hook sees this very task next and is told by a mark; of what it does not see there is an event at once. */
static __always_inline void deny_would(const struct vg_ask *ask, const char *name, const struct vg_config *config, struct vg_stats *stats)
{
	struct vg_call call = { .how = VG_HOW_NETLINK, .nl_flags = ask->nl_flags, .would_deny = ask->addr };

	VG_COUNT(stats, bind_would_deny);
	if (ask->how == VG_HOW_NETLINK)
		vg_call_begin(&call);
	else
		deny_report(ask, name, true, config, stats);
}

static __always_inline enum deny_answer deny_act(const struct vg_ask *ask, const char *name, struct vg_vip *vip, const struct vg_config *config,
						 struct vg_stats *stats)
{
	bool enforce = config->mode == VG_ENFORCE;

	if (!enforce || !vg_config_acts(config)) {
		if (enforce)
			VG_COUNT(stats, inactive);
		if (!enforce || vg_config_is_paused(config))
			deny_would(ask, name, config, stats);
		return DENY_PASS;
	}
	VG_COUNT(stats, bind_denied);
	VG_COUNT(vip, bind_hits);
	deny_report(ask, name, false, config, stats);
	return DENY_REFUSE;
}

/* Of what the walk has found. One that is refused, or would be, decides for the whole send. */
__noinline int vg_deny_judge(void)
{
	struct deny_send *send = deny_send_get();
	struct vg_config *config = vg_config_get();
	struct vg_stats *stats = vg_stats_get();
	char name[VG_IFNAME_MAX] = { 0 };
	struct vg_vip *vip;
	struct vg_ask ask;

	if (!send || !config || !stats)
		return DENY_PASS;
	/* A mark that an earlier message of this task left behind (the kernel refused it before the insert) says nothing about this one. */
	vg_call_end();
	ask = send->walk.ask;
	vip = vg_lookup(&ask.addr);
	if (!vip || vip->bind.verdict != VG_VIOLATION || vg_is_held(&ask.addr))
		return DENY_MORE;
	if (ask.ifindex && deny_is_excused(send->net, ask.ifindex, name))
		return DENY_MORE;
	return deny_is_powerless(send->net) ? DENY_PASS : deny_act(&ask, name, vip, config, stats);
}

/* An enum deny_answer. */
__noinline int vg_deny_step(void)
{
	struct deny_send *send = deny_send_get();

	if (!send)
		return DENY_PASS;
	switch (vg_nl_step(&send->walk)) {
	case VG_NL_MORE: return DENY_MORE;
	case VG_NL_ASK: return vg_deny_judge();
	case VG_NL_END: return DENY_PASS;
	case VG_NL_UNREADABLE: break;
	}
	return DENY_UNPARSED;
}

static __always_inline int deny_walk(struct net *net, const struct sk_buff *skb, struct vg_stats *stats)
{
	struct deny_send *send = deny_send_get();
	int answer = DENY_UNPARSED;

	if (!send)
		return 0;
	send->net = net;
	vg_nl_start(&send->walk, skb->data, skb->len);
	for (int i = 0; i < VG_NL_STEPS; i++) {
		answer = vg_deny_step();
		if (answer != DENY_MORE)
			break;
	}
	if (answer == DENY_MORE || answer == DENY_UNPARSED)
		VG_COUNT(stats, deny_unparsed);
	return answer == DENY_REFUSE ? -EPERM : 0;
}

/*
 * The socket's namespace counts, not the task's: a socket may be used from, or handed to, another one. Whether the message is for the
 * kernel or for another process cannot be told here; both need the same capability.
 */
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
	return deny_walk(sk->__sk_common.skc_net.net, skb, stats);
}
