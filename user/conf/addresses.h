/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as `ip -json address show` prints them, for offline check and explain (--addresses). */
#ifndef CONF_ADDRESSES_H
#define CONF_ADDRESSES_H

#include <stddef.h>

#include "base/error.h"
#include "core/cascade.h"

struct vg_listed_addr {
	struct vg_link_addr bound;
	char ifname[VG_IFNAME_MAX];
};

/* An array to free(). An entry that is odd (no local, empty link, an address that is none) is skipped, a file that is no such list is -EINVAL. */
int vg_addresses_read(const char *path, struct vg_error *ret_error, struct vg_listed_addr **ret_addrs, size_t *ret_n);
int vg_addresses_parse(const char *text, size_t size, const char *name, struct vg_error *ret_error, struct vg_listed_addr **ret_addrs, size_t *ret_n);

#endif
