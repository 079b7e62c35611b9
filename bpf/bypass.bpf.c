/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames that no tc filter ever sees: those of a packet socket with PACKET_QDISC_BYPASS and of an AF_XDP socket.
 *
 * vg_swallow, on the root cgroup, takes the first one's option without effect: the sender notices nothing, and its frames go the usual way.
 * Nobody else's socket option is touched. That program may ask neither for the socket's namespace nor for the task on older kernels, so
 * vg_ask_bypass leaves a mark a moment before, in the same call. A 32-bit process never meets cgroup programs, and a socket may have had the
 * option before the guard came: what leaves all the same is read by vg_past and reported; it cannot be dropped there.
 *
 * vg_past reads frames by probing; under lockdown=confidentiality it only counts them.
 */
#define VG_NEED_CALLS
#define VG_NEED_EVENTS
#define VG_NEED_LINKS
#define VG_NEED_SEEN
#define VG_NEED_VIPS
#define VG_NEIGH_PROBES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.bpf.h"
#include "lookup.bpf.h"
#include "neigh.bpf.h"
#include "seen.bpf.h"
#include "who.bpf.h"

#define AF_PACKET 17
#define AF_XDP 44
#define SOL_PACKET 263
#define PACKET_QDISC_BYPASS 20
#define ASKS_MAX 128

/* Who asks for the option. */
struct bypass_ask {
	__u64 sock; /* address of its struct sock */
	struct vg_who who;
};

/* By task, as vg_calls; LRU, since the call may end before vg_swallow has its turn. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ASKS_MAX);
	__type(key, __u64);
	__type(value, struct bypass_ask);
} vg_asks SEC(".maps");

/* By process and kind of socket: when that was reported last. Whoever may open a packet socket may ask as often as it likes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ASKS_MAX);
	__type(key, __u64);
	__type(value, __u64);
} vg_asked SEC(".maps");

static __always_inline bool bypass_is_due(__u32 pid, __u8 family, __u64 period_ns)
{
	__u64 key = (__u64)family << 32 | pid, now = bpf_ktime_get_boot_ns(), *last = bpf_map_lookup_elem(&vg_asked, &key);

	if (last && now - *last < period_ns)
		return false;
	(void)bpf_map_update_elem(&vg_asked, &key, &now, BPF_ANY);
	return true;
}

static __always_inline void bypass_report(__u8 family, __u32 ifindex, bool dropped, bool would, const struct vg_who *who,
					  const struct vg_config *config, struct vg_stats *stats)
{
	struct vg_event *event;

	if (!bypass_is_due(who->pid, family, config->period_ns))
		return;
	event = vg_event_reserve(VG_EVENT_BYPASS, &stats->lost_ring_announce);
	if (!event)
		return;
	event->family = family;
	event->ifindex = ifindex;
	event->netns = config->netns;
	event->dropped = dropped;
	event->would_deny = would;
	event->who = *who;
	vg_event_submit(event);
}

/* Before every other look at the option, in the kernel's setsockopt(). */
SEC("fentry/security_socket_setsockopt")
int BPF_PROG(vg_ask_bypass, struct socket *sock, int level, int optname)
{
	struct bypass_ask ask = { .sock = 0 };
	struct vg_config *config;
	struct sock *sk;
	__u64 task;

	if (level != SOL_PACKET || optname != PACKET_QDISC_BYPASS)
		return 0;
	config = vg_config_get();
	sk = sock->sk;
	if (!config || sk->__sk_common.skc_family != AF_PACKET || sk->__sk_common.skc_net.net->ns.inum != config->netns)
		return 0;
	ask.sock = (__u64)sk;
	vg_who_fill(&ask.who);
	task = bpf_get_current_task();
	(void)bpf_map_update_elem(&vg_asks, &task, &ask, BPF_ANY);
	return 0;
}

