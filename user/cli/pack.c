/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>

#include "base/cleanup.h"
#include "cli/tar.h"

#define FOLDER "vipguard-evidence/" /* in an archive */

VG_DEFINE_CLEANUP(DIR *, closedir)

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), tail = strlen(end);

	return n >= tail && strcmp(text + n - tail, end) == 0;
}

static bool is_archive(const char *path)
{
	return ends_with(path, ".tar.gz") || ends_with(path, ".tgz");
}

/* "there.XXXXXX" for "there" and "there/": beside it, so that moving is renaming. NULL: no memory. */
static char *beside(const char *path)
{
	size_t n = strlen(path);
	char *name;

	while (n > 1 && path[n - 1] == '/')
		n--;
	return asprintf(&name, "%.*s.XXXXXX", (int)n, path) < 0 ? NULL : name;
}

static int set_errno(struct vg_error *error, int r, const char *path)
{
	return vg_error_set(error, r, "%s: cannot write: %s", path, strerror(-r));
}

/* ---- is there room */

static bool is_empty(const char *path)
{
	VG_CLEANUP(closedirp) DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			return false;
	}
	return dir;
}

int vg_pack_check(const char *path, struct vg_error *ret_error)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : set_errno(ret_error, -errno, path);
	if (is_archive(path))
		return vg_error_set(ret_error, -EEXIST, "%s is there already, expected the name of a new file", path);
	if (S_ISDIR(st.st_mode) && is_empty(path))
		return 0;
	return vg_error_set(ret_error, -EEXIST, "%s is there already, expected the name of a new or empty folder, or of a new file (.tar.gz)", path);
}

/* ---- a folder */

static int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_file(int dir, const struct vg_bundle_file *file)
{
	_cleanup_close_ int fd = openat(dir, file->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : write_all(fd, file->data, file->size);

	/* some file systems say only now that there is no room */
	return r == 0 && close(TAKE_FD(fd)) < 0 ? -errno : r;
}

static int write_files(const char *path, const struct vg_bundle_files *files)
{
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = dir < 0 ? -errno : 0;

	for (size_t i = 0; i < files->n && r == 0; i++)
		r = write_file(dir, &files->list[i]);
	return r;
}

static void remove_files(const char *path, const struct vg_bundle_files *files)
{
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; dir >= 0 && i < files->n; i++)
		unlinkat(dir, files->list[i].name, 0);
	rmdir(path);
}

static int write_folder(const char *path, const struct vg_bundle_files *files)
{
	_cleanup_free_ char *name = beside(path);
	int r;

	if (!name)
		return -ENOMEM;
	if (!mkdtemp(name))
		return -errno;
	r = write_files(name, files);
	/* in place of an empty folder, but of nothing else: rename(2) */
	if (r == 0 && rename(name, path) < 0)
		r = -errno;
	if (r < 0)
		remove_files(name, files);
	return r;
}

/* ---- an archive */

static int put(gzFile out, const char *data, size_t size)
{
	return gzfwrite(data, 1, size, out) == size ? 0 : -EIO;
}

static int put_entry(gzFile out, const char *name, const char *data, size_t size, uint64_t real_ns)
{
	static const char zeros[VG_TAR_BLOCK];
	char head[VG_TAR_BLOCK], path[VG_TAR_NAME_MAX + 1];
	int r;

	if (snprintf(path, sizeof(path), FOLDER "%s", name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = vg_tar_head(path, size, real_ns, head);
	if (r == 0)
		r = put(out, head, sizeof(head));
	if (r == 0)
		r = put(out, data, size);
	return r == 0 ? put(out, zeros, vg_tar_padding(size)) : r;
}

static int put_archive(gzFile out, const struct vg_bundle_files *files, uint64_t real_ns)
{
	static const char zeros[2 * VG_TAR_BLOCK];
	int r = put_entry(out, "", NULL, 0, real_ns);

	for (size_t i = 0; i < files->n && r == 0; i++)
		r = put_entry(out, files->list[i].name, files->list[i].data, files->list[i].size, real_ns);
	return r == 0 ? put(out, zeros, sizeof(zeros)) : r;
}

/* fd: stolen. What zlib calls an error of the system is errno's. */
static int write_archive_to(int fd, const struct vg_bundle_files *files, uint64_t real_ns)
{
	gzFile out = gzdopen(fd, "wb9");
	int r, end;

	if (!out) {
		close(fd);
		return -ENOMEM;
	}
	errno = 0;
	r = put_archive(out, files, real_ns);
	if (r < 0 && errno)
		r = -errno;
	end = gzclose(out);
	return r == 0 && end != Z_OK ? (end == Z_ERRNO ? -errno : -EIO) : r;
}

/* Not over what came there meanwhile. Some file systems do not know how to do that at once. */
static int move(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (link(from, to) < 0)
		return -errno;
	unlink(from);
	return 0;
}

static int write_archive(const char *path, const struct vg_bundle_files *files, uint64_t real_ns)
{
	_cleanup_free_ char *name = beside(path);
	int r, fd;

	if (!name)
		return -ENOMEM;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_archive_to(fd, files, real_ns);
	if (r == 0)
		r = move(name, path);
	if (r < 0)
		unlink(name);
	return r;
}

int vg_pack_write(const char *path, const struct vg_bundle_files *files, uint64_t real_ns, struct vg_error *ret_error)
{
	int r = is_archive(path) ? write_archive(path, files, real_ns) : write_folder(path, files);

	return r < 0 ? set_errno(ret_error, r, path) : 0;
}
