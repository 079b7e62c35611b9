/* SPDX-License-Identifier: Apache-2.0 */
/* An array, looked through as a whole: the kernel tells of an address once a second at most. */
#include "core/announced.h"

#include <errno.h>
#include <string.h>

#include "core/addr.h"

struct vg_announced {
	uint64_t evicted;
	size_t n;
	struct vg_announced_one list[VG_ANNOUNCED_MAX];
};

int vg_announced_new(struct vg_announced **ret_announced)
{
	*ret_announced = calloc(1, sizeof(**ret_announced));
	return *ret_announced ? 0 : -ENOMEM;
}

void vg_announced_free(struct vg_announced *announced)
{
	free(announced);
}

/* The place of that address, or where it may go. */
static struct vg_announced_one *find_place(struct vg_announced *announced, const struct vg_addr *addr)
{
	struct vg_announced_one *oldest = &announced->list[0];

	for (size_t i = 0; i < announced->n; i++) {
		if (vg_addr_cmp(&announced->list[i].addr, addr) == 0)
			return &announced->list[i];
		if (announced->list[i].last_ns < oldest->last_ns)
			oldest = &announced->list[i];
	}
	if (announced->n < VG_ANNOUNCED_MAX)
		oldest = &announced->list[announced->n++];
	else
		announced->evicted++;
	*oldest = (struct vg_announced_one){ .addr = *addr };
	return oldest;
}

void vg_announced_note(struct vg_announced *announced, const struct vg_fact *fact, const struct vg_judgement *judgement, uint64_t now_ns)
{
	struct vg_announced_one *one = find_place(announced, &fact->addr);
	uint64_t frames = fact->count ? fact->count : 1;

	if (!one->last_ns || one->last_ns + VG_ANNOUNCED_GAP_NS < now_ns) {
		one->first_ns = now_ns;
		one->passed = one->dropped = 0;
	}
	one->last_ns = now_ns;
	one->who = fact->who;
	one->judgement = *judgement;
	memcpy(one->ifname, fact->ifname, sizeof(one->ifname));
	*(fact->refused ? &one->dropped : &one->passed) += frames;
}

const struct vg_announced_one *vg_announced_find(const struct vg_announced *announced, const struct vg_addr *addr, uint64_t now_ns)
{
	for (size_t i = 0; i < announced->n; i++) {
		const struct vg_announced_one *one = &announced->list[i];

		if (vg_addr_cmp(&one->addr, addr) == 0)
			return one->last_ns + VG_ANNOUNCED_LATELY_NS < now_ns ? NULL : one;
	}
	return NULL;
}

const struct vg_announced_one *vg_announced_at(const struct vg_announced *announced, size_t i)
{
	return i < announced->n ? &announced->list[i] : NULL;
}

uint64_t vg_announced_evicted(const struct vg_announced *announced)
{
	return announced->evicted;
}
