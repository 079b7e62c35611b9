/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types that the programs of bpf/ use, written by hand: a build needs no BTF of the build machine.
 *
 * A struct marked VG_CORE is a view: only the members read stand here, in any order, and libbpf finds where they are in the running
 * kernel by name (CO-RE). Checked against the BTF of Debian's 5.10.0-46, 6.1.0-56, 6.12.95 and 7.3.4; "all" below means these four.
 * What has no mark is user-space ABI, whose layout is the same on every kernel.
 */
#ifndef __VMLINUX_H__ /* bpf_tracing.h looks for this very name to know whose pt_regs it sees */
#define __VMLINUX_H__

#define VG_CORE __attribute__((preserve_access_index))

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef _Bool bool;

enum { false = 0, true = 1 };

/* uapi/linux/bpf.h: the values used. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_F_NO_PREALLOC = 1 << 0,
	BPF_F_MMAPABLE = 1 << 10,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

/* Of the running kernel: asked whether the value exists. Enum by this name in all; the value since 5.11. */
enum bpf_func_id {
	BPF_FUNC_get_current_task_btf = 158,
};

struct bpf_flow_keys;
/* uapi/linux/bpf.h, up to the last member used. */
struct bpf_sock {
	__u32 bound_dev_if;
	__u32 family;
};

/* uapi/linux/bpf.h, up to the last member used. */
struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
	__u32 napi_id;
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 data_meta;
	struct bpf_flow_keys *flow_keys __attribute__((aligned(8)));
	__u64 tstamp;
	__u32 wire_len;
	__u32 gso_segs;
	struct bpf_sock *sk __attribute__((aligned(8)));
};

/* uapi/linux/bpf.h, up to the last member used. */
struct bpf_sockopt {
	struct bpf_sock *sk __attribute__((aligned(8)));
	void *optval __attribute__((aligned(8)));
	void *optval_end __attribute__((aligned(8)));
	__s32 level;
	__s32 optname;
	__s32 optlen;
};

/* uapi/linux/netlink.h */
struct nlmsghdr {
	__u32 nlmsg_len;
	__u16 nlmsg_type;
	__u16 nlmsg_flags;
	__u32 nlmsg_seq;
	__u32 nlmsg_pid;
};

/* uapi/linux/in6.h; the kernel's own member name since ever. All. */
struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
} VG_CORE;

/* x86-64 only: what bpf_tracing.h reads of it for a kprobe. All. */
struct pt_regs {
	unsigned long di, si, dx, cx, r8, ax, sp, ip, bp;
} VG_CORE;

/* All; on the newest it is inside a larger anonymous layout, which CO-RE looks through. */
struct ns_common {
	unsigned int inum;
} VG_CORE;

/* All. */
struct user_namespace {
	int level;
} VG_CORE;

/* All. */
struct net {
	struct ns_common ns;
	struct user_namespace *user_ns;
} VG_CORE;

/* All (since 4.1). An unnamed struct behind a typedef, as in the kernel. */
typedef struct {
	struct net *net;
} VG_CORE possible_net_t;

/* All. */
struct net_device {
	char name[16];
	int ifindex;
	possible_net_t nd_net;
} VG_CORE;

/* All. */
struct in_device {
	struct net_device *dev;
} VG_CORE;

/* All. */
struct in_ifaddr {
	struct in_device *ifa_dev;
	__be32 ifa_local;
	unsigned char ifa_prefixlen;
	__u32 ifa_flags;
} VG_CORE;

/* All. */
struct inet6_dev {
	struct net_device *dev;
} VG_CORE;

/* Only its address is looked at, for an error code in it. */
struct inet6_ifaddr;

/* All (since 4.18). */
struct ifa6_config {
	const struct in6_addr *pfx;
	unsigned int plen;
	__u32 ifa_flags;
} VG_CORE;

/* All. */
struct sock_common {
	unsigned short skc_family;
	possible_net_t skc_net;
} VG_CORE;

/* All; sk_protocol is a member of its own since 5.6, before that a bit field. */
struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
} VG_CORE;

/* All. */
struct socket {
	struct sock *sk;
} VG_CORE;

/* All. */
struct sk_buff {
	struct sock *sk;
	unsigned int len;
	unsigned int data_len; /* of len: what stands in pages */
	unsigned char *data;
	struct net_device *dev;
} VG_CORE;

/* The buffers of an AF_XDP socket; passed on, never looked into. */
struct xsk_buff_pool;

/* All; start_boottime was real_start_time before 5.5. */
struct task_struct {
	const struct cred *cred;
	struct task_struct *group_leader;
	__u64 start_boottime;
} VG_CORE;

/* Passed on, never looked into. */
struct netlink_ext_ack;
struct ifreq;
struct msghdr;
struct cred;

#endif
