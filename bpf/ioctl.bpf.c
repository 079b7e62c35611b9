/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Refuses what does not come by netlink: SIOCSIFADDR of both families, a published ARP entry (SIOCSARP), a local route of IPv6 (SIOCADDRT: its
 * struct in6_rtmsg has a type, which the kernel takes over), an IPv6 anycast join.
 *
 * The functions behind them cannot be made to fail, but each asks for CAP_NET_ADMIN first: fentry judges the request and leaves a mark on
 * the task, fmod_ret on security_capable() answers the next such question of that task with EPERM. A mark is good for one answer, ends
 * with the call, and ends by itself soon: a program that misses its turn must not cost somebody else a capability.
 *
 * SIOCSIFADDR of IPv6 and SIOCSARP are still in user memory then, where another thread may change them; what slips through so is seen by
 * the insert hook. Reads by probing: does not load under lockdown=confidentiality.
 */
#define VG_NEED_CALLS
#define VG_NEED_DUMMIES
#define VG_NEED_EVENTS
#define VG_NEED_LINKS
#define VG_NEED_SEEN
#define VG_NEED_SWITCH
#define VG_NEED_VIPS
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "refuse.bpf.h"

#define SIOCADDRT 0x890b
#define SIOCSIFADDR 0x8916
#define SIOCSARP 0x8955
#define ATF_PUBL 0x08
#define AF_INET 2
#define RTN_LOCAL 2
#define LINKS_WALKED 128 /* what leads to other hosts is older than what pods make */
#define MARK_NS 100000000ULL /* the question comes first thing in the call */

/* uapi */
struct ioctl_sockaddr_in {
	__u16 family;
	__u16 port;
	__u8 addr[4];
	__u8 pad[8];
};

struct ioctl_ifreq {
	char name[VG_IFNAME_MAX]; /* may have ":label" behind it */
	struct ioctl_sockaddr_in addr;
};

struct ioctl_in6_ifreq {
	struct vg_addr addr;
	__u32 prefix;
	__u32 ifindex;
};

struct ioctl_arpreq {
	struct ioctl_sockaddr_in pa;
	__u8 ha[16];
	__u32 flags;
	__u8 netmask[16];
	char dev[VG_IFNAME_MAX];
};

struct ioctl_in6_rtmsg {
	struct vg_addr dst;
	struct vg_addr src;
	struct vg_addr gateway;
	__u32 type;
	__u16 dst_len;
	__u16 src_len;
	__u32 metric;
	__u64 info;
	__u32 flags;
	__u32 ifindex;
};

struct ioctl_mark {
	struct vg_ask ask;
	char name[VG_IFNAME_MAX];
	__u64 until_ns; /* CLOCK_BOOTTIME */
};

/* By task, as vg_calls. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 128);
	__type(key, __u64);
	__type(value, struct ioctl_mark);
} vg_marks SEC(".maps");

/* How many there are, or more: capabilities are asked for all the time, and mostly there is none. */
__u32 vg_marked = 0;

static __always_inline void ioctl_mark_end(void)
{
	__u64 task = bpf_get_current_task();

	if (vg_marked && !bpf_map_delete_elem(&vg_marks, &task))
		__sync_fetch_and_add(&vg_marked, -1);
}

static __always_inline void ioctl_mark_begin(const struct vg_ask *ask, const char *name)
{
	struct ioctl_mark mark = { .ask = *ask, .until_ns = bpf_ktime_get_boot_ns() + MARK_NS };
	__u64 task = bpf_get_current_task();

	__builtin_memcpy(mark.name, name, sizeof(mark.name));
	ioctl_mark_end();
	if (!bpf_map_update_elem(&vg_marks, &task, &mark, BPF_ANY))
		__sync_fetch_and_add(&vg_marked, 1);
}

/* Audit, or a pause: the insert hook sees an address next and is told by a mark of its own; of the rest there is an event at once. */
static __always_inline void ioctl_would(const struct vg_ask *ask, const char *name, const struct vg_config *config, struct vg_stats *stats)
{
	struct vg_call call = { .how = VG_HOW_IOCTL, .would_deny = ask->addr };

	VG_COUNT(stats, bind_would_deny);
	if (ask->how == VG_HOW_IOCTL)
		vg_call_begin(&call);
	else
		vg_refuse_event(ask, true, name, config, stats);
}

