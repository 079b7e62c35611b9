/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, CIDRs and ranges as operators write them, with a reason in words for what is refused. Pure. */
#ifndef CONF_PREFIXES_H
#define CONF_PREFIXES_H

#include "base/error.h"
#include "core/addr.h"

/* ret_prefixes: VG_RANGE_PREFIXES_MAX. -EINVAL: no address, CIDR or range, host bits set, or so wide (IPv4 below /8, IPv6
 * below /16) that it can only be a mistake. The text of ret_error has no file and line. */
int vg_prefixes_parse(const char *text, struct vg_error *ret_error, struct vg_prefix *ret_prefixes, size_t *ret_n);
/* The same for what a Service may have: -EINVAL also for what is or covers loopback, link-local, multicast or unspecified. */
int vg_prefixes_parse_vip(const char *text, struct vg_error *ret_error, struct vg_prefix *ret_prefixes, size_t *ret_n);

#endif
