/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links of the guarded network namespace, and which of them are guarded: where frames are judged. Pure: it is told what
 * rtnetlink says and which links hold a global address.
 */
#ifndef KERN_LINKS_H
#define KERN_LINKS_H

#include "base/cleanup.h"
#include "core/dummies.h"
#include "kern/rtmsg.h"

struct vg_link {
	struct vg_rt_link rt;
	bool has_global; /* holds a global address */
	bool guarded; /* as of the last vg_links_choose() */
	bool dummy; /* holds service addresses: binds there are excused */
	bool unjudged; /* would be guarded, but for a framing that is not Ethernet's */
	bool outer; /* other hosts are behind it: hardware, a tunnel, or a tower on either */
	bool outer_port; /* such a one in a bridge or switch */
	bool below_port; /* a port of a bridge or switch, or below one */
	unsigned int role; /* all that as of the choice before */
	bool changed; /* guarded or a port's role: another than as of the choice before */
};

struct vg_links;

int vg_links_new(struct vg_links **ret_links);
void vg_links_free(struct vg_links *links); /* NULL is fine */

/* A new link, or what changed about one. -ENOSPC: VG_MAX_LINKS are there. */
int vg_links_put(struct vg_links *links, const struct vg_rt_link *rt);
void vg_links_remove(struct vg_links *links, uint32_t ifindex);
/* NULL if there is none. Valid until the next put or remove. */
struct vg_link *vg_links_find(const struct vg_links *links, uint32_t ifindex);
/* True: that is new. False also for an unknown link. */
bool vg_links_set_global(struct vg_links *links, uint32_t ifindex, bool has_global);
/* Which links hold service addresses besides those known by name (copied). True: those are others than before. */
bool vg_links_set_dummies(struct vg_links *links, const struct vg_dummies *dummies);
const struct vg_dummies *vg_links_dummies(const struct vg_links *links);
bool vg_links_is_dummy(const struct vg_links *links, const char *name, const char *kind);
/* Whether a list of the kernel's holds this link. */
bool vg_links_is_listed(const struct vg_rt_link *list, size_t n, uint32_t ifindex);
/* By place, in the order of ifindex; NULL past the end. */
struct vg_link *vg_links_at(const struct vg_links *links, size_t i);
/* Whether a link of this index and name is there that exists to hold service addresses, or none at all, which can only be told by name. */
bool vg_links_may_excuse(const struct vg_links *links, uint32_t ifindex, const char *name);
/* "" for an unknown one. Valid like vg_links_find(). */
const char *vg_links_name(const struct vg_links *links, uint32_t ifindex);

/*
 * Sets what follows `has_global`. `guarded` of every link. n_names > 0: just those named, loopback excepted. Else physical links, links that hold a
 * global address (service dummies excepted), and the lower links of both: slaves of a bond, physical ports of a bridge, the
 * parent of a VLAN. Never loopback; so never the host side of a pod's veth, which holds no address of its own.
 */
void vg_links_choose(struct vg_links *links, const char *const *names, size_t n_names);

/* Why not every link that should be is guarded, in words: a framing that is not understood, no link at all, too many links. False: all is well. */
bool vg_links_describe_gap(const struct vg_links *links, char *out, size_t size);

VG_DEFINE_CLEANUP(struct vg_links *, vg_links_free)

#endif
