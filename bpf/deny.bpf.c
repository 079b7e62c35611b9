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
#define VG_NEED_SEEN
#define VG_NEED_SWITCH
#define VG_NEED_VIPS
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "nlmsg.bpf.h"
#include "refuse.bpf.h"

#define NETLINK_ROUTE 0

/*
 * The trampoline never runs one program twice at a time on a CPU (5.10: preemption off; since 5.12: prog->active). So where a task is preempted
 * within the program, it is left out for every other task of that CPU until then, and what these send would pass unseen: hence a second program.
 */
enum deny_turn { DENY_FIRST, DENY_AGAIN, DENY_TURNS };

/*
 * A send on its way through the functions below. They are global, so that the verifier takes each one once and on its own, and these get
 * no pointers before 5.13: what they need lies here. Each turn has one of its own, and only one program that writes it.
 */
struct deny_send {
	struct vg_nlwalk walk;
	struct net *net; /* the socket's */
	/* First turn only: the send that it has just let pass; nothing while it runs, so that who is left out then is noticed. */
	const void *passed;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DENY_TURNS);
	__type(key, __u32);
	__type(value, struct deny_send);
} vg_scratch SEC(".maps");

/* A mark was ever left: until then there is none to be taken away. In enforce there is none. */
bool vg_ever_marked = false;

enum deny_answer {
	DENY_MORE, /* go on */
	DENY_PASS,
	DENY_REFUSE,
	DENY_UNPARSED,
};

static __always_inline struct deny_send *deny_send_get(__u32 turn)
{
	return bpf_map_lookup_elem(&vg_scratch, &turn);
}

/* The insert hook sees this very task next and is told by a mark; of what it does not see there is an event at once. */
static __always_inline void deny_would(const struct vg_ask *ask, const char *name, const struct vg_config *config, struct vg_stats *stats)
{
	struct vg_call call = { .how = VG_HOW_NETLINK, .nl_flags = ask->nl_flags, .would_deny = ask->addr };

	VG_COUNT(stats, bind_would_deny);
	if (ask->how == VG_HOW_NETLINK) {
		vg_ever_marked = true;
		vg_call_begin(&call);
	} else {
		vg_refuse_event(ask, true, name, config, stats);
	}
}

/* Of what the walk has found. One that is refused, or would be, decides for the whole send. */
__noinline int vg_deny_judge(__u32 turn)
{
	struct deny_send *send = deny_send_get(turn);
	struct vg_config *config = vg_config_get();
	struct vg_stats *stats = vg_stats_get();
	char name[VG_IFNAME_MAX] = { 0 };
	struct vg_vip *vip;
	const struct vg_ask *ask;

	if (!send || !config || !stats)
		return DENY_PASS;
	/* A mark that an earlier message of this task left behind (the kernel refused it before the insert) says nothing about this one. */
	if (vg_ever_marked)
		vg_call_end();
	ask = &send->walk.ask;
	vip = vg_refuse_lookup(ask);
	if (!vip || (ask->ifindex && vg_refuse_is_excused(send->net, ask->ifindex, name)))
		return DENY_MORE;
	if (vg_refuse_is_powerless(send->net))
		return DENY_PASS;
	if (vg_refuse_acts(config, stats)) {
		vg_refuse_report(ask, vip, name, config, stats);
		return DENY_REFUSE;
	}
	if (vg_refuse_would(config))
		deny_would(ask, name, config, stats);
	return DENY_PASS;
}

/* An enum deny_answer. */
__noinline int vg_deny_step(__u32 turn)
{
	struct deny_send *send = deny_send_get(turn);

	if (!send)
		return DENY_PASS;
	switch (vg_nl_step(&send->walk)) {
	case VG_NL_MORE: return DENY_MORE;
	case VG_NL_ASK: return vg_deny_judge(turn);
	case VG_NL_END: return DENY_PASS;
	case VG_NL_UNREADABLE: break;
	}
	return DENY_UNPARSED;
}

static __always_inline int deny_walk(__u32 turn, struct net *net, const struct sk_buff *skb, struct vg_stats *stats)
{
	struct deny_send *send = deny_send_get(turn);
	int answer = DENY_UNPARSED;

	if (!send)
		return 0;
	send->net = net;
	send->passed = NULL;
	vg_nl_start(&send->walk, skb->data, skb->len);
	for (int i = 0; i < VG_NL_STEPS; i++) {
		answer = vg_deny_step(turn);
		if (answer != DENY_MORE)
			break;
	}
	if (answer == DENY_MORE || answer == DENY_UNPARSED)
		VG_COUNT(stats, deny_unparsed);
	if (answer == DENY_REFUSE)
		return -EPERM;
	send->passed = skb;
	return 0;
}

/*
 * The socket's namespace counts, not the task's: a socket may be used from, or handed to, another one. Whether the message is for the
 * kernel or for another process cannot be told here; both need the same capability.
 */
static __always_inline int deny_send(__u32 turn, const struct sock *sk, const struct sk_buff *skb)
{
	struct vg_config *config = vg_config_get();
	struct vg_stats *stats = vg_stats_get();

	if (!config || !stats || !config->deny)
		return 0;
	if (sk->__sk_common.skc_net.net->ns.inum != config->netns)
		return 0;
	return deny_walk(turn, sk->__sk_common.skc_net.net, skb, stats);
}

static __always_inline bool deny_is_other(const struct sock *sk, const struct sk_buff *skb)
{
	return sk->sk_protocol != NETLINK_ROUTE || vg_nl_is_other(skb->data, skb->len);
}

/*
 * After vg_deny, and not if that one refuses: what it was not asked about. It stands first, to be attached first: of a trampoline's programs the
 * one that was attached last runs first.
 */
SEC("fmod_ret/security_netlink_send")
int BPF_PROG(vg_deny_again, struct sock *sk, struct sk_buff *skb, int ret)
{
	struct deny_send *first;

	if (ret || deny_is_other(sk, skb))
		return ret;
	first = deny_send_get(DENY_FIRST);
	if (first && first->passed == skb) {
		first->passed = NULL; /* the next send may lie at the same place */
		return 0;
	}
	return deny_send(DENY_AGAIN, sk, skb);
}

SEC("fmod_ret/security_netlink_send")
int BPF_PROG(vg_deny, struct sock *sk, struct sk_buff *skb, int ret)
{
	if (ret || deny_is_other(sk, skb))
		return ret;
	return deny_send(DENY_FIRST, sk, skb);
}
