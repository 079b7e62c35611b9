/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files written as a whole: into a new folder (0700, files 0600), or as a .tar.gz (0600). They are made beside their place under another name and
 * moved there last, so that whatever fails leaves no half of them; nothing that is there is ever replaced.
 */
#ifndef CLI_PACK_H
#define CLI_PACK_H

#include <stdint.h>

#include "base/error.h"
#include "report/bundle.h"

/* Whether there is room at that place: it is free, or an empty folder. -EEXIST, or another -errno. */
int vg_pack_check(const char *path, struct vg_error *ret_error);
/* real_ns: the time that an archive gives its files. -EEXIST, or another -errno. */
int vg_pack_write(const char *path, const struct vg_bundle_files *files, uint64_t real_ns, struct vg_error *ret_error);

#endif
