/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's side of the guard behind one door: BPF programs, pinned maps, rtnetlink. It hands out facts and carries out
 * decisions; it never judges. Everything runs on the loop's thread.
 *
 * Order: vg_kern_new() (features tried, maps made and pinned, nothing attached) -> vg_kern_sync() (maps filled) ->
 * vg_kern_attach() -> vg_kern_dump() (what is bound already) -> loop.
 */
#ifndef KERN_KERN_H
#define KERN_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "core/fact.h"
#include "core/frame.h"
#include "core/judge.h"
#include "core/snapshot.h"
#include "kern/feature.h"

struct vg_kern;

struct vg_kern_config {
	const char *pin_dir; /* "/sys/fs/bpf/vipguard" */
	const char *node;
	enum vg_mode mode;
	bool deny, drop, remove, heal; /* --act */
	uint64_t dead_man_ns;
	uint64_t alive_ns; /* how often at least sink.alive is to be called; 0: never */
	bool detach_on_exit; /* vg_kern_free() frees the kernel at once */
	const char *const *interfaces; /* where frames are judged; n_interfaces 0: the default choice */
	size_t n_interfaces;
	uint32_t without; /* 1 << enum vg_feature: treated as missing (--without, for tests and for kernels with a broken one) */
};

/* A road on which frames leave past the filters. */
enum vg_road { VG_ROAD_QDISC_BYPASS, VG_ROAD_AF_XDP, VG_ROAD_XDP, VG_ROAD_MAX };

/* Somebody opened one, or asked for it. */
struct vg_bypass_fact {
	enum vg_road road;
	bool refused; /* the request has no effect */
	bool deniable; /* audit: enforce would have seen to that */
	uint32_t ifindex; /* 0: none in particular */
	char ifname[VG_IFNAME_MAX];
	uint32_t program; /* VG_ROAD_XDP: its id, 0: not known */
	struct vg_who who; /* pid 0: not known */
};

const char *vg_road_to_str(enum vg_road road); /* "qdisc-bypass", ... */

/* What goes from the kernel to whoever composes the guard. Facts and strings are borrowed for the call. */
struct vg_kern_sink {
	void *ctx;
	void (*fact)(void *ctx, const struct vg_fact *fact);
	/* NULL: not of interest */
	void (*bypass)(void *ctx, const struct vg_bypass_fact *fact);
	/* A frame that announces an address, after the fact that counts it. NULL: not of interest */
	void (*frame)(void *ctx, const struct vg_frame *frame);
	/* Something was lost; cause is a field name of struct vg_stats ("lost_netlink"), n how many more than said before. */
	void (*lost)(void *ctx, const char *cause, uint64_t n);
	/* A capability went away or came back after the start (a qdisc was deleted, a link cannot be attached): */
	void (*changed)(void *ctx, enum vg_feature feature, bool ok, const char *why);
	/* The dead-man's deadline has passed, and the kernel acts again as soon as this returns: what is out of date by now is to be said in the maps
	 * first. NULL: not of interest. */
	void (*woke)(void *ctx);
	/* The dead-man's timer had its turn: the one occasion that an idle guard has to look at anything. NULL: not of interest. */
	void (*tick)(void *ctx);
	/* The loop turns, or is busy with something that it knows of. May come from within any call to vg_kern_*(). NULL: not of interest. */
	void (*alive)(void *ctx);
	/* The neighbour table says something else of this address on this link; addr NULL: of any. NULL: not of interest. See vg_kern_tell(). */
	void (*neighbour)(void *ctx, const struct vg_addr *addr, uint32_t ifindex);
};

int vg_kern_new(struct vg_loop *loop, const struct vg_kern_config *config, const struct vg_kern_sink *sink, struct vg_error *ret_error,
		struct vg_kern **ret_kern);
/*
 * Once attached: the kernel goes on without us until the dead-man's deadline, and everything stays pinned for the next guard; with
 * detach_on_exit all is taken off but the pinned maps. NULL is fine.
 */
