/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sees every address that becomes local: fexit on __inet_insert_ifa() and ipv6_add_addr(), the one door of each family, whoever
 * asked (netlink, ioctl, the kernel itself). One body for all, bind_raise(); around it only what a family or hook type needs.
 *
 * Two sets of programs of which user space loads one: fentry/fexit read by typed loads and work under lockdown=confidentiality; the
 * kprobe twins (vg_k...) read by probing. Hooks on the way in leave a mark on the task (vg_calls) that says how it came.
 */
#define VG_NEED_BINDS
#define VG_NEED_CALLS
#define VG_NEED_EVENTS
#define VG_NEED_SWITCH
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.bpf.h"
#include "who.bpf.h"

#define MAX_ERRNO 4095

/* The ioctls that end in an insert: SIOCSIFNETMASK and the like take the address out and put it back changed. */
#define SIOCSIFADDR 0x8916
#define SIOCSIFDSTADDR 0x8918
#define SIOCSIFBRDADDR 0x891a
#define SIOCSIFNETMASK 0x891c

/* Of the guard that loads this. One that took over has its own programs beside ours until the kernel has taken these off. */
volatile __u64 vg_generation SEC(".data.generation") = 0;

/* One address inserted, whatever family and however it was read. */
struct bind_insert {
	struct vg_addr addr;
	__u32 ifindex;
	__u32 netns;
	__u32 prefix;
	__u32 ifa_flags;
	__u32 nl_flags;
	bool netlink; /* surely so */
	bool kernel; /* surely so: nobody asked */
	char ifname[VG_IFNAME_MAX];
};

/* What a kprobe saw at the entry of an insert and its return needs: by task, as in vg_calls. */
struct bind_args {
	__u64 first;
	__u64 second;
	__u64 third;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, VG_MAX_ARGS);
	__type(key, __u64);
	__type(value, struct bind_args);
} vg_args SEC(".maps");

static __always_inline bool bind_addr_is(const struct vg_addr *a, const struct vg_addr *b)
{
	const __u32 *x = (const __u32 *)a->bytes, *y = (const __u32 *)b->bytes;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3];
}

/* How it came and who asked. What the kernel does by itself happens in anybody's context: then who stays zero. */
static __always_inline void bind_fill_origin(const struct bind_insert *insert, struct vg_event *event)
{
	struct vg_call *call = insert->kernel ? NULL : vg_call_find();

	event->how = insert->netlink ? VG_HOW_NETLINK : VG_HOW_KERNEL;
	event->nl_flags = insert->nl_flags;
	if (call) {
		event->how = call->how;
		event->nl_flags = call->nl_flags;
		event->would_deny = bind_addr_is(&call->would_deny, &insert->addr);
	}
	if (event->how != VG_HOW_KERNEL)
		vg_who_fill(&event->who);
}

static __always_inline int bind_raise(const struct bind_insert *insert)
{
	struct vg_config *config = vg_config_get();
	struct vg_stats *stats = vg_stats_get();
	struct vg_event *event;

	if (!config || !stats || insert->netns != config->netns || config->generation != vg_generation)
		return 0;
	VG_COUNT(stats, bind_seen);
	event = vg_event_reserve(VG_EVENT_BIND, &stats->lost_ring_bind);
	if (!event)
		return 0;
	event->addr = insert->addr;
	event->ifindex = insert->ifindex;
	event->netns = insert->netns;
	event->prefix = insert->prefix;
	event->ifa_flags = insert->ifa_flags;
	__builtin_memcpy(event->ifname, insert->ifname, sizeof(event->ifname));
	bind_fill_origin(insert, event);
	vg_event_submit(event);
	return 0;
}

/*
 * What a mark says: the system call that is under way in this task asks for an address. One of ioctl.bpf.c for this very call may be there
 * already, with more in it; which of the two hooks comes first is up to the kernel.
 */
static __always_inline int bind_begin(enum vg_how how)
{
	struct vg_call call = { .how = how }, *there = vg_call_find();

	if (!there || there->how != how)
		vg_call_begin(&call);
	return 0;
}

/* A mark of vg_deny may be there already, with more in it. */
static __always_inline int bind_begin_netlink(__u32 nl_flags)
{
	struct vg_call call = { .how = VG_HOW_NETLINK, .nl_flags = nl_flags };

	if (!vg_call_find())
		vg_call_begin(&call);
	return 0;
}

