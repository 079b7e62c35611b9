/* SPDX-License-Identifier: Apache-2.0 */
/* How the links of this network namespace are set up, read from /proc/sys and rtnetlink; changes nothing, and needs no privilege. */
#ifndef KERN_LOOK_H
#define KERN_LOOK_H

#include "base/error.h"
#include "core/doctor.h"

/* Every link but loopback. *ret_links: free() it. */
int vg_look_at_links(struct vg_error *ret_error, struct vg_link_settings **ret_links, size_t *ret_n);

#endif
