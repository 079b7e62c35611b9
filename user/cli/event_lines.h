/* SPDX-License-Identifier: Apache-2.0 */
/* The guard's lines out of a log that somebody kept: --events. */
#ifndef CLI_EVENT_LINES_H
#define CLI_EVENT_LINES_H

#include <jansson.h>

#include "app/config.h"

#define VG_EVENT_LINE_MAX (64 * 1024)
#define VG_EVENT_LINES_FIRST 500 /* of the address, and of the guard itself; and the last */
#define VG_EVENT_LINES_LAST 1500

/*
 * Adds to a bundle those of the address and those of no address, in order of time, each once. What is no line of ours (a log has others) is passed
 * over and counted; a file without any is an error. Exit status; logged.
 */
int vg_event_lines_add(const struct vg_config_options *options, const struct vg_addr *addr, json_t *bundle);

#endif
