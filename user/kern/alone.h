/* SPDX-License-Identifier: Apache-2.0 */
/* One guard in a network namespace, wherever each keeps its pins. */
#ifndef KERN_ALONE_H
#define KERN_ALONE_H

#include <stdbool.h>

#include "base/error.h"

/* Holds the place until the descriptor is closed. -EBUSY: another guard has it, the error names its pid if it can be told.
 * Who has it and could be no guard is not believed: 0, a warning, and *ret_fd is left alone. */
int vg_alone_lock(struct vg_error *ret_error, int *ret_fd);
/* Without taking it. False also where the kernel does not tell. */
bool vg_alone_is_held(void);
/* Somebody asks who it is (EPOLLIN on the descriptor): being taken up is the answer. Who is not leaves no room for the next. */
void vg_alone_answer(int lock_fd);

#endif