/* A violation that is not excused by a link of this name. */
static __always_inline int ioctl_act(struct net *net, const struct vg_ask *ask, const char *name)
{
	struct vg_config *config = vg_config_get();
	struct vg_stats *stats = vg_stats_get();

	if (!config || !stats || vg_refuse_is_powerless(net))
		return 0;
	if (vg_refuse_acts(config, stats))
		ioctl_mark_begin(ask, name);
	else if (vg_refuse_would(config))
		ioctl_would(ask, name, config, stats);
	return 0;
}

static __always_inline bool ioctl_is_violation(struct net *net, const struct vg_ask *ask)
{
	struct vg_config *config = vg_config_get();

	return config && config->deny && net->ns.inum == config->netns && vg_refuse_lookup(ask);
}

/* As in refuse.bpf.h, of another index of links. */
struct list_head___listed {
	struct list_head___listed *next;
} __attribute__((preserve_access_index));

struct net___listed {
	struct list_head___listed dev_base_head;
} __attribute__((preserve_access_index));

struct net_device___listed {
	char name[VG_IFNAME_MAX];
	struct list_head___listed dev_list;
	int ifindex;
} __attribute__((preserve_access_index));

/* By the kernel's list of links (net->dev_base_head), read by probing; 0 if it is none of the first. */
static __always_inline __u32 ioctl_find_link(struct net *net, const char *name)
{
	__u64 wanted[VG_IFNAME_MAX / sizeof(__u64)];
	struct net___listed *listed = (struct net___listed *)net;
	struct list_head___listed *node;

	if (!bpf_core_field_exists(listed->dev_base_head))
		return 0;
	__builtin_memcpy(wanted, name, sizeof(wanted));
	node = BPF_CORE_READ(listed, dev_base_head.next);
	for (int i = 0; i < LINKS_WALKED && node; i++) {
		struct net_device___listed *dev = NULL;
		__u64 found[VG_IFNAME_MAX / sizeof(__u64)] = { 0 };

		dev = (void *)((__u64)node - __builtin_preserve_field_info(dev->dev_list, BPF_FIELD_BYTE_OFFSET));
		if (BPF_CORE_READ_STR_INTO(&found, dev, name) <= 0)
			return 0;
		if (!((found[0] ^ wanted[0]) | (found[1] ^ wanted[1])))
			return BPF_CORE_READ(dev, ifindex);
		node = BPF_CORE_READ(node, next);
	}
	return 0;
}

/* A link of this name that leads somewhere is no service dummy, as in deny.bpf.c. What cannot be looked up is what it is called. */
static __always_inline bool ioctl_is_excused(struct net *net, const struct vg_name_key *key)
{
	char name[VG_IFNAME_MAX] = { 0 };
	__u32 ifindex;

	if (!vg_refuse_is_dummy(key))
		return false;
	ifindex = ioctl_find_link(net, key->name);
	return !ifindex || vg_refuse_is_excused(net, ifindex, name);
}

/* The request names a link, or none: all. */
static __always_inline int ioctl_judge_name(struct net *net, const struct vg_ask *ask, const struct vg_name_key *key)
{
	if (!ioctl_is_violation(net, ask) || ioctl_is_excused(net, key))
		return 0;
	return ioctl_act(net, ask, key->name);
}

static __always_inline int ioctl_judge_index(struct net *net, const struct vg_ask *ask)
{
	char name[VG_IFNAME_MAX] = { 0 };

	if (!ioctl_is_violation(net, ask) || (ask->ifindex && vg_refuse_is_excused(net, ask->ifindex, name)))
		return 0;
	return ioctl_act(net, ask, name);
}

/* As devinet_ioctl() does: the label is not part of the link's name. */
static __always_inline void ioctl_take_name(const char *from, struct vg_name_key *ret_key)
{
	bool ended = false;

	ret_key->prefixlen = 8 * VG_IFNAME_MAX;
	for (int i = 0; i < VG_IFNAME_MAX; i++) {
		ended |= !from[i] || from[i] == ':';
		ret_key->name[i] = ended ? '\0' : from[i];
	}
}

/* The request is in the kernel's memory already. */
SEC("fentry/devinet_ioctl")
int BPF_PROG(vg_deny_if4, struct net *net, unsigned int cmd, struct ifreq *ifr)
{
	struct vg_ask ask = { .how = VG_HOW_IOCTL, .prefix = 32 };
	struct vg_name_key key;
	struct ioctl_ifreq req;

	if (cmd != SIOCSIFADDR || bpf_probe_read_kernel(&req, sizeof(req), ifr) || req.addr.family != AF_INET)
		return 0;
	vg_addr_map_v4(req.addr.addr, &ask.addr);
	ioctl_take_name(req.name, &key);
	return ioctl_judge_name(net, &ask, &key);
}

