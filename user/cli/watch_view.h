/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_WATCH_VIEW_H
#define CLI_WATCH_VIEW_H

#include "app/config.h"

/* The running guard on the terminal, until somebody has seen enough. A guard that goes away later is sought again. Exit status. */
int vg_watch_view(const struct vg_config_options *options);

#endif
