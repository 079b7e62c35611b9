/* SPDX-License-Identifier: Apache-2.0 */
/* The folder in bpffs that holds the pinned maps: one guard at a time. */
#ifndef KERN_PINS_H
#define KERN_PINS_H

#include "base/error.h"

/*
 * Makes the folder (its parent must be in a bpffs) and locks it until the descriptor is closed.
 * -EBUSY: another guard holds it, the error names its pid if it can be told.
 */
int vg_pins_lock(const char *dir, struct vg_error *ret_error, int *ret_fd);

#endif
