/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/*
 * What BPF programs and user space share: map keys and values, ring-buffer records, limits.
 *
 * Host byte order unless a field says otherwise. Fields are ordered for natural alignment, padding is named, nothing is
 * packed (a packed struct makes clang emit byte-wise stores). Everything here is described by BTF, so that
 * `bpftool map dump pinned /sys/fs/bpf/vipguard/NAME` prints names: that is why enums are enums and addresses carry their text.
 *
 * The includer provides the kernel integer types: user space <linux/types.h>, BPF vmlinux.h.
 */
#ifndef VIPGUARD_ABI_H
#define VIPGUARD_ABI_H

#include "vipguard/reasons.h"

#define VG_ABI_VERSION 4

#define VG_TEXT_MAX 56 /* "ffff:…:ffff/128" and its NUL fit (INET6_ADDRSTRLEN + 4, rounded up to 8) */
#define VG_IFNAME_MAX 16 /* IFNAMSIZ */
#define VG_COMM_MAX 16 /* TASK_COMM_LEN */
#define VG_NODE_MAX 256 /* a DNS subdomain (RFC 1123) has at most 253 characters */

/*
 * Limits of the maps; hitting one is counted in struct vg_stats. What is kept in a trie costs memory only for what is in it; a hash costs 16
 * bytes a possible entry from the start, so these are small, or the kernel writes them and they must be.
 */
#define VG_MAX_VIPS 131072
#define VG_MAX_RANGES 131072
#define VG_MAX_PROTECT 4096
#define VG_MAX_BINDS 16384 /* and of vg_held */
#define VG_MAX_HEAL 1024 /* addresses that are being given back, and links of each */
#define VG_MAX_LINKS 4096
#define VG_MAX_DUMMIES 64
#define VG_MAX_CALLS 1024
#define VG_MAX_ARGS 128 /* inserts under way at a time: they are made under a lock (RTNL), or in an interrupt */
#define VG_MAX_SEEN 4096
#define VG_RING_BYTES (256 * 1024)
#define VG_FRAME_BYTES 128 /* of a frame; an advertisement with two tags has 94 */
#define VG_FRAME_RING_MAX (VG_RING_BYTES / 2) /* more than that waits in the ring: events come without their frames */

#define VG_ENUM2(name, text) name,
#define VG_ENUM3(name, text, meaning) name,
#define VG_ENUM4(name, text, verdict, meaning) name,

enum vg_verdict { VG_VERDICT_LIST(VG_ENUM3) VG_VERDICT_MAX };
enum vg_reason { VG_REASON_LIST(VG_ENUM4) VG_REASON_MAX };
enum vg_action { VG_ACTION_LIST(VG_ENUM2) VG_ACTION_MAX };
enum vg_how { VG_HOW_LIST(VG_ENUM2) VG_HOW_MAX };

enum vg_mode { VG_AUDIT = 0, VG_ENFORCE = 1 };

/* An IPv6 address, or an IPv4 one in its mapped form ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). Network byte order. */
struct vg_addr {
	__u8 bytes[16];
};

/* Key of the longest-prefix maps; an IPv4 /n is prefixlen 96 + n. A single address is 128, also in vg_vips and vg_held, which have no others. */
struct vg_lpm_key {
	__u32 prefixlen;
	struct vg_addr addr;
};

struct vg_judgement {
	enum vg_verdict verdict;
	enum vg_reason reason;
};

/* Value of vg_vips and vg_ranges (key struct vg_lpm_key): what the judge decided beforehand. */
struct vg_vip {
	char address[VG_TEXT_MAX]; /* "192.0.2.10", "2001:db8::/64" */
	struct vg_judgement bind; /* on a real link */
	struct vg_judgement announce;
	__u64 bind_hits; /* refused binds */
	__u64 announce_hits; /* announcements seen, dropped or not */
};

/* Value of vg_protect (key struct vg_lpm_key). */
struct vg_protected {
	char address[VG_TEXT_MAX];
	enum vg_reason reason;
};

/* Value of vg_held (key struct vg_lpm_key): bound here, turned into a violation with many others at once, and not acted on before `vipguard resume`. */
struct vg_hold {
	char address[VG_TEXT_MAX];
	__u64 since_ns; /* CLOCK_BOOTTIME */
};

/*
 * Value of vg_heal (key struct vg_lpm_key): whose address it is. A frame that claims it for this hardware address says what is true, and passes
 * whoever sends it.
 */
struct vg_heal_value {
	char address[VG_TEXT_MAX];
	__u8 mac[6]; /* of the rightful node */
	__u8 pad[2];
	__u64 until_ns; /* CLOCK_BOOTTIME; then it is an entry that a dead guard left */
};

