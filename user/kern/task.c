/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pid may have been given to another process since. Where the start time was recorded it must match; where it was not (a
 * kernel before 5.11 under lockdown) the name must.
 */
#include "kern/task.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"

#define FILEID_CGROUP 0xfe /* FILEID_KERNFS of include/linux/exportfs.h (5.5): 8 bytes, the cgroup's id */

static FILE *open_proc(uint32_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/%s", pid, name);
	return fopen(path, "re");
}

/* Field 22 of /proc/PID/stat, in clock ticks since boot. The name, field 2, may hold spaces and brackets. */
static bool read_start_ticks(uint32_t pid, uint64_t *ret_ticks)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, "stat");
	char line[1024];
	const char *p;

	if (!file || !fgets(line, sizeof(line), file))
		return false;
	p = strrchr(line, ')');
	for (unsigned int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, " %" SCNu64, ret_ticks) == 1;
}

static bool has_comm(const struct vg_who *who)
{
	_cleanup_fclose_ FILE *file = open_proc(who->pid, "comm");
	char comm[VG_COMM_MAX + 2] = "";

	if (!file || !fgets(comm, sizeof(comm), file))
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	return strncmp(comm, who->comm, VG_COMM_MAX) == 0;
}

static bool is_same_process(const struct vg_who *who)
{
	uint64_t tick_ns = VG_NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t ticks;

	if (who->pid == 0)
		return false;
	if (who->start_ns == 0)
		return has_comm(who);
	return read_start_ticks(who->pid, &ticks) && ticks == who->start_ns / tick_ns;
}

static int read_exe(uint32_t pid, char **ret_exe)
{
	char path[64], target[PATH_MAX];
	ssize_t n;
	char *exe;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/exe", pid);
	n = readlink(path, target, sizeof(target));
	if (n <= 0)
		return 0;
	exe = strndup(target, (size_t)n);
	if (!exe)
		return -ENOMEM;
	*ret_exe = exe;
	return 0;
}

/* The line of the unified hierarchy: "0::/kubepods/..." */
static int read_cgroup(uint32_t pid, char **ret_cgroup)
{
	_cleanup_fclose_ FILE *file = open_proc(pid, "cgroup");
	char line[PATH_MAX + 8];

	while (file && fgets(line, sizeof(line), file)) {
		char *cgroup;

		if (strncmp(line, "0::", 3) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		cgroup = strdup(line + 3);
		if (!cgroup)
			return -ENOMEM;
		*ret_cgroup = cgroup;
		break;
	}
	return 0;
}

static int open_cgroup_mount(char *path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	int fd = -ENOENT;

	if (!mounts)
		return -errno;
	while (fd < 0 && (entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_type, "cgroup2") != 0 || strlen(entry->mnt_dir) >= size)
			continue;
		strcpy(path, entry->mnt_dir);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	endmntent(mounts);
	return fd;
}

static int open_cgroup(int mount_fd, uint64_t id)
{
	union {
		struct file_handle handle;
		unsigned char room[sizeof(struct file_handle) + sizeof(uint64_t)];
	} u = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_CGROUP } };

	memcpy(u.room + offsetof(struct file_handle, f_handle), &id, sizeof(id));
	return open_by_handle_at(mount_fd, &u.handle, O_PATH | O_CLOEXEC);
}

static int find_cgroup(uint64_t id, char **ret_cgroup)
{
	char mount[PATH_MAX], link[64], target[PATH_MAX];
	_cleanup_close_ int mount_fd = open_cgroup_mount(mount, sizeof(mount));
	_cleanup_close_ int fd = mount_fd >= 0 && id ? open_cgroup(mount_fd, id) : -1;
	size_t skip = strcmp(mount_fd >= 0 ? mount : "/", "/") == 0 ? 0 : strlen(mount);
	ssize_t n;
	char *cgroup;

	if (fd < 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target));
	if (n < 0 || (size_t)n < skip || memcmp(target, mount, skip) != 0)
		return 0;
	cgroup = (size_t)n == skip ? strdup("/") : strndup(target + skip, (size_t)n - skip);
	if (!cgroup)
		return -ENOMEM;
	*ret_cgroup = cgroup;
	return 0;
}

int vg_task_describe(const struct vg_who *who, char **ret_exe, char **ret_cgroup)
{
	_cleanup_free_ char *exe = NULL, *cgroup = NULL;
	bool same = is_same_process(who);
	int r;

	r = same ? read_exe(who->pid, &exe) : 0;
	if (r < 0)
		return r;
	r = same ? read_cgroup(who->pid, &cgroup) : 0;
	if (r == 0 && !cgroup)
		r = find_cgroup(who->cgroup_id, &cgroup);
	if (r < 0)
		return r;
	/* it may have ended, and its pid been given away, while it was read */
	if (same && !is_same_process(who)) {
		free(TAKE_PTR(exe));
		free(TAKE_PTR(cgroup));
	}
	*ret_exe = TAKE_PTR(exe);
	*ret_cgroup = TAKE_PTR(cgroup);
	return 0;
}
