/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The breaker: when a change turns more addresses that are bound here from no violation into one than a broken node would explain, it
 * holds them, and the source is not believed until somebody has looked. Pure: what is bound, its judgement and the time are handed in.
 *
 * - What counts is the judgement of the bind, by address: an address on two links counts once.
 * - `stale-source` and `in-transition` are no answer but a delay of one: what an address was before and is afterwards counts. So the end of an
 *   outage or of a grace is part of the change before it, and an address that was never judged otherwise (the first picture, a bind
 *   in an outage) turns from nothing and is no flip.
 * - Flips of a minute add up, since an API tells of one failure in pieces; what was acted on is not undone.
 * - While something is held, every further flip is held too.
 * - A hold ends with vg_breaker_resume(), when the address is no violation any more, or when it goes. A bind is new that was not there
 *   before: it is never held.
 */
#ifndef CORE_BREAKER_H
#define CORE_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "base/cleanup.h"
#include "core/addr.h"
#include "vipguard/abi.h"

#define VG_BREAKER_DEFAULT 10
#define VG_BREAKER_MAX VG_MAX_BINDS
#define VG_BREAKER_OFF UINT32_MAX /* never holds: more than can be bound */
#define VG_BREAKER_WINDOW_NS (60ULL * 1000 * 1000 * 1000)

struct vg_breaker;

typedef void (*vg_breaker_fn)(void *ctx, const struct vg_addr *addr);

/* limit: so many flips are acted on; 0: none is. -ENOMEM. */
int vg_breaker_new(uint32_t limit, struct vg_breaker **ret_breaker);
void vg_breaker_free(struct vg_breaker *breaker); /* NULL is fine */

/* A guard before this one held this address: what is bound of it when it is noted first is held on. -ENOMEM. */
int vg_breaker_inherit(struct vg_breaker *breaker, const struct vg_addr *addr);
void vg_breaker_end_inheritance(struct vg_breaker *breaker); /* everything bound was noted */

/* A bind and what is said of it. is_new: it was not there before. -ENOSPC: VG_MAX_BINDS are known; -ENOMEM; then it is not known here. */
int vg_breaker_note(struct vg_breaker *breaker, const struct vg_bind_key *key, const struct vg_judgement *judgement, bool is_new);
void vg_breaker_forget(struct vg_breaker *breaker, const struct vg_bind_key *key); /* it is gone */

/* After a change: each bind once with what is said of it now, then the decision. True: addresses are held that were not. */
void vg_breaker_weigh(struct vg_breaker *breaker, const struct vg_bind_key *key, const struct vg_judgement *judgement);
bool vg_breaker_decide(struct vg_breaker *breaker, uint64_t now_ns /* CLOCK_BOOTTIME */);

bool vg_breaker_holds(const struct vg_breaker *breaker, const struct vg_bind_key *key);
bool vg_breaker_holds_address(const struct vg_breaker *breaker, const struct vg_addr *addr); /* some bind of it */
bool vg_breaker_is_tripped(const struct vg_breaker *breaker); /* something is held */
size_t vg_breaker_flips(const struct vg_breaker *breaker); /* addresses that turned at once and tripped it */
size_t vg_breaker_for_each(const struct vg_breaker *breaker, vg_breaker_fn fn, void *ctx); /* each address held; how many. fn may be NULL */

/* Each address of which a bind is held, or is not held any more, since it was handed out here last. */
void vg_breaker_take_held(struct vg_breaker *breaker, vg_breaker_fn fn, void *ctx);
void vg_breaker_take_released(struct vg_breaker *breaker, vg_breaker_fn fn, void *ctx);

void vg_breaker_resume(struct vg_breaker *breaker); /* holds nothing, and counts from nothing */

VG_DEFINE_CLEANUP(struct vg_breaker *, vg_breaker_free)

#endif
