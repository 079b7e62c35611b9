/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_NODE_TEXT_H
#define CLI_NODE_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#define VG_NODE_TEXT_LINKS_MAX 64

/* This machine as seen from this network namespace: kernel, addresses, and the settings that decide who answers ARP and NDP. -errno. */
int vg_node_print(FILE *out);
uint32_t vg_node_netns(void); /* inode number; 0: not known */
/* {"release","version","machine","lockdown"}; a new reference, NULL: no memory. */
json_t *vg_node_kernel_to_json(void);

#endif
