/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define ROOT_INO 1 /* of kernfs: the id of the first node (kernfs_create_root()), since 5.5 also its inode number */

VG_DEFINE_CLEANUP(FILE *, endmntent)

static int open_if_root(const char *path, int *ret_fd)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_ino != ROOT_INO)
		return -EXDEV;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* With a v1 hierarchy beside it, it is often in /sys/fs/cgroup/unified; so every mount is asked. */
int vg_cgroup_open_root(int *ret_fd)
{
	VG_CLEANUP(endmntentp) FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *mount;
	int r = -ENOENT;

	if (!mounts)
		return -errno;
	while (r < 0 && (mount = getmntent(mounts))) {
		if (strcmp(mount->mnt_type, "cgroup2") == 0)
			r = open_if_root(mount->mnt_dir, ret_fd);
	}
	return r;
}