/* vg_config: one entry, memory-mapped by user space. */
struct vg_config {
	__u32 abi_version;
	enum vg_mode mode;
	_Bool deny; /* what to act on, in enforce mode */
	_Bool drop;
	_Bool remove;
	_Bool heal;
	__u32 netns; /* inode number of the network namespace guarded */
	__u64 deadline_ns; /* dead-man: CLOCK_BOOTTIME; from then on everything passes */
	__u64 paused_until_ns; /* CLOCK_BOOTTIME; nothing is acted on before; 0: not paused */
	__u64 period_ns; /* repeats of an announcement, or of a refused bind, make one event in this time */
	__u64 generation; /* of the guard in charge: CLOCK_BOOTTIME of its start. By its programs alone binds are told */
	__u64 earlier_since_ns; /* CLOCK_BOOTTIME; since when the maps hold what an earlier guard knew of the cluster; 0: they do not */
	char node[VG_NODE_MAX];
};

/* Who did it. pid 0: not known (made by the kernel, or forwarded). */
struct vg_who {
	__u32 pid; /* process (tgid), in the initial pid namespace */
	__u32 tid;
	__u64 start_ns; /* start of the thread group leader, CLOCK_BOOTTIME; 0: not known on this kernel */
	__u64 cgroup_id; /* cgroup v2 inode number */
	char comm[VG_COMM_MAX];
};

/* vg_binds: what is bound here now, but for service dummies. Written by user space; a trie (key struct vg_binds_key) for its memory's sake. */
struct vg_bind_key {
	struct vg_addr addr;
	__u32 ifindex;
	__u32 prefix; /* in the address's own family: 0..32 or 0..128; of a route or proxy entry with its enum vg_how << 8 */
};

struct vg_binds_key {
	__u32 prefixlen; /* of all of it, in bits */
	struct vg_bind_key bind;
};

struct vg_bind_value {
	char address[VG_TEXT_MAX]; /* with its prefix */
	char interface[VG_IFNAME_MAX];
	enum vg_how how;
	struct vg_judgement judgement;
	__u32 ifa_flags; /* IFA_F_* */
	__u64 since_ns; /* CLOCK_BOOTTIME; of a preexisting one: when it was found */
	struct vg_who who;
};

/* Key of vg_dummies (value: 1): links that hold service addresses, by name with its NUL, or by its beginning. */
struct vg_name_key {
	__u32 prefixlen; /* in bits */
	char name[VG_IFNAME_MAX];
};

/* vg_links: what user space has read of a link. A bind on one that is absent (too new) is judged by the name that the kernel gives it. */
struct vg_link_value {
	char name[VG_IFNAME_MAX];
	_Bool deniable;
	_Bool guarded; /* its egress is judged */
	_Bool outer_port; /* a port of a bridge or switch with other hosts behind it: what comes in here was not made by this node */
	_Bool below_port; /* a port, or below one: what comes in on an outer port may be forwarded to here */
};

/* vg_calls: a system call under way, by task_struct address. It joins what one hook knows to what a later one sees. */
struct vg_call {
	struct vg_who who;
	enum vg_how how; /* VG_HOW_NETLINK or VG_HOW_IOCTL for a bind; VG_HOW_KERNEL for a send */
	__u32 nl_flags; /* nlmsg_flags */
	__u64 object; /* a send: address of its struct sock, or of the kernel's own frame, so that another frame meanwhile is not taken for it; else 0 */
	struct vg_addr would_deny; /* what vg_deny would have refused in enforce mode; :: for nothing */
	__u32 netns; /* a send: the network namespace that it is made in */
	__u32 pad;
};

enum vg_seen_what {
	VG_SEEN_PASSED = 0, /* announcements: the frames passed */
	VG_SEEN_DROPPED = 1,
	VG_SEEN_DENIED = 2, /* binds that were refused */
	VG_SEEN_WOULD_DENY = 3, /* that would have been, and that no other hook sees */
	VG_SEEN_PAST = 4, /* announcements that left by a road on which nothing can be dropped */
};

/* vg_seen: announcements or refused binds of one address by one process on one link; the kernel counts, user space reports. */
struct vg_seen_key {
	struct vg_addr addr;
	__u32 ifindex;
	__u32 in_ifindex; /* forwarded: the port it came in on, else 0 */
	__u32 pid;
	enum vg_seen_what what;
	__u32 family; /* announce: AF_* of the socket that sent them; 0: they had none */
	__u32 netns; /* the network namespace that they were made in, by pid, or by the kernel (pid 0); 0: not known */
};

/* Of the last one. */
struct vg_seen_last {
	enum vg_how how;
	__u8 source[6]; /* announce: the hardware address that it came from */
	__u8 pad[2];
	__u32 prefix; /* bind, and what follows: as in struct vg_event */
	__u32 ifa_flags;
	__u32 nl_flags;
	char ifname[VG_IFNAME_MAX];
};

struct vg_seen_value {
	__u64 count; /* exact */
	__u64 first_ns; /* CLOCK_BOOTTIME */
	__u64 last_ns;
	__u64 event_ns; /* when the last event of this entry was raised */
	struct vg_seen_last last;
	struct vg_who who;
};

enum vg_event_type {
	VG_EVENT_BIND = 1, /* an address was inserted */
	VG_EVENT_DENIED = 2, /* a bind was refused; with would_deny, it would have been and no hook sees it otherwise. See `counted` */
	VG_EVENT_ANNOUNCE = 3, /* an entry of vg_seen is new, or its period is over: read it there; alone, or the head of a struct vg_frame_event */
	VG_EVENT_BYPASS = 4, /* somebody asked for a road past the judging of frames; family tells which (AF_*) */
};

