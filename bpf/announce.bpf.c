/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Judges every ARP and NDP frame that leaves a guarded link: vg_announce, for clsact and tcx egress. It drops or passes by what the
 * judge decided beforehand, counts each frame exactly in vg_seen, and raises one event per entry and period, never one per frame.
 *
 * The verdict on a frame never waits for the accounting: a full map or ring loses a report, counted, but no decision.
 * A tc program may not name the current task on older kernels, so the companions on the send calls of packet and raw sockets
 * leave its name in vg_calls, and those on the kernel's own sends the network namespace: a frame does not say which one made it, and a
 * pod's macvlan or ipvlan sends through our links too. They are loaded or not on their own; without them nobody is named.
 */
#define VG_NEED_CALLS
#define VG_NEED_EVENTS
#define VG_NEED_HEAL
#define VG_NEED_LINKS
#define VG_NEED_SEEN
#define VG_NEED_VIPS
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.bpf.h"
#include "lookup.bpf.h"
#include "neigh.bpf.h"
#include "seen.bpf.h"
#include "who.bpf.h"

#define TC_ACT_UNSPEC (-1) /* the next program or filter decides; tcx calls it TCX_NEXT */
#define TC_ACT_SHOT 2

#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

#define ANNOUNCE_PULL_MAX 16384

#define BPF_RB_AVAIL_DATA 0 /* uapi/linux/bpf.h: bytes that wait in the ring */

/* Nearly all traffic, told apart by a few loads: neither ARP, IPv6, a tag nor LLC; and IPv6 with neither ICMPv6 nor an extension header. */
static __always_inline bool announce_is_plain(const struct __sk_buff *skb)
{
	const __u8 *data = (const __u8 *)(long)skb->data, *end = (const __u8 *)(long)skb->data_end;
	__u16 type;
	__u8 next;

	if (data + VG_ETH_HLEN > end)
		return false;
	type = *(const __u16 *)(data + VG_ETH_HLEN - 2);
	if (type == bpf_htons(VG_ETH_P_IP))
		return true;
	if (type != bpf_htons(VG_ETH_P_IPV6)) {
		type = bpf_ntohs(type);
		return type != VG_ETH_P_ARP && type >= VG_ETH_P_802_3_MIN && !vg_neigh_is_tag(type);
	}
	if (data + VG_ETH_HLEN + VG_IP6_HLEN > end)
		return false;
	next = data[VG_ETH_HLEN + 6];
	return next == IPPROTO_TCP || next == IPPROTO_UDP || (next != VG_IP6_ICMP && !vg_neigh_is_ext(next));
}

/*
 * Bytes that stand in pages, not in the kernel's own buffer, may be a sender's memory (PACKET_TX_RING, MSG_SPLICE_PAGES): it could change them
 * after they were judged. So they are copied first. Of what is longer than any frame of a link the rest is left where it is.
 */
static __always_inline void announce_own_bytes(struct __sk_buff *skb)
{
	__u32 len = skb->len;

	if (len > skb->data_end - skb->data)
		(void)bpf_skb_pull_data(skb, len < ANNOUNCE_PULL_MAX ? len : ANNOUNCE_PULL_MAX);
}

static __always_inline bool announce_is_dropped(const struct vg_claim *claim, const struct vg_vip *vip, const struct vg_config *config,
						struct vg_stats *stats)
{
	if (vip->announce.verdict != VG_VIOLATION || config->mode != VG_ENFORCE || !config->drop || vg_is_held(&claim->addr))
		return false;
	if (!vg_config_acts(config)) {
		VG_COUNT(stats, inactive);
		return false;
	}
	VG_COUNT(stats, announce_dropped);
	return true;
}

/* The kernel is making this very frame (its ARP has no socket, its advertisements have the kernel's): then the namespace tells for whom. */
static __always_inline bool announce_is_kernels(const struct __sk_buff *skb, struct vg_seen_key *key)
{
	struct vg_call *call = vg_call_find_kernel();

	if (!call || call->object != (__u64)skb)
		return false;
	key->netns = call->netns;
	return true;
}

/*
 * Fills key and who. A frame with a socket is the current task's if that is inside a send on this very socket. One without was forwarded, or made
 * by the kernel (then it has no port it came in on), or lost its socket on the way from another namespace.
 */
static __always_inline void announce_find_sender(const struct __sk_buff *skb, struct vg_seen_key *key, struct vg_who *who)
{
	const struct bpf_sock *sock = skb->sk;
	__u32 in_ifindex = skb->ingress_ifindex;
	struct vg_call *call;

	/* read here: the compiler would make one load of this one and that of the family, with a pointer to either, which no verifier takes */
	asm volatile("" : "+r"(in_ifindex));
	if (sock)
		key->family = sock->family;
	else
		key->in_ifindex = in_ifindex;
	if (announce_is_kernels(skb, key) || !sock)
		return;
	call = vg_call_find();
	if (!call || call->object != (__u64)sock)
		return;
	*who = call->who;
	key->pid = who->pid;
	key->netns = call->netns;
}