/* To switch it off, or what the kernel will refuse, is no business of ours. */
static __always_inline bool bypass_is_asked_for(const struct bpf_sockopt *ctx)
{
	const __u32 *value = ctx->optval;

	if (ctx->level != SOL_PACKET || ctx->optname != PACKET_QDISC_BYPASS || ctx->optlen != sizeof(*value))
		return false;
	return (const void *)(value + 1) <= ctx->optval_end && *value;
}

/* True: it has no effect. */
static __always_inline bool bypass_judge(const struct bypass_ask *ask)
{
	struct vg_config *config = vg_config_get();
	struct vg_stats *stats = vg_stats_get();
	bool acts, would;

	if (!config || !stats || !config->drop)
		return false;
	acts = config->mode == VG_ENFORCE && vg_config_acts(config);
	would = config->mode != VG_ENFORCE || vg_config_is_paused(config);
	if (acts)
		VG_COUNT(stats, bypass_swallowed);
	else if (!would)
		VG_COUNT(stats, inactive);
	if (acts || would)
		bypass_report(AF_PACKET, 0, acts, would, &ask->who, config, stats);
	return acts;
}

static __always_inline bool bypass_is_swallowed(const struct bpf_sockopt *ctx)
{
	__u64 task = bpf_get_current_task();
	struct bypass_ask *found, ask;

	if (!bypass_is_asked_for(ctx))
		return false;
	found = bpf_map_lookup_elem(&vg_asks, &task);
	if (!found || found->sock != (__u64)ctx->sk)
		return false;
	ask = *found;
	(void)bpf_map_delete_elem(&vg_asks, &task);
	return bypass_judge(&ask);
}

/*
 * An optlen of -1 ends the call with success (__cgroup_bpf_run_filter_setsockopt()). Of an option longer than the page that programs are shown
 * the kernel must take the caller's own memory, which an optlen of 0 says: 5.10 fails the call otherwise. What another program, further down the
 * tree, has made of the option stays; its denial does too, since every program must return 1.
 */
SEC("cgroup/setsockopt")
int vg_swallow(struct bpf_sockopt *ctx)
{
	volatile __s32 *optlen = &ctx->optlen; /* each access by itself: the verifier takes no address within the context */

	if (bypass_is_swallowed(ctx))
		*optlen = -1;
	else if (*optlen > (long)(ctx->optval_end - ctx->optval))
		*optlen = 0;
	return 1;
}

/* Of the one program that reads frames; see vg_scratch of deny.bpf.c. */
struct bypass_scratch {
	const __u8 *bytes;
	__u32 len;
	__u8 read[VG_FRAME_READ_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bypass_scratch);
} vg_scratch SEC(".maps");

static __always_inline struct bypass_scratch *bypass_scratch_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&vg_scratch, &zero);
}

__noinline int vg_frame_probe(__u32 offset, __u32 len)
{
	struct bypass_scratch *scratch = bypass_scratch_get();

	len &= VG_FRAME_READ_MAX - 1;
	if (!vg_may_probe_read || !scratch || offset > scratch->len || len > scratch->len - offset)
		return -1;
	return bpf_probe_read_kernel(scratch->read, len, scratch->bytes + offset) ? -1 : 0;
}

/* What is known of a frame that is handed to a driver directly. */
struct bypass_frame {
	const __u8 *bytes;
	__u32 linear; /* so many of them; the rest is in pages */
	__u32 len;
	__u32 ifindex;
	__u32 netns;
	__u32 family; /* of its socket */
};

static __always_inline enum vg_parse bypass_parse(const struct bypass_frame *from, struct vg_claim *ret_claim, __u8 source[6])
{
	struct bypass_scratch *scratch = bypass_scratch_get();
	struct vg_frame frame;
	enum vg_parse parsed;

	if (!vg_may_probe_read || !scratch)
		return VG_PARSE_UNPARSED;
	scratch->bytes = from->bytes;
	scratch->len = from->linear;
	frame.read = scratch->read;
	(void)vg_frame_read(&frame, 6, source, 6);
	parsed = vg_neigh_parse(&frame, ret_claim);
	/* of a sender's ring only the Ethernet header is here, so whether LLC announces anything cannot be told */
	if (parsed == VG_PARSE_NONE && from->linear != from->len && from->linear < VG_ETH_HLEN + VG_SNAP_HLEN) {
		__u8 type[2] = { 0 };

		if (vg_frame_read(&frame, VG_ETH_HLEN - 2, type, sizeof(type)) || vg_be16(type) < VG_ETH_P_802_3_MIN)
			return VG_PARSE_UNPARSED;
	}
	return parsed;
}

