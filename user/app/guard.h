/* SPDX-License-Identifier: Apache-2.0 */
/* The guard: builds every part, introduces them to each other, runs the loop, frees in reverse. */
#ifndef APP_GUARD_H
#define APP_GUARD_H

#include "app/config.h"

/* Exit status of `vipguard run`: 0 stopped by a signal, 2 configuration, 3 could not look (privilege, kernel, source). */
int vg_guard_run(const struct vg_config_options *options);

#endif
