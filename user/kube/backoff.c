/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/backoff.h"

void vg_backoff_init(struct vg_backoff *backoff, uint64_t min_ns, uint64_t max_ns, uint64_t seed)
{
	*backoff = (struct vg_backoff){ .min_ns = min_ns, .max_ns = max_ns < min_ns ? min_ns : max_ns, .random = seed };
}

/* splitmix64: spreads load, guards no secret */
uint64_t vg_backoff_random(struct vg_backoff *backoff, uint64_t bound)
{
	uint64_t z = backoff->random += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	z ^= z >> 31;
	return bound == UINT64_MAX ? z : z % (bound + 1);
}

uint64_t vg_backoff_next(struct vg_backoff *backoff)
{
	uint64_t bound = backoff->min_ns;

	for (unsigned i = 0; i < backoff->failures && bound < backoff->max_ns; i++)
		bound = bound > backoff->max_ns / 2 ? backoff->max_ns : bound * 2;
	if (backoff->failures < UINT32_MAX)
		backoff->failures++;
	return vg_backoff_random(backoff, bound);
}

void vg_backoff_reset(struct vg_backoff *backoff)
{
	backoff->failures = 0;
}
