/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding of repeats: the first finding of an (event, address, interface, process, verdict) passes at once, the next ones of
 * its period are counted and come out as one line when the period is over. Pure: time is handed in, lines come out by callback.
 *
 * A table of bounded size: when it is full the oldest entry is closed early (its count comes out), so no count is ever lost.
 */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "core/fact.h"

#define VG_FOLD_MAX 4096

struct vg_fold;

struct vg_fold_key {
	struct vg_addr addr;
	uint32_t ifindex;
	uint32_t pid;
	uint32_t kind; /* enum vg_fact_kind */
	uint32_t verdict;
	uint32_t reason;
	uint32_t action;
};

/* A period is over (or the table is full, or it is flushed) and `count` > 0 repeats came after the line before. payload is
 * what the last repeat handed in; it is the fold's and gone after the call. It must not call into the fold. */
typedef void (*vg_fold_fn)(void *ctx, const struct vg_fold_key *key, const void *payload, uint64_t count);

/* period_ns 0: nothing is folded. payload_size 0: payload may be NULL. -ENOMEM. */
int vg_fold_new(uint64_t period_ns, size_t payload_size, vg_fold_fn fn, void *ctx, struct vg_fold **ret_fold);
void vg_fold_free(struct vg_fold *fold); /* NULL is fine; does not flush */
/* True: say it now. False: counted (count repeats of it), with this payload. */
bool vg_fold_add(struct vg_fold *fold, const struct vg_fold_key *key, const void *payload, uint64_t count, uint64_t now_ns);
/* Closes what is over by now. An entry that had repeats starts its next period, one that had none is forgotten. */
void vg_fold_expire(struct vg_fold *fold, uint64_t now_ns);
void vg_fold_flush(struct vg_fold *fold);
size_t vg_fold_size(const struct vg_fold *fold);
uint64_t vg_fold_next_ns(const struct vg_fold *fold); /* when to call vg_fold_expire(); 0: nothing is open */

VG_DEFINE_CLEANUP(struct vg_fold *, vg_fold_free)

#endif