static __always_inline int bind_end(void)
{
	vg_call_end();
	return 0;
}

static __always_inline int bind_begin_ioctl4(unsigned int cmd)
{
	if (cmd == SIOCSIFADDR || cmd == SIOCSIFDSTADDR || cmd == SIOCSIFBRDADDR || cmd == SIOCSIFNETMASK)
		return bind_begin(VG_HOW_IOCTL);
	return 0;
}

static __always_inline bool bind_is_error(__u64 pointer)
{
	return pointer >= (__u64)-MAX_ERRNO || !pointer;
}

/* Typed reads. */

static __always_inline void bind_read_dev(const struct net_device *dev, struct bind_insert *insert)
{
	insert->ifindex = dev->ifindex;
	insert->netns = dev->nd_net.net->ns.inum;
	__builtin_memcpy(insert->ifname, dev->name, sizeof(insert->ifname));
}

/* ret 0 without an address: inet_insert_ifa() takes that for "nothing to do" and frees it. */
SEC("fexit/__inet_insert_ifa")
int BPF_PROG(vg_ins4, struct in_ifaddr *ifa, struct nlmsghdr *nlh, __u32 portid, struct netlink_ext_ack *extack, int ret)
{
	struct bind_insert insert = { .prefix = ifa->ifa_prefixlen, .ifa_flags = ifa->ifa_flags, .netlink = nlh };
	__be32 local = ifa->ifa_local;

	if (ret || !local)
		return 0;
	if (nlh)
		insert.nl_flags = nlh->nlmsg_flags;
	vg_addr_map_v4((const __u8 *)&local, &insert.addr);
	bind_read_dev(ifa->ifa_dev->dev, &insert);
	return bind_raise(&insert);
}

/* can_block is false where the kernel makes an address of a router's advertisement, in an interrupt that may hit any task. */
SEC("fexit/ipv6_add_addr")
int BPF_PROG(vg_ins6, struct inet6_dev *idev, struct ifa6_config *cfg, bool can_block, struct netlink_ext_ack *extack, __u64 ret)
{
	struct bind_insert insert = { .prefix = cfg->plen, .ifa_flags = cfg->ifa_flags, .kernel = !can_block };

	if (bind_is_error(ret))
		return 0;
	__builtin_memcpy(insert.addr.bytes, cfg->pfx->in6_u.u6_addr32, sizeof(insert.addr.bytes));
	bind_read_dev(idev->dev, &insert);
	return bind_raise(&insert);
}

/* Ends the mark of vg_deny, if any; of IPv4 itself nothing need be marked, the insert is given the message. */
SEC("fexit/inet_rtm_newaddr")
int BPF_PROG(vg_new4_end)
{
	return bind_end();
}

SEC("fentry/inet6_rtm_newaddr")
int BPF_PROG(vg_new6, struct sk_buff *skb, struct nlmsghdr *nlh)
{
	return bind_begin_netlink(nlh->nlmsg_flags);
}

SEC("fexit/inet6_rtm_newaddr")
int BPF_PROG(vg_new6_end)
{
	return bind_end();
}

SEC("fentry/devinet_ioctl")
int BPF_PROG(vg_ioctl4, struct net *net, unsigned int cmd)
{
	return bind_begin_ioctl4(cmd);
}

SEC("fexit/devinet_ioctl")
int BPF_PROG(vg_ioctl4_end)
{
	return bind_end();
}

SEC("fentry/addrconf_add_ifaddr")
int BPF_PROG(vg_ioctl6)
{
	return bind_begin(VG_HOW_IOCTL);
}

SEC("fexit/addrconf_add_ifaddr")
int BPF_PROG(vg_ioctl6_end)
{
	return bind_end();
}

/* The kprobe twins: the same, read by probing. A return probe has no arguments, so the entry keeps them. */

static __always_inline int bind_keep_args(__u64 first, __u64 second, __u64 third)
{
	struct bind_args args = { .first = first, .second = second, .third = third };
	__u64 task = bpf_get_current_task();

	bpf_map_update_elem(&vg_args, &task, &args, BPF_ANY);
	return 0;
}