void vg_kern_free(struct vg_kern *kern);

/* Fills vg_vips, vg_ranges and vg_protect with what the judge says now; entries that did not change keep their hits. */
int vg_kern_sync(struct vg_kern *kern, const struct vg_snapshot *snapshot, const struct vg_circumstances *circumstances);
/* The same for the entries of these prefixes alone (sorted on the way). An error: vg_kern_sync() is to be called. */
int vg_kern_sync_entries(struct vg_kern *kern, const struct vg_snapshot *snapshot, struct vg_prefix *changed, size_t n,
			 const struct vg_circumstances *circumstances);
/*
 * CLOCK_BOOTTIME since when the maps have what a guard before this one, on this node and in this network namespace, knew of the cluster: now, if
 * it was alive a moment ago and had it from the cluster itself. It is there until the first vg_kern_sync(). 0: there is none. Asked before
 * vg_kern_attach().
 */
uint64_t vg_kern_earlier_since(const struct vg_kern *kern);
void vg_kern_keep_earlier(struct vg_kern *kern, uint64_t since_ns); /* for the guard after this one; 0: the maps are this one's own */
/* Links that hold service addresses, as that guard had them from the cluster. */
const struct vg_dummies *vg_kern_earlier_dummies(const struct vg_kern *kern);
/* In place of vg_kern_sync(), to go on with that: adds what is protected. -errno: now nothing is acted on. */
int vg_kern_sync_protections(struct vg_kern *kern, const struct vg_snapshot *snapshot);
/* What it said of this address on a real link; false: nothing. */
bool vg_kern_find_earlier(const struct vg_kern *kern, const struct vg_addr *addr, struct vg_judgement *ret_bind, struct vg_judgement *ret_announce);
int vg_kern_attach(struct vg_kern *kern, struct vg_error *ret_error);
/* Every address bound here as a fact with how = preexisting, then remembers them. */
int vg_kern_dump(struct vg_kern *kern);
/* Announcements that the kernel has counted and not yet handed out, as facts; at the end, so that the sums are exact. */
void vg_kern_drain(struct vg_kern *kern);

/* Something long is about to be done on the loop's thread: the dead-man's deadline is moved first. */
void vg_kern_busy(struct vg_kern *kern);

enum vg_mode vg_kern_mode(const struct vg_kern *kern);
void vg_kern_set_mode(struct vg_kern *kern, enum vg_mode mode);

#define VG_PAUSE_MAX_NS (24ULL * 3600 * 1000 * 1000 * 1000)

/* Nothing is refused, dropped or removed before this time (CLOCK_BOOTTIME), by the kernel's own comparison; 0: no pause. */
void vg_kern_pause(struct vg_kern *kern, uint64_t until_ns);
uint64_t vg_kern_paused_until(const struct vg_kern *kern); /* 0: there is none, or it is over */

/* The kernel lets pass what concerns this address, whatever vg_vips and vg_ranges say, until it is let go; kept over a restart. -errno. */
int vg_kern_hold(struct vg_kern *kern, const struct vg_addr *addr);
void vg_kern_let_go(struct vg_kern *kern, const struct vg_addr *addr);
int vg_kern_for_each_held(const struct vg_kern *kern, int (*fn)(void *ctx, const struct vg_addr *addr), void *ctx);

bool vg_kern_acts_on_removal(const struct vg_kern *kern); /* enforce, remove wanted, not paused */

/*
 * Deletes exactly this address from this link: link, address and prefix as in the fact, re-checked just before.
 * 0: gone. -ENOENT: was gone already. -EBUSY: refused, since it would take another address with it; why says which.
 * Another -errno: failed; why says what.
 */
int vg_kern_remove(struct vg_kern *kern, const struct vg_fact *fact, struct vg_error *ret_why);