/* One record of vg_events. */
struct vg_event {
	enum vg_event_type type;
	enum vg_how how;
	__u64 time_ns; /* CLOCK_BOOTTIME */
	struct vg_addr addr;
	__u32 ifindex;
	__u32 in_ifindex;
	__u32 netns;
	__u32 prefix; /* own family */
	__u32 ifa_flags; /* IFA_F_* */
	__u32 nl_flags; /* NLM_F_* of the request, 0 if there was none */
	_Bool dropped; /* bypass: the request has no effect */
	_Bool would_deny; /* audit: enforce would have refused this one; announce: VG_SEEN_PAST */
	__u8 family; /* announce: as in struct vg_seen_key */
	_Bool counted; /* denied: as VG_EVENT_ANNOUNCE. Else vg_seen was full, and this record is all there is of one attempt. */
	__u32 sender_netns; /* announce: netns of struct vg_seen_key */
	struct vg_who who;
	char ifname[VG_IFNAME_MAX]; /* announce: empty */
};

/* A record of vg_events that brings along the frame which raised the event; its size tells. */
struct vg_frame_event {
	struct vg_event event;
	__u32 len; /* of the whole frame, without `tag`; 0: it could not be read */
	__u32 tag; /* a VLAN tag that is not among the bytes yet: TPID << 16 | TCI; 0: none */
	__u8 bytes[VG_FRAME_BYTES]; /* the first of it, from its Ethernet header on */
};

/* vg_stats: one entry, memory-mapped by user space; both sides add atomically. Counters never go down. */
struct vg_stats {
	__u64 bind_seen; /* inserts seen by a hook or by rtnetlink */
	__u64 bind_denied;
	__u64 bind_would_deny; /* in audit, and while paused */
	__u64 bind_removed;
	__u64 bind_remove_refused; /* it would have taken another address with it */
	__u64 bind_remove_failed;
	__u64 announce_seen; /* frames that claim any address */
	__u64 announce_judged; /* of these: an address in vg_vips or vg_ranges, not protected */
	__u64 announce_dropped;
	__u64 deny_unparsed; /* netlink sends that could not be parsed within bounds; the rest of each passed */
	__u64 frame_unparsed; /* ARP or NDP frames too short or too deep to parse; they passed */
	__u64 lost_ring_bind; /* ring full: binds, and refused ones that vg_seen did not take */
	__u64 lost_ring_announce; /* ring full: events of what vg_seen counts (the counts there stay exact) */
	__u64 lost_seen; /* vg_seen full: frames counted here only */
	__u64 lost_calls; /* vg_calls full: somebody stays unnamed */
	__u64 lost_netlink; /* rtnetlink overruns (ENOBUFS); each is followed by a new dump */
	__u64 lost_binds; /* vg_binds full, or what the guard itself remembers */
	__u64 lost_log; /* lines that standard output or a watcher did not take */
	__u64 announce_forwarded; /* of announce_seen: not judged, since they came in from another host and this node passed them on as a switch */
	__u64 displaced; /* times that our tc program was taken off a link or overtaken by another one, and put back */
	__u64 inactive; /* violations let pass since the dead-man's deadline was over, or while paused */
	__u64 bypass_swallowed; /* times that PACKET_QDISC_BYPASS was asked for and not given */
	__u64 announce_past; /* of announce_judged: frames that left past the filters (PACKET_QDISC_BYPASS, AF_XDP), where nothing drops */
	__u64 past_unparsed; /* frames that left so and that could not be read */
	__u64 announce_true; /* of announce_judged: violations but for the hardware address that they named: the one in vg_heal */
	__u64 heal_told; /* rounds in which neighbours were told whose an address is */
	__u64 heal_failed; /* addresses of which they could not be told: the rightful node's hardware address is not known, or nothing could be sent */
	__u64 heal_delayed; /* seconds in which more was to be told than is at a time */
	__u64 lost_heal; /* addresses that found no room among those to be given back */
};

#if !defined(__bpf__) && defined(__GNUC__)
_Static_assert(sizeof(struct vg_addr) == 16, "an IPv6 address");
_Static_assert(sizeof(struct vg_lpm_key) == 20, "an LPM key has no padding");
_Static_assert(sizeof(struct vg_vip) == 88, "no hidden padding");
_Static_assert(sizeof(struct vg_heal_value) == 72, "no hidden padding");
_Static_assert(sizeof(struct vg_bind_key) == 24, "no hidden padding: it is a key");
_Static_assert(sizeof(struct vg_binds_key) == 28, "an LPM key has no padding");
_Static_assert(sizeof(struct vg_seen_key) == 40, "no hidden padding: it is a hash key");
_Static_assert(sizeof(struct vg_seen_value) == 112, "no hidden padding: it is compared and copied");
_Static_assert(sizeof(struct vg_event) == 120, "no hidden padding: it leaves the kernel");
_Static_assert(sizeof(struct vg_frame_event) == 256, "no hidden padding: it leaves the kernel");
#endif

#endif
