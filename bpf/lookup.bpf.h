/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the judge decided beforehand about an address: protected beats all, then the address itself, then the longest range around it. */
#ifndef VG_LOOKUP_BPF_H
#define VG_LOOKUP_BPF_H

#ifndef VG_NEED_VIPS
#error "lookup.bpf.h needs vg_vips, vg_ranges, vg_protect and vg_held"
#endif
#include "maps.bpf.h"

#define VG_ADDR_BITS 128

static __always_inline struct vg_vip *vg_lookup_said(const struct vg_lpm_key *key)
{
	struct vg_vip *vip = bpf_map_lookup_elem(&vg_vips, key);

	return vip ? vip : bpf_map_lookup_elem(&vg_ranges, key);
}

/*
 * NULL: protected, or nothing is said about it; either way it passes. The entry is shared: add to its counters atomically.
 * Of most addresses nothing is said. Where something is, it counts only if it still is after the protections were looked at: those go last.
 */
static __always_inline struct vg_vip *vg_lookup(const struct vg_addr *addr)
{
	struct vg_lpm_key key = { .prefixlen = VG_ADDR_BITS, .addr = *addr };

	if (!vg_lookup_said(&key) || bpf_map_lookup_elem(&vg_protect, &key))
		return NULL;
	return vg_lookup_said(&key);
}

/* A violation that the breaker holds passes: by address, so that another one of the same range does not. */
static __always_inline bool vg_is_held(const struct vg_addr *addr)
{
	struct vg_lpm_key key = { .prefixlen = VG_ADDR_BITS, .addr = *addr };

	return bpf_map_lookup_elem(&vg_held, &key);
}

#endif
