/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses bound in this network namespace now, in the form that --addresses reads from a file. */
#ifndef CLI_ADDRESSES_LIVE_H
#define CLI_ADDRESSES_LIVE_H

#include "conf/addresses.h"

/* An array to free(). */
int vg_addresses_live(struct vg_error *ret_error, struct vg_listed_addr **ret_addrs, size_t *ret_n);

#endif
