/* SPDX-License-Identifier: Apache-2.0 */
/* flock() on the folder itself: no file to leave behind, and the kernel lets go of it when its holder dies. */
#include "kern/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "base/cleanup.h"

static int check_bpffs(const char *dir, struct vg_error *ret_error)
{
	_cleanup_free_ char *copy = strdup(dir);
	struct statfs fs;
	const char *parent;

	if (!copy)
		return -ENOMEM;
	parent = dirname(copy);
	if (statfs(parent, &fs) < 0)
		return vg_error_set(ret_error, -errno, "%s: %s", parent, strerror(errno));
	if (fs.f_type != BPF_FS_MAGIC)
		return vg_error_set(ret_error, -ENOTSUP, "%s is no bpffs", parent);
	return 0;
}

/* Line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 812 00:1b:5678 0 EOF". 0: not found. */
static int find_holder(int fd)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/locks", "re");
	char line[256];
	struct stat st;

	if (!file || fstat(fd, &st) < 0)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		unsigned long long inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %d %*x:%*x:%llu", &pid, &inode) == 2 && inode == st.st_ino)
			return pid;
	}
	return 0;
}

int vg_pins_lock(const char *dir, struct vg_error *ret_error, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	int r, holder;

	r = check_bpffs(dir, ret_error);
	if (r < 0)
		return r;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return vg_error_set(ret_error, -errno, "cannot make %s: %s", dir, strerror(errno));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return vg_error_set(ret_error, -errno, "cannot open %s: %s", dir, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return vg_error_set(ret_error, -errno, "cannot lock %s: %s", dir, strerror(errno));
		holder = find_holder(fd);
		if (holder > 0)
			return vg_error_set(ret_error, -EBUSY, "another guard (pid %d) holds %s", holder, dir);
		return vg_error_set(ret_error, -EBUSY, "another guard holds %s", dir);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}