/* The beginning of the frame; what is not read stays zero. */
static __always_inline void announce_copy_frame(const struct __sk_buff *skb, struct vg_frame_event *record)
{
	__u64 len = skb->len;

	/* 64 bits throughout, or the compiler compares a shifted copy, and older verifiers do not learn from that what len is */
	asm volatile("" : "+r"(len));
	__builtin_memset(&record->len, 0, sizeof(*record) - offsetof(struct vg_frame_event, len));
	if (skb->vlan_present)
		record->tag = (__u32)bpf_ntohs((__u16)skb->vlan_proto) << 16 | (skb->vlan_tci & 0xffff);
	if (len > VG_FRAME_BYTES)
		len = VG_FRAME_BYTES;
	if (len >= VG_ETH_HLEN && !bpf_skb_load_bytes(skb, 0, record->bytes, (__u32)len))
		record->len = skb->len;
}

/* An event with its frame, while there is ample room: the ring is for what binds first. False: there was none. */
static __always_inline bool announce_report_frame(const struct __sk_buff *skb, const struct vg_seen_key *key, const struct vg_seen_value *seen,
						  const struct vg_config *config)
{
	struct vg_frame_event *record;

	if (bpf_ringbuf_query(&vg_events, BPF_RB_AVAIL_DATA) > VG_FRAME_RING_MAX)
		return false;
	record = bpf_ringbuf_reserve(&vg_events, sizeof(*record), 0);
	if (!record)
		return false;
	vg_event_begin(&record->event, VG_EVENT_ANNOUNCE);
	vg_seen_fill_announce(&record->event, key, seen, config);
	announce_copy_frame(skb, record);
	vg_event_submit(&record->event);
	return true;
}

static __always_inline void announce_account(const struct __sk_buff *skb, const struct vg_claim *claim, bool dropped, const struct vg_config *config,
					     struct vg_stats *stats)
{
	struct vg_seen_key key = { .addr = claim->addr, .ifindex = skb->ifindex, .what = dropped ? VG_SEEN_DROPPED : VG_SEEN_PASSED };
	__u64 now = bpf_ktime_get_boot_ns();
	struct vg_seen_value fresh = { .first_ns = now, .last_ns = now, .event_ns = now, .last = { .how = claim->how } }, *seen;
	bool due;

	/* the second six bytes of an Ethernet header */
	(void)bpf_skb_load_bytes(skb, sizeof(fresh.last.source), fresh.last.source, sizeof(fresh.last.source));
	announce_find_sender(skb, &key, &fresh.who);
	seen = vg_seen_count(&key, &fresh, config->period_ns, &due);
	if (!seen)
		VG_COUNT(stats, lost_seen);
	else if (due && !announce_report_frame(skb, &key, seen, config))
		vg_seen_report_announce(&key, seen, config, stats);
}

/*
 * This node is the switch between two of its links, and the frame came in on one with other hosts behind it: whoever announces here is one of
 * them. Pods' ports are not of that kind. Both ends are asked, since a frame from another namespace may bring an index of that one along.
 */
static __always_inline bool announce_is_passed_on(const struct __sk_buff *skb)
{
	__u32 in = skb->ingress_ifindex, out = skb->ifindex;
	const struct vg_link_value *link;

	if (!in || skb->sk)
		return false;
	link = bpf_map_lookup_elem(&vg_links, &in);
	if (!link || !link->outer_port)
		return false;
	link = bpf_map_lookup_elem(&vg_links, &out);
	return link && link->below_port;
}

/*
 * It names the rightful node's hardware address, as vg_heal has it: what it claims is so. Everybody may send it; it gains nobody anything. Read
 * from the bytes that were judged, and of an advertisement only if nothing follows that could name another one.
 */
static __always_inline bool announce_is_true(const struct vg_frame *frame, const struct vg_claim *claim)
{
	struct vg_lpm_key key = { .prefixlen = VG_ADDR_BITS, .addr = claim->addr };
	const struct vg_heal_value *heal = bpf_map_lookup_elem(&vg_heal, &key);
	__u8 mac[VG_ETH_ALEN] = { 0 };

	if (!heal || bpf_ktime_get_boot_ns() >= heal->until_ns || vg_neigh_read_mac(frame, claim, frame->skb->len, mac))
		return false;
	for (int i = 0; i < VG_ETH_ALEN; i++) {
		if (mac[i] != heal->mac[i])
			return false;
	}
	return true;
}