SEC("fexit/devinet_ioctl")
int BPF_PROG(vg_deny_if4_end)
{
	ioctl_mark_end();
	return 0;
}

/* The request is in user memory; what is not there at the moment is left to the insert hook. */
SEC("fentry/addrconf_add_ifaddr")
int BPF_PROG(vg_deny_if6, struct net *net, void *arg)
{
	struct vg_ask ask = { .how = VG_HOW_IOCTL };
	struct ioctl_in6_ifreq req;

	if (bpf_probe_read_user(&req, sizeof(req), arg))
		return 0;
	ask.addr = req.addr;
	ask.prefix = req.prefix;
	ask.ifindex = req.ifindex;
	return ioctl_judge_index(net, &ask);
}

SEC("fexit/addrconf_add_ifaddr")
int BPF_PROG(vg_deny_if6_end)
{
	ioctl_mark_end();
	return 0;
}

/* The request is in the kernel's memory already (since 5.8). Its table is main, or a VRF's, which is not told apart. */
SEC("fentry/ipv6_route_ioctl")
int BPF_PROG(vg_deny_rt6, struct net *net, unsigned int cmd, const void *rtmsg)
{
	struct vg_ask ask = { .how = VG_HOW_ROUTE, .prefix = 128 };
	struct ioctl_in6_rtmsg req;

	if (cmd != SIOCADDRT || bpf_probe_read_kernel(&req, sizeof(req), rtmsg) || req.type != RTN_LOCAL || req.dst_len != ask.prefix)
		return 0;
	ask.addr = req.dst;
	ask.ifindex = req.ifindex;
	return ioctl_judge_index(net, &ask);
}

SEC("fexit/ipv6_route_ioctl")
int BPF_PROG(vg_deny_rt6_end)
{
	ioctl_mark_end();
	return 0;
}

/* A published entry answers ARP for the address; without a device on all. An entry for others to be reached by binds nothing. */
SEC("fentry/arp_ioctl")
int BPF_PROG(vg_deny_arp, struct net *net, unsigned int cmd, void *arg)
{
	struct vg_ask ask = { .how = VG_HOW_PROXY, .prefix = 32 };
	struct vg_name_key key;
	struct ioctl_arpreq req;

	if (cmd != SIOCSARP || bpf_probe_read_user(&req, sizeof(req), arg) || req.pa.family != AF_INET || !(req.flags & ATF_PUBL))
		return 0;
	vg_addr_map_v4(req.pa.addr, &ask.addr);
	ioctl_take_name(req.dev, &key);
	return ioctl_judge_name(net, &ask, &key);
}

SEC("fexit/arp_ioctl")
int BPF_PROG(vg_deny_arp_end)
{
	ioctl_mark_end();
	return 0;
}

/* The address is in the kernel's memory already. */
SEC("fentry/ipv6_sock_ac_join")
int BPF_PROG(vg_deny_any6, struct sock *sk, int ifindex, const struct in6_addr *addr)
{
	struct vg_ask ask = { .how = VG_HOW_ANYCAST, .prefix = 128, .ifindex = ifindex };

	if (bpf_probe_read_kernel(&ask.addr, sizeof(ask.addr), addr))
		return 0;
	return ioctl_judge_index(sk->__sk_common.skc_net.net, &ask);
}

SEC("fexit/ipv6_sock_ac_join")
int BPF_PROG(vg_deny_any6_end)
{
	ioctl_mark_end();
	return 0;
}

static __always_inline int ioctl_refuse(const struct ioctl_mark *mark)
{
	struct vg_config *config = vg_config_get();
	struct vg_stats *stats = vg_stats_get();
	struct vg_vip *vip;

	if (!config || !stats || bpf_ktime_get_boot_ns() >= mark->until_ns)
		return 0;
	vip = vg_refuse_lookup(&mark->ask);
	if (!vip)
		return 0;
	vg_refuse_report(&mark->ask, vip, mark->name, config, stats);
	return -EPERM;
}

/* Who is refused already stays so. */
SEC("fmod_ret/security_capable")
int BPF_PROG(vg_deny_cap, const struct cred *cred, struct user_namespace *ns, int cap, unsigned int opts, int ret)
{
	__u64 task;
	struct ioctl_mark *found, mark;

	if (ret || !vg_marked || cap != CAP_NET_ADMIN)
		return ret;
	task = bpf_get_current_task();
	found = bpf_map_lookup_elem(&vg_marks, &task);
	if (!found)
		return 0;
	mark = *found;
	ioctl_mark_end();
	return ioctl_refuse(&mark);
}