static __always_inline void bypass_account(const struct bypass_frame *from, const struct vg_claim *claim, const __u8 source[6],
					   const struct vg_config *config, struct vg_stats *stats)
{
	struct vg_seen_key key = { .addr = claim->addr, .ifindex = from->ifindex, .what = VG_SEEN_PAST, .family = from->family };
	__u64 now = bpf_ktime_get_boot_ns();
	struct vg_seen_value fresh = { .first_ns = now, .last_ns = now, .event_ns = now, .last = { .how = claim->how } }, *seen;
	bool due;

	__builtin_memcpy(fresh.last.source, source, sizeof(fresh.last.source));
	vg_who_fill(&fresh.who);
	key.pid = fresh.who.pid;
	seen = vg_seen_count(&key, &fresh, config->period_ns, &due);
	if (!seen)
		VG_COUNT(stats, lost_seen);
	else if (due)
		vg_seen_report_announce(&key, seen, config, stats);
}

static __always_inline int bypass_past(const struct bypass_frame *frame)
{
	struct vg_config *config = vg_config_get();
	struct vg_stats *stats = vg_stats_get();
	struct vg_claim claim = { .how = VG_HOW_NA };
	struct vg_link_value *link;
	enum vg_parse parsed;
	struct vg_vip *vip;
	__u8 source[6] = { 0 };
	__u32 ifindex = frame->ifindex;

	if (!config || !stats || frame->netns != config->netns)
		return 0;
	link = bpf_map_lookup_elem(&vg_links, &ifindex);
	if (!link || !link->guarded)
		return 0;
	parsed = bypass_parse(frame, &claim, source);
	if (parsed == VG_PARSE_UNPARSED)
		VG_COUNT(stats, past_unparsed);
	if (parsed != VG_PARSE_FOUND)
		return 0;
	VG_COUNT(stats, announce_seen);
	vip = vg_lookup(&claim.addr);
	if (!vip)
		return 0;
	VG_COUNT(stats, announce_judged);
	VG_COUNT(stats, announce_past);
	VG_COUNT(vip, announce_hits);
	bypass_account(frame, &claim, source, config, stats);
	return 0;
}

/* Both kinds of socket, in the sender's own call. No kprobe does the same: these maps allocate, which a kprobe may not before 6.1. */
SEC("fentry/__dev_direct_xmit")
int BPF_PROG(vg_past, struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	const struct bypass_frame frame = {
		.bytes = skb->data,
		.linear = skb->len - skb->data_len,
		.len = skb->len,
		.ifindex = dev->ifindex,
		.netns = dev->nd_net.net->ns.inum,
		.family = skb->sk->__sk_common.skc_family,
	};

	return bypass_past(&frame);
}

/* An AF_XDP socket is bound to a queue of a link: from now on it may send there unseen, without a copy even past vg_past. */
SEC("fentry/xp_assign_dev")
int BPF_PROG(vg_xsk, struct xsk_buff_pool *pool, struct net_device *dev)
{
	struct vg_config *config = vg_config_get();
	struct vg_stats *stats = vg_stats_get();
	struct vg_link_value *link;
	struct vg_who who = { .pid = 0 };
	__u32 ifindex = dev->ifindex;

	if (!config || !stats || dev->nd_net.net->ns.inum != config->netns)
		return 0;
	link = bpf_map_lookup_elem(&vg_links, &ifindex);
	if (!link || !link->guarded)
		return 0;
	vg_who_fill(&who);
	bypass_report(AF_XDP, ifindex, false, false, &who, config, stats);
	return 0;
}
