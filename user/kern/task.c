/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pid may have been given to another process since. Where the start time was recorded it must match; where it was not (a
 * kernel before 5.11 under lockdown) the thread's name must.
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

struct process {
	const char *proc; /* "/proc" */
	const struct vg_who *who;
};

static FILE *open_proc(const struct process *process, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%" PRIu32 "/%s", process->proc, process->who->pid, name);
	return fopen(path, "re");
}

/* Field 22 of /proc/PID/stat, in clock ticks since boot. The name, field 2, may hold spaces and brackets. */
static bool read_start_ticks(const struct process *process, uint64_t *ret_ticks)
{
	_cleanup_fclose_ FILE *file = open_proc(process, "stat");
	char line[1024];
	const char *p;

	if (!file || !fgets(line, sizeof(line), file))
		return false;
	p = strrchr(line, ')');
	for (unsigned int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, " %" SCNu64, ret_ticks) == 1;
}

/* Of the thread that did it: "" if it has ended. */
static void read_comm(const struct process *process, char out[VG_COMM_MAX + 2])
{
	_cleanup_fclose_ FILE *file = NULL;
	char name[64];

	snprintf(name, sizeof(name), "task/%" PRIu32 "/comm", process->who->tid);
	file = open_proc(process, name);
	if (!file || !fgets(out, VG_COMM_MAX + 2, file))
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

static bool has_comm(const struct process *process)
{
	char comm[VG_COMM_MAX + 2];

	read_comm(process, comm);
	return *comm && strncmp(comm, process->who->comm, VG_COMM_MAX) == 0;
}

/* Under another name it has executed something else since: what is there now did not do it. */
static bool has_executed(const struct process *process)
{
	char comm[VG_COMM_MAX + 2];

	read_comm(process, comm);
	return *comm && strncmp(comm, process->who->comm, VG_COMM_MAX) != 0;
}

static bool is_same_process(const struct process *process)
{
	uint64_t tick_ns = VG_NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t ticks;

	if (process->who->pid == 0)
		return false;
	if (process->who->start_ns == 0)
		return has_comm(process);
	return read_start_ticks(process, &ticks) && ticks == process->who->start_ns / tick_ns;
}

static int read_exe(const struct process *process, char **ret_exe)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t n;
	char *exe;

	snprintf(path, sizeof(path), "%s/%" PRIu32 "/exe", process->proc, process->who->pid);
	n = readlink(path, target, sizeof(target));
	if (n <= 0 || has_executed(process))
		return 0;
	exe = strndup(target, (size_t)n);
	if (!exe)
		return -ENOMEM;
	*ret_exe = exe;
	return 0;
}

/* The line that tells most: on version 1, or on both, Pods are in the trees of the controllers. */
static int read_cgroup(const struct process *process, char **ret_cgroup)
{
	_cleanup_fclose_ FILE *file = open_proc(process, "cgroup");
	_cleanup_free_ char *best = NULL;
	char line[PATH_MAX + 256];
	int most = -1;

	while (file && fgets(line, sizeof(line), file)) {
		const char *path;
		int weight = vg_cgroup_weigh_line(line, &path);

		if (weight <= most)
			continue;
		most = weight;
		free(best);
		best = strndup(path, strcspn(path, "\n"));
		if (!best)
			return -ENOMEM;
	}
	*ret_cgroup = TAKE_PTR(best);
	return 0;
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

/* Below this mount of cgroup2; false: it is not, or it is the root, whose path says nothing: beside version 1 all are in it. */
static bool find_below(const char *mount, uint64_t id, char target[PATH_MAX], const char **ret_path)
{
	_cleanup_close_ int mount_fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = mount_fd >= 0 ? open_cgroup(mount_fd, id) : -1;
	size_t skip = strcmp(mount, "/") == 0 ? 0 : strlen(mount);
	char link[64];
	ssize_t n;

	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, PATH_MAX - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	*ret_path = target + skip;
	return strncmp(target, mount, skip) == 0 && target[skip] == '/' && target[skip + 1];
}

/* By its id, which outlives the process; what is there already stays if it is not found. A container may have its own part of the tree, where others' cgroups are not, and that of the host besides. */
static int find_cgroup(const struct process *process, char **cgroup)
{
	char path[PATH_MAX];
	const char *found = NULL;
	struct mntent *entry;
	FILE *mounts;
	char *copy;

	if (!process->who->cgroup_id)
		return 0;
	snprintf(path, sizeof(path), "%s/self/mounts", process->proc);
	mounts = setmntent(path, "re");
	while (mounts && !found && (entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_type, "cgroup2") != 0 || !find_below(entry->mnt_dir, process->who->cgroup_id, path, &found))
			found = NULL;
	}
	if (mounts)
		endmntent(mounts);
	if (!found)
		return 0;
	copy = strdup(found);
	if (!copy)
		return -ENOMEM;
	free(*cgroup);
	*cgroup = copy;
	return 0;
}

/* In a cgroup namespace of our own /proc says where others are as seen from there: "/../../kubepods/...". */
static bool is_outside(const char *cgroup)
{
	return strncmp(cgroup, "/..", 3) == 0 && (cgroup[3] == '/' || !cgroup[3]);
}

static int read_process(const struct process *process, struct vg_task *task)
{
	int r;

	if (!is_same_process(process))
		return 0;
	r = read_exe(process, &task->exe);
	if (r == 0)
		r = read_cgroup(process, &task->cgroup);
	/* it may have ended, and its pid been given away, while it was read */
	if (r < 0 || !is_same_process(process))
		vg_task_deinit(task);
	return r;
}

void vg_task_deinit(struct vg_task *task)
{
	free(task->exe);
	free(task->cgroup);
	*task = (struct vg_task){ .exe = NULL };
}

int vg_task_describe(const char *proc, const struct vg_who *who, struct vg_task *ret_task)
{
	const struct process process = { .proc = proc ? proc : "/proc", .who = who };
	struct vg_task task = { .exe = NULL };
	int r = read_process(&process, &task);

	if (r == 0 && (!task.cgroup || is_outside(task.cgroup)))
		r = find_cgroup(&process, &task.cgroup);
	if (r < 0) {
		vg_task_deinit(&task);
		return r;
	}
	if (task.cgroup)
		task.of = vg_cgroup_parse(task.cgroup);
	*ret_task = task;
	return 0;
}
