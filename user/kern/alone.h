/* SPDX-License-Identifier: Apache-2.0 */
/* One guard in a network namespace, wherever each keeps its pins. */
#ifndef KERN_ALONE_H
#define KERN_ALONE_H

#include "base/error.h"

/* Holds the place until the descriptor is closed. -EBUSY: another guard has it, the error names its pid if it can be told. */
int vg_alone_lock(struct vg_error *ret_error, int *ret_fd);

#endif
