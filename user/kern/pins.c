/* SPDX-License-Identifier: Apache-2.0 */
/* flock() on the folder itself: no file to leave behind, and the kernel lets go of it when its holder dies. */
#include "kern/pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <bpf/bpf.h>
#include <linux/magic.h>

#include "base/log.h"

#define NEW "_new" /* what is not yet in its place */

struct pin {
	char name[VG_PINS_NAME_MAX];
	int fd; /* borrowed */
};

struct vg_pins {
	char *dir;
	int lock_fd;
	bool left;
	struct pin *items;
	size_t n;
	char trouble[128];
};

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
		unsigned int major_, minor_;
		unsigned long long inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_, &minor_, &inode) == 4 && inode == st.st_ino &&
		    makedev(major_, minor_) == st.st_dev)
			return pid;
	}
	return 0;
}

static int lock_folder(const char *dir, struct vg_error *ret_error, int *ret_fd)
{
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int holder;

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

static int make_path(const struct vg_pins *pins, const char *name, const char *more, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/%s%s", pins->dir, name, more);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int make_folder(const char *path, struct vg_error *ret_error)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return vg_error_set(ret_error, -errno, "cannot make %s: %s", path, strerror(errno));
	return 0;
}

static int make_folders(const struct vg_pins *pins, struct vg_error *ret_error)
{
	static const char *const names[] = { VG_PINS_LINKS, VG_PINS_QDISCS };
	char path[PATH_MAX];
	int r = check_bpffs(pins->dir, ret_error);

	if (r == 0)
		r = make_folder(pins->dir, ret_error);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		r = make_path(pins, names[i], "", path);
		if (r < 0)
			return vg_error_set(ret_error, r, "%s: the path is too long", pins->dir);
		r = make_folder(path, ret_error);
	}
	return r;
}

int vg_pins_new(const char *dir, struct vg_error *ret_error, struct vg_pins **ret_pins)
{
	VG_CLEANUP(vg_pins_freep) struct vg_pins *pins = calloc(1, sizeof(*pins));
	int r;

	if (!pins)
		return -ENOMEM;
	pins->lock_fd = -1;
	pins->dir = strdup(dir);
	if (!pins->dir)
		return -ENOMEM;
	r = make_folders(pins, ret_error);
	if (r == 0)
		r = lock_folder(dir, ret_error, &pins->lock_fd);
	if (r < 0)
		return r;
	*ret_pins = TAKE_PTR(pins);
	return 0;
}

void vg_pins_free(struct vg_pins *pins)
{
	if (!pins)
		return;
	vg_closep(&pins->lock_fd);
	free(pins->items);
	free(pins->dir);
	free(pins);
}

void vg_pins_leave(struct vg_pins *pins)
{
	if (pins)
		pins->left = true;
}

bool vg_pins_are_left(const struct vg_pins *pins)
{
	return pins && pins->left;
}

int vg_pins_get(const struct vg_pins *pins, const char *name, int *ret_fd)
{
	char path[PATH_MAX];
	int fd, r;

	r = pins ? make_path(pins, name, "", path) : -ENOENT;
	if (r < 0)
		return r;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static struct pin *find(const struct vg_pins *pins, const char *name)
{
	for (size_t i = 0; i < pins->n; i++) {
		if (strcmp(pins->items[i].name, name) == 0)
			return &pins->items[i];
	}
	return NULL;
}

static int remember(struct vg_pins *pins, const char *name, int fd)
{
	struct pin *pin = find(pins, name);

	if (!pin) {
		struct pin *items = reallocarray(pins->items, pins->n + 1, sizeof(*items));

		if (!items)
			return -ENOMEM;
		pins->items = items;
		pin = &items[pins->n++];
		snprintf(pin->name, sizeof(pin->name), "%s", name);
	}
	pin->fd = fd;
	return 0;
}

static bool forget(struct vg_pins *pins, const char *name)
{
	struct pin *pin = find(pins, name);

	if (pin)
		*pin = pins->items[--pins->n];
	return pin;
}

/* Renaming over it is one step: at no time is nothing pinned. */
static int pin(const struct vg_pins *pins, const char *name, int fd)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	int r = make_path(pins, name, "", path);

	if (r == 0)
		r = make_path(pins, name, NEW, fresh);
	if (r < 0)
		return r;
	if (unlink(fresh) < 0 && errno != ENOENT)
		return -errno;
	if (bpf_obj_pin(fd, fresh) < 0)
		return -errno;
	if (rename(fresh, path) < 0) {
		r = -errno;
		(void)unlink(fresh);
		return r;
	}
	return 0;
}

int vg_pins_put(struct vg_pins *pins, const char *name, int fd)
{
	int r;

	if (!pins)
		return 0;
	r = pin(pins, name, fd);
	if (r == 0)
		r = remember(pins, name, fd);
	else
		forget(pins, name);
	if (r < 0 && !pins->trouble[0])
		snprintf(pins->trouble, sizeof(pins->trouble), "cannot pin %s: %s", name, strerror(-r));
	return r;
}

void vg_pins_adopt(struct vg_pins *pins, const char *name, int fd)
{
	if (pins && remember(pins, name, fd) < 0)
		vg_log_errno(-ENOMEM, "cannot watch over %s", name);
}

