/* SPDX-License-Identifier: Apache-2.0 */
/* Takes off the kernel and bpffs whatever guards of this network namespace have left there. */
#ifndef KERN_DETACH_H
#define KERN_DETACH_H

#include "base/error.h"

/* Fine if there is nothing. -EBUSY: a guard runs, the error names its pid if it can be told. */
int vg_detach(const char *pin_dir, struct vg_error *ret_error);

#endif
