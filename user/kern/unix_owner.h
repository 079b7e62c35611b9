/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a local socket is, asked of the kernel (NETLINK_SOCK_DIAG), since not everybody who holds a name answers there. */
#ifndef KERN_UNIX_OWNER_H
#define KERN_UNIX_OWNER_H

#include <stddef.h>
#include <sys/types.h>

/* name: as in sun_path, a NUL first for the abstract namespace. -ENOENT: nobody has it. Another -errno: the kernel does not tell. */
int vg_unix_find_owner(const char *name, size_t len, uid_t *ret_uid);

#endif
