/* SPDX-License-Identifier: Apache-2.0 */
/* tcx, kernel 6.6 and later: a BPF link on a link's egress, first in line. Closing the descriptor takes it off. */
#ifndef KERN_TCX_H
#define KERN_TCX_H

#include <stdint.h>

#include "kern/tclist.h"

/* In front of all that are there. -EINVAL: this kernel has no tcx. */
int vg_tcx_attach(uint32_t ifindex, int prog_fd, int *ret_fd);
/* VG_PLACE_NONE also if what it was attached to is gone, though another link may have its index by now. */
enum vg_place vg_tcx_look(uint32_t ifindex, int fd, int prog_fd);
/* Takes off what an earlier guard left there, known by the program's name, but for this program; prog_fd -1: for none.
 * A kernel without tcx has nothing there. -errno: the first that cannot be taken off. */
int vg_tcx_sweep(uint32_t ifindex, int prog_fd);

#endif