static int take_away(const struct vg_pins *pins, const char *name)
{
	char path[PATH_MAX];
	int r = make_path(pins, name, "", path);

	if (r < 0)
		return r;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

void vg_pins_drop(struct vg_pins *pins, const char *name)
{
	int r;

	if (!pins || !forget(pins, name) || pins->left)
		return;
	r = take_away(pins, name);
	if (r < 0)
		vg_log_errno(r, "cannot take %s/%s away", pins->dir, name);
}

const char *vg_pins_trouble(const struct vg_pins *pins)
{
	return pins ? pins->trouble : "";
}

/* ---- what others left or took */

/* Calls back for every name in one of the folders; the callback may take it away. First error, all the same all are asked. */
static int for_each_in(const struct vg_pins *pins, const char *folder, int (*fn)(const struct vg_pins *pins, const char *name))
{
	char path[PATH_MAX], name[VG_PINS_NAME_MAX + 4];
	const struct dirent *entry;
	int r = make_path(pins, folder, "", path), error = 0;
	DIR *dir = r == 0 ? opendir(path) : NULL;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		r = snprintf(name, sizeof(name), "%s%s%.40s", folder, folder[0] ? "/" : "", entry->d_name);
		r = fn(pins, name);
		if (r < 0 && error == 0)
			error = r;
	}
	closedir(dir);
	return error;
}

static int sweep_link(const struct vg_pins *pins, const char *name)
{
	return find(pins, name) ? 0 : take_away(pins, name);
}

/* "qdiscs/12" */
static int sweep_qdisc(const struct vg_pins *pins, const char *name)
{
	char ifname[IF_NAMESIZE], path[PATH_MAX];

	if (if_indextoname((unsigned int)strtoul(strrchr(name, '/') + 1, NULL, 10), ifname) || make_path(pins, name, "", path) < 0)
		return 0;
	return rmdir(path) < 0 ? -errno : 0;
}

void vg_pins_sweep(struct vg_pins *pins)
{
	int r;

	if (!pins)
		return;
	r = for_each_in(pins, VG_PINS_LINKS, sweep_link);
	(void)for_each_in(pins, VG_PINS_QDISCS, sweep_qdisc);
	if (r < 0)
		vg_log_errno(r, "cannot take away what an earlier guard left in %s", pins->dir);
}

static bool is_there(const struct vg_pins *pins, const char *name)
{
	char path[PATH_MAX];

	return make_path(pins, name, "", path) == 0 && access(path, F_OK) == 0;
}

/* The folder that was locked went, or another bpffs was mounted over it. */
static int lock_again(struct vg_pins *pins, struct vg_error *ret_error)
{
	struct stat there, ours;
	int fd, r;

	if (stat(pins->dir, &there) == 0 && fstat(pins->lock_fd, &ours) == 0 && there.st_dev == ours.st_dev && there.st_ino == ours.st_ino)
		return 0;
	r = lock_folder(pins->dir, ret_error, &fd);
	if (r < 0)
		return r;
	vg_closep(&pins->lock_fd);
	pins->lock_fd = fd;
	return 0;
}

int vg_pins_repair(struct vg_pins *pins, struct vg_error *ret_error)
{
	size_t missing = 0;
	int r = 0;

	for (size_t i = 0; pins && i < pins->n; i++)
		missing += !is_there(pins, pins->items[i].name);
	if (missing == 0)
		return 0;
	r = make_folders(pins, ret_error);
	if (r == 0)
		r = lock_again(pins, ret_error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < pins->n; i++) {
		const struct pin *item = &pins->items[i];

		if (is_there(pins, item->name))
			continue;
		r = pin(pins, item->name, item->fd);
		if (r < 0)
			return vg_error_set(ret_error, r, "cannot pin %s/%s: %s", pins->dir, item->name, strerror(-r));
	}
	return 1;
}

static int remove_pin(const struct vg_pins *pins, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	int r = make_path(pins, name, "", path);

	if (r < 0)
		return r;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	return (S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path)) < 0 ? -errno : 0;
}

/* The programs before what they read. */
int vg_pins_remove(struct vg_pins *pins, struct vg_error *ret_error)
{
	static const char *const folders[] = { VG_PINS_LINKS, VG_PINS_QDISCS, "" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = for_each_in(pins, folders[i], remove_pin);
	if (r == 0 && rmdir(pins->dir) < 0)
		r = -errno;
	return r < 0 ? vg_error_set(ret_error, r, "cannot empty %s: %s", pins->dir, strerror(-r)) : 0;
}

/* ---- qdiscs */

static int qdisc_path(const struct vg_pins *pins, uint32_t ifindex, char path[PATH_MAX])
{
	char name[VG_PINS_NAME_MAX];

	snprintf(name, sizeof(name), VG_PINS_QDISCS "/%u", ifindex);
	return pins ? make_path(pins, name, "", path) : -ENOENT;
}

void vg_pins_mark_qdisc(struct vg_pins *pins, uint32_t ifindex)
{
	char path[PATH_MAX];

	if (qdisc_path(pins, ifindex, path) == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		vg_log_errno(-errno, "cannot make %s", path);
}

void vg_pins_unmark_qdisc(struct vg_pins *pins, uint32_t ifindex)
{
	char path[PATH_MAX];

	if (qdisc_path(pins, ifindex, path) == 0)
		(void)rmdir(path);
}

bool vg_pins_has_qdisc(const struct vg_pins *pins, uint32_t ifindex)
{
	char path[PATH_MAX];

	return qdisc_path(pins, ifindex, path) == 0 && access(path, F_OK) == 0;
}
