/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the judge decided beforehand about an address: protected beats all, then the address itself, then the longest range around it. */
#ifndef VG_LOOKUP_BPF_H
#define VG_LOOKUP_BPF_H

#ifndef VG_NEED_VIPS
#error "lookup.bpf.h needs vg_vips, vg_ranges, vg_protect and vg_held"
#endif
#include "maps.bpf.h"

#define VG_ADDR_BITS 128

/* NULL: protected, or nothing is said about it; either way it passes. The entry is shared: add to its counters atomically. */
static __always_inline struct vg_vip *vg_lookup(const struct vg_addr *addr)
{
	struct vg_lpm_key key = { .prefixlen = VG_ADDR_BITS, .addr = *addr };
	struct vg_vip *vip;

	if (bpf_map_lookup_elem(&vg_protect, &key))
		return NULL;
	vip = bpf_map_lookup_elem(&vg_vips, &key);
	return vip ? vip : bpf_map_lookup_elem(&vg_ranges, &key);
}

/* A violation that the breaker holds passes: by address, so that another one of the same range does not. */
static __always_inline bool vg_is_held(const struct vg_addr *addr)
{
	struct vg_lpm_key key = { .prefixlen = VG_ADDR_BITS, .addr = *addr };

	return bpf_map_lookup_elem(&vg_held, &key);
}

#endif
