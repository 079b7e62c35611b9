/* SPDX-License-Identifier: Apache-2.0 */
/* Exponential back-off with full jitter: the n-th wait in a row is anything between 0 and min * 2^n, at most max. Pure. */
#ifndef KUBE_BACKOFF_H
#define KUBE_BACKOFF_H

#include <stdint.h>

struct vg_backoff {
	uint64_t min_ns, max_ns;
	uint64_t random; /* state of the generator: only has to differ from node to node */
	unsigned failures; /* in a row */
};

void vg_backoff_init(struct vg_backoff *backoff, uint64_t min_ns, uint64_t max_ns, uint64_t seed);
/* Counts a failure; how long to wait. */
uint64_t vg_backoff_next(struct vg_backoff *backoff);
void vg_backoff_reset(struct vg_backoff *backoff);
uint64_t vg_backoff_random(struct vg_backoff *backoff, uint64_t bound); /* 0..bound */

#endif