/* False if the entry was not seen, or its arguments were pushed out. */
static __always_inline bool bind_take_args(struct bind_args *ret_args)
{
	__u64 task = bpf_get_current_task();
	struct bind_args *args = bpf_map_lookup_elem(&vg_args, &task);

	if (!args)
		return false;
	*ret_args = *args;
	bpf_map_delete_elem(&vg_args, &task);
	return true;
}

static __always_inline void bind_probe_dev(const struct net_device *dev, struct bind_insert *insert)
{
	insert->ifindex = BPF_CORE_READ(dev, ifindex);
	insert->netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	BPF_CORE_READ_INTO(&insert->ifname, dev, name);
}

SEC("kprobe/__inet_insert_ifa")
int BPF_KPROBE(vg_kins4, struct in_ifaddr *ifa, struct nlmsghdr *nlh)
{
	return bind_keep_args((__u64)ifa, (__u64)nlh, 0);
}

SEC("kretprobe/__inet_insert_ifa")
int BPF_KRETPROBE(vg_kins4_end, int ret)
{
	struct bind_insert insert = { .prefix = 0 };
	struct bind_args args;
	struct in_ifaddr *ifa;
	struct nlmsghdr *nlh;
	__be32 local;

	if (!bind_take_args(&args) || ret)
		return 0;
	/* Into variables first: BPF_CORE_READ() would take args itself for a type of the kernel. */
	ifa = (struct in_ifaddr *)args.first;
	nlh = (struct nlmsghdr *)args.second;
	local = BPF_CORE_READ(ifa, ifa_local);
	if (!local)
		return 0;
	insert.prefix = BPF_CORE_READ(ifa, ifa_prefixlen);
	insert.ifa_flags = BPF_CORE_READ(ifa, ifa_flags);
	insert.netlink = nlh;
	if (nlh)
		insert.nl_flags = BPF_CORE_READ(nlh, nlmsg_flags);
	vg_addr_map_v4((const __u8 *)&local, &insert.addr);
	bind_probe_dev(BPF_CORE_READ(ifa, ifa_dev, dev), &insert);
	return bind_raise(&insert);
}

SEC("kprobe/ipv6_add_addr")
int BPF_KPROBE(vg_kins6, struct inet6_dev *idev, struct ifa6_config *cfg, bool can_block)
{
	return bind_keep_args((__u64)idev, (__u64)cfg, can_block);
}

SEC("kretprobe/ipv6_add_addr")
int BPF_KRETPROBE(vg_kins6_end, __u64 ret)
{
	struct bind_insert insert = { .prefix = 0 };
	struct ifa6_config *cfg;
	struct inet6_dev *idev;
	struct bind_args args;

	if (!bind_take_args(&args) || bind_is_error(ret))
		return 0;
	idev = (struct inet6_dev *)args.first;
	cfg = (struct ifa6_config *)args.second;
	insert.prefix = BPF_CORE_READ(cfg, plen);
	insert.ifa_flags = BPF_CORE_READ(cfg, ifa_flags);
	insert.kernel = !args.third;
	BPF_CORE_READ_INTO(&insert.addr, cfg, pfx, in6_u.u6_addr8);
	bind_probe_dev(BPF_CORE_READ(idev, dev), &insert);
	return bind_raise(&insert);
}

SEC("kretprobe/inet_rtm_newaddr")
int BPF_KRETPROBE(vg_knew4_end)
{
	return bind_end();
}

SEC("kprobe/inet6_rtm_newaddr")
int BPF_KPROBE(vg_knew6, struct sk_buff *skb, struct nlmsghdr *nlh)
{
	return bind_begin_netlink(BPF_CORE_READ(nlh, nlmsg_flags));
}

SEC("kretprobe/inet6_rtm_newaddr")
int BPF_KRETPROBE(vg_knew6_end)
{
	return bind_end();
}

SEC("kprobe/devinet_ioctl")
int BPF_KPROBE(vg_kioctl4, struct net *net, unsigned int cmd)
{
	return bind_begin_ioctl4(cmd);
}

SEC("kretprobe/devinet_ioctl")
int BPF_KRETPROBE(vg_kioctl4_end)
{
	return bind_end();
}

SEC("kprobe/addrconf_add_ifaddr")
int BPF_KPROBE(vg_kioctl6)
{
	return bind_begin(VG_HOW_IOCTL);
}

SEC("kretprobe/addrconf_add_ifaddr")
int BPF_KRETPROBE(vg_kioctl6_end)
{
	return bind_end();
}
