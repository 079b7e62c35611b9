/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All the others in one object: libbpf reads the kernel's types, millions of bytes, anew for each object that is loaded, and where the kernel
 * takes everything one object is enough. Where it does not they are loaded apart.
 */
#define VG_NEED_BINDS
#define VG_NEED_CALLS
#define VG_NEED_DUMMIES
#define VG_NEED_EVENTS
#define VG_NEED_HEAL
#define VG_NEED_LINKS
#define VG_NEED_SEEN
#define VG_NEED_SWITCH
#define VG_NEED_VIPS
#include "announce.bpf.c"
#include "bind.bpf.c"
#include "deny.bpf.c"
#include "ioctl.bpf.c"
