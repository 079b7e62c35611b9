/* SPDX-License-Identifier: Apache-2.0 */
/* Just enough of a tar archive: POSIX.1-2017, pax, "ustar Interchange Format"; a folder and plain files in it, owned by root. */
#ifndef CLI_TAR_H
#define CLI_TAR_H

#include <stddef.h>
#include <stdint.h>

#define VG_TAR_BLOCK 512
#define VG_TAR_NAME_MAX 99 /* of the 100 bytes the last may be a NUL, which some readers need */
#define VG_TAR_SIZE_MAX ((UINT64_C(1) << 33) - 1) /* eleven octal digits */

/* name: that of a folder ends with "/". -ENAMETOOLONG, -EFBIG. */
int vg_tar_head(const char *name, uint64_t size, uint64_t real_ns, char ret_block[VG_TAR_BLOCK]);
/* How many zeros come behind a file of this size; behind the last file come two blocks of them. */
static inline size_t vg_tar_padding(uint64_t size)
{
	return (VG_TAR_BLOCK - size % VG_TAR_BLOCK) % VG_TAR_BLOCK;
}

#endif
