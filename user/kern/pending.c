/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/pending.h"

#include <string.h>

#include "core/addr.h"

bool vg_pendings_add(struct vg_pendings *pendings, const struct vg_pending *pending)
{
	if (pendings->n == VG_PENDING_MAX)
		return false;
	pendings->items[pendings->n++] = *pending;
	return true;
}

static void take(struct vg_pendings *pendings, size_t i, struct vg_pending *ret_pending)
{
	*ret_pending = pendings->items[i];
	pendings->n--;
	memmove(&pendings->items[i], &pendings->items[i + 1], (pendings->n - i) * sizeof(*pendings->items));
}

static bool matches(const struct vg_pending *pending, const struct vg_bind_key *key, const struct vg_addr *peer)
{
	return pending->fact.ifindex == key->ifindex && pending->fact.prefix == key->prefix && vg_addr_cmp(&pending->fact.addr, &key->addr) == 0 &&
	       (!peer || vg_addr_cmp(&pending->peer, peer) == 0);
}

bool vg_pendings_take(struct vg_pendings *pendings, const struct vg_bind_key *key, const struct vg_addr *peer, struct vg_pending *ret_pending)
{
	for (size_t i = 0; i < pendings->n; i++) {
		if (matches(&pendings->items[i], key, peer)) {
			take(pendings, i, ret_pending);
			return true;
		}
	}
	return false;
}

bool vg_pendings_expire(struct vg_pendings *pendings, uint64_t now_ns, struct vg_pending *ret_pending)
{
	if (pendings->n == 0 || pendings->items[0].deadline_ns > now_ns)
		return false;
	take(pendings, 0, ret_pending);
	return true;
}

uint64_t vg_pendings_next_ns(const struct vg_pendings *pendings)
{
	return pendings->n ? pendings->items[0].deadline_ns : 0;
}