static __always_inline int announce_judge(const struct vg_frame *frame, const struct vg_claim *claim, const struct vg_config *config,
					  struct vg_stats *stats)
{
	struct __sk_buff *skb = frame->skb;
	struct vg_vip *vip = vg_lookup(&claim->addr);
	bool dropped;

	if (!vip)
		return TC_ACT_UNSPEC;
	if (announce_is_passed_on(skb)) {
		VG_COUNT(stats, announce_forwarded);
		return TC_ACT_UNSPEC;
	}
	VG_COUNT(stats, announce_judged);
	if (vip->announce.verdict == VG_VIOLATION && announce_is_true(frame, claim)) {
		VG_COUNT(stats, announce_true);
		return TC_ACT_UNSPEC;
	}
	VG_COUNT(vip, announce_hits);
	dropped = announce_is_dropped(claim, vip, config, stats);
	announce_account(skb, claim, dropped, config, stats);
	return dropped ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SEC("tc")
int vg_announce(struct __sk_buff *skb)
{
	struct vg_claim claim = { .how = VG_HOW_NA };
	struct vg_frame frame = { .skb = skb };
	struct vg_config *config;
	struct vg_stats *stats;
	enum vg_parse parsed;

	if (announce_is_plain(skb))
		return TC_ACT_UNSPEC;
	announce_own_bytes(skb);
	parsed = vg_neigh_parse(&frame, &claim);
	if (parsed == VG_PARSE_NONE)
		return TC_ACT_UNSPEC;
	config = vg_config_get();
	stats = vg_stats_get();
	if (!config || !stats)
		return TC_ACT_UNSPEC;
	if (parsed == VG_PARSE_UNPARSED) {
		VG_COUNT(stats, frame_unparsed);
		return TC_ACT_UNSPEC;
	}
	VG_COUNT(stats, announce_seen);
	return announce_judge(&frame, &claim, config, stats);
}

static __always_inline int announce_begin_send(struct sock *sk)
{
	struct vg_call call = { .how = VG_HOW_KERNEL, .object = (__u64)sk, .netns = sk->__sk_common.skc_net.net->ns.inum };

	vg_who_fill(&call.who);
	vg_call_begin(&call);
	return 0;
}

static __always_inline int announce_end_send(void)
{
	vg_call_end();
	return 0;
}

/* AF_PACKET: sendto, sendmsg, write, io_uring, and the transmit ring, which a send starts. */
SEC("fentry/packet_sendmsg")
int BPF_PROG(vg_pkt, struct socket *sock)
{
	return announce_begin_send(sock->sk);
}

SEC("fexit/packet_sendmsg")
int BPF_PROG(vg_pkt_end)
{
	return announce_end_send();
}

/* The SOCK_PACKET type of Linux 2.0, which the kernel still speaks. */
SEC("fentry/packet_sendmsg_spkt")
int BPF_PROG(vg_spkt, struct socket *sock)
{
	return announce_begin_send(sock->sk);
}

SEC("fexit/packet_sendmsg_spkt")
int BPF_PROG(vg_spkt_end)
{
	return announce_end_send();
}

/* Raw IPv6: how an advertisement is sent without writing the Ethernet header. */
SEC("fentry/rawv6_sendmsg")
int BPF_PROG(vg_raw6, struct sock *sk)
{
	return announce_begin_send(sk);
}

SEC("fexit/rawv6_sendmsg")
int BPF_PROG(vg_raw6_end)
{
	return announce_end_send();
}

/* ARP that the kernel makes: requests, replies, and what it says unasked. */
static __always_inline int announce_begin_kernel(struct sk_buff *skb)
{
	struct vg_call call = { .how = VG_HOW_KERNEL, .object = (__u64)skb, .netns = skb->dev->nd_net.net->ns.inum };

	vg_call_begin_kernel(&call);
	return 0;
}

static __always_inline int announce_end_kernel(void)
{
	vg_call_end_kernel();
	return 0;
}

SEC("fentry/arp_xmit")
int BPF_PROG(vg_arp, struct sk_buff *skb)
{
	return announce_begin_kernel(skb);
}

SEC("fexit/arp_xmit")
int BPF_PROG(vg_arp_end)
{
	return announce_end_kernel();
}

/* Its advertisements, with the device that they are to leave by already in them. */
SEC("fentry/ndisc_send_skb")
int BPF_PROG(vg_ndisc, struct sk_buff *skb)
{
	return announce_begin_kernel(skb);
}

SEC("fexit/ndisc_send_skb")
int BPF_PROG(vg_ndisc_end)
{
	return announce_end_kernel();
}
