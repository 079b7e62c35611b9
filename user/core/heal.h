/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses are to be given back, and when their neighbours are told: the queue and its pace. Pure; times are CLOCK_BOOTTIME, handed in.
 *
 * An entry is an address on a link. It is a suspect while frames passed that should not have, but nothing may be done about it now; it is due
 * when the neighbours are to be told, VG_HEAL_ROUNDS times; it waits while the rightful node's hardware address is being asked for. Who
 * takes a turn decides anew whether it is still right (core/heal_holder.h) and then says what came of it.
 */
#ifndef CORE_HEAL_H
#define CORE_HEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "base/cleanup.h"
#include "core/addr.h"

#define VG_HEAL_MAX VG_MAX_HEAL
/* A broadcast may be lost, and who was just told otherwise may not believe the first (Linux: a second, IPv4). Nor may the wrong node be done: */
#define VG_HEAL_ROUNDS 3 /* at 0, 1 and 3 s, which is kube-vip's period */
/* One address is told no more often, whatever is asked for. */
#define VG_HEAL_GAP_NS (1000ULL * 1000 * 1000)
/* Of all addresses, one link each: 200 frames a second at most. As much broadcast as a segment with many nodes bears; 20 addresses need 40. */
#define VG_HEAL_TURNS_MAX 100
#define VG_HEAL_SECOND_NS (1000ULL * 1000 * 1000)
/* The kernel asks three times, a second apart, before it gives up (net.ipv4.neigh.default.mcast_solicit, retrans_time_ms). */
#define VG_HEAL_WAIT_NS (4ULL * 1000 * 1000 * 1000)

struct vg_heal;

struct vg_heal_key {
	struct vg_addr addr;
	uint32_t ifindex;
};

struct vg_heal_turn {
	struct vg_heal_key key;
	unsigned round; /* 0: the first */
	bool overdue; /* it has waited as long as it may */
};

typedef bool (*vg_heal_suspect_fn)(void *ctx, const struct vg_heal_key *key);

int vg_heal_new(struct vg_heal **ret_heal);
void vg_heal_free(struct vg_heal *heal); /* NULL is fine */

/* Frames passed. -ENOSPC: VG_HEAL_MAX are known; -ENOMEM. */
int vg_heal_suspect(struct vg_heal *heal, const struct vg_heal_key *key, uint64_t now_ns);
/* Its neighbours are to be told, from the first round on. A suspect makes room if need be. -ENOSPC, -ENOMEM. */
int vg_heal_want(struct vg_heal *heal, const struct vg_heal_key *key, uint64_t now_ns);
/* Forgets the suspects for which fn is true; it must not change the queue. */
void vg_heal_sift(struct vg_heal *heal, vg_heal_suspect_fn fn, void *ctx);
bool vg_heal_has_suspects(const struct vg_heal *heal);

/* When something is due next; 0: never, so long as nothing happens. */
uint64_t vg_heal_next_ns(const struct vg_heal *heal);
/* The next turn, first rounds before later ones. False: none is due now. One of the next three is to follow. */
bool vg_heal_take(struct vg_heal *heal, uint64_t now_ns, struct vg_heal_turn *ret_turn);
/* They were told. True: that was the last round. */
bool vg_heal_told(struct vg_heal *heal, const struct vg_heal_key *key, uint64_t now_ns);
/* The hardware address of `node` on that link is being asked for; never after an overdue turn. */
void vg_heal_wait(struct vg_heal *heal, const struct vg_heal_key *key, const struct vg_addr *node, uint64_t now_ns);
/* It is not right any more, or it cannot be done. */
void vg_heal_end(struct vg_heal *heal, const struct vg_heal_key *key, uint64_t now_ns);

/* Something is known of `node` on this link now: those that wait for it are due. node NULL: whoever waits. */
void vg_heal_wake(struct vg_heal *heal, const struct vg_addr *node, uint32_t ifindex, uint64_t now_ns);
bool vg_heal_is_waiting(const struct vg_heal *heal); /* somebody is */
bool vg_heal_is_busy(const struct vg_heal *heal, const struct vg_addr *addr); /* on some link, and it is no mere suspect */
uint64_t vg_heal_delays(const struct vg_heal *heal); /* seconds in which more was due than is told at a time */

VG_DEFINE_CLEANUP(struct vg_heal *, vg_heal_free)

#endif
