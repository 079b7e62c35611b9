/* SPDX-License-Identifier: Apache-2.0 */
/* tcx, kernel 6.6 and later: a BPF link on a link's egress, first in line. Closing the descriptor takes it off. */
#ifndef KERN_TCX_H
#define KERN_TCX_H

#include <stdbool.h>
#include <stdint.h>

/* -EINVAL: this kernel has none. */
int vg_tcx_attach(uint32_t ifindex, int prog_fd, int *ret_fd);
/* False: what it was attached to is gone, though another link may have its index by now. */
bool vg_tcx_is_attached(int fd);

#endif