/*
 * Links on whose segment the neighbours may have it wrong when an address was bound or announced on `ifindex`: that one, or what it is a port of;
 * where it is none to a segment (loopback, a dummy, 0), all guarded ones that have a global address. How many, `max` at most.
 */
size_t vg_kern_segments(const struct vg_kern *kern, uint32_t ifindex, uint32_t *ret_ifindexes, size_t max);

struct vg_kern_news {
	struct vg_addr addr; /* what is given back */
	uint32_t ifindex; /* where */
	const struct vg_addr *nodes; /* under which the rightful node may be found there, the preferred first; borrowed */
	size_t n_nodes;
};

/*
 * Tells the neighbours on that link the rightful node's hardware address, as the kernel's neighbour table has it for that link. From then on our
 * programs let pass whatever frame says the same, for some seconds, or until vg_kern_told().
 * 0: told; ret_mac. -EAGAIN: it is not known there, and the kernel is asking for *ret_asked: sink.neighbour tells of an answer until
 * vg_kern_stop_asking(). Another -errno: it cannot be done; why says what.
 */
int vg_kern_tell(struct vg_kern *kern, const struct vg_kern_news *news, uint8_t ret_mac[6], struct vg_addr *ret_asked, struct vg_error *ret_why);
void vg_kern_told(struct vg_kern *kern, const struct vg_addr *addr); /* no more of this address */
void vg_kern_stop_asking(struct vg_kern *kern);
void vg_kern_count_heal(struct vg_kern *kern, uint64_t failed, uint64_t delayed, uint64_t lost); /* to vg_stats */
/* Frames that announce are dropped now on that link; what was bound there a moment ago told nobody. */
bool vg_kern_drops_on(const struct vg_kern *kern, uint32_t ifindex);

/* Writes one line of vg_binds, or takes it away. What is where it belongs on a service dummy has none: IPVS binds every service address there. */
void vg_kern_note_bind(struct vg_kern *kern, const struct vg_fact *fact, const struct vg_judgement *judgement);
void vg_kern_forget_bind(struct vg_kern *kern, const struct vg_fact *fact);
/* Who bound this address here, on every link that has it: speaks for the frames that the kernel made. False: not known, or not one alone. */
bool vg_kern_find_binder(const struct vg_kern *kern, const struct vg_addr *addr, struct vg_who *ret_who);

/* Calls back for every address bound here now (kept up by rtnetlink), as a fact with how = preexisting and its binder. said: the judgement that
 * vg_kern_note_bind() was given last, or NULL. */
void vg_kern_for_each_bind(const struct vg_kern *kern, void (*fn)(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said), void *ctx);
/* What vg_protect holds, from the guard before this one until the first vg_kern_sync(). -errno: it cannot be read. */
int vg_kern_for_each_kept(const struct vg_kern *kern, int (*fn)(void *ctx, const struct vg_prefix *prefix, enum vg_reason reason), void *ctx);

const struct vg_features *vg_kern_features(const struct vg_kern *kern);
void vg_kern_stats(const struct vg_kern *kern, struct vg_stats *ret_stats);
size_t vg_kern_counted(const struct vg_kern *kern); /* entries of vg_seen, VG_MAX_SEEN at most */
void vg_kern_count_lost_log(struct vg_kern *kern, uint64_t n);
uint32_t vg_kern_netns(const struct vg_kern *kern);
void vg_kern_link_name(const struct vg_kern *kern, uint32_t ifindex, char out[VG_IFNAME_MAX]); /* "" for an unknown one */
/* Names of the links whose egress is judged now, and by what ("tcx", "clsact"). */
void vg_kern_for_each_guarded(const struct vg_kern *kern, void (*fn)(void *ctx, const char *ifname, const char *how), void *ctx);

const char *vg_kern_libbpf_version(void);

VG_DEFINE_CLEANUP(struct vg_kern *, vg_kern_free)

#endif
