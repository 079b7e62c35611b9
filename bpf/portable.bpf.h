/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a parser needs to be built twice from one source: for the kernel (clang -target bpf) and for the host, where unit tests and
 * fuzzers run the very same lines under sanitizers.
 */
#ifndef VG_PORTABLE_BPF_H
#define VG_PORTABLE_BPF_H

#ifdef __bpf__
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#else
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#endif

#include "vipguard/abi.h"

/* What became of a frame or message. */
enum vg_parse {
	VG_PARSE_NONE, /* it asks or claims nothing that is judged here */
	VG_PARSE_FOUND,
	VG_PARSE_UNPARSED, /* it might, but is too short, too long or too deep to tell; passes and is counted */
};

/* One address that somebody asks the kernel to answer for. */
struct vg_ask {
	struct vg_addr addr;
	enum vg_how how; /* VG_HOW_NETLINK, _IOCTL: on a link; VG_HOW_ROUTE, _PROXY, _ANYCAST */
	__u32 ifindex; /* 0: all, or not known yet */
	__u32 prefix; /* own family */
	__u32 ifa_flags;
	__u32 nl_flags;
};

static __always_inline __u16 vg_be16(const __u8 *at)
{
	return (__u16)((__u16)at[0] << 8 | at[1]);
}

/* ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2) */
static __always_inline void vg_addr_map_v4(const __u8 *v4, struct vg_addr *ret_addr)
{
	__builtin_memset(ret_addr->bytes, 0, 10);
	__builtin_memset(ret_addr->bytes + 10, 0xff, 2);
	__builtin_memcpy(ret_addr->bytes + 12, v4, 4);
}

#endif
