/* SPDX-License-Identifier: Apache-2.0 */
/* clsact, where tcx is not to be had: our filter on a link's egress, at the highest priority, recognised by its handle and program. */
#ifndef KERN_CLSACT_H
#define KERN_CLSACT_H

#include <stdbool.h>
#include <stdint.h>

#define VG_TC_HANDLE 0x7667
#define VG_TC_PRIORITY 1

/* Puts the filter there, in place of one that an earlier guard left. ret_made_qdisc: there was no clsact qdisc before.
 * -EEXIST: an ingress qdisc is in its place, where no frame that leaves is seen. Nothing is put there, nor taken away. */
int vg_clsact_attach(uint32_t ifindex, int prog_fd, bool *ret_made_qdisc);
/* True: our filter is there with this program. */
bool vg_clsact_is_attached(uint32_t ifindex, int prog_fd);
/* Takes off our filter if it runs this program, and the qdisc if we made it and nothing else uses it. */
void vg_clsact_detach(uint32_t ifindex, int prog_fd, bool made_qdisc);

#endif
