/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "conf/assignments.h"

#define SIZE_FIRST 4096

static int system_error(const char *path, struct vg_error *error, int r)
{
	return vg_error_set(error, r, "%s: cannot be read: %s", path, strerror(-r));
}

/* A pipe is fine (`--addresses <(ip -json address show)`), yet one that nobody writes to must not hang us: hence O_NONBLOCK
 * until it is open. */
static int open_readable(const char *path, struct vg_error *error, size_t *ret_hint, int *ret_fd)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return system_error(path, error, -errno);
	if (S_ISDIR(st.st_mode))
		return vg_error_set(error, -EISDIR, "%s: is a directory; expected a file", path);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
		return vg_error_set(error, -EINVAL, "%s: is no file; expected a file", path);
	if (fcntl(fd, F_SETFL, 0) < 0)
		return system_error(path, error, -errno);
	*ret_hint = S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= VG_FILE_BYTES_MAX ? (size_t)st.st_size : 0;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int vg_file_read(const char *path, struct vg_error *ret_error, char **ret_text, size_t *ret_size)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	size_t size = 0, n = 0, hint = 0;
	ssize_t got;
	int r;

	r = open_readable(path, ret_error, &hint, &fd);
	if (r < 0)
		return r;
	do {
		if (n + 1 >= size) {
			char *bigger;

			/* One byte more than the file has shows its end without another growth. */
			size = size ? size * 2 : (hint ? hint + 2 : SIZE_FIRST);
			bigger = realloc(text, size);
			if (!bigger)
				return system_error(path, ret_error, -ENOMEM);
			text = bigger;
		}
		got = read(fd, text + n, size - n - 1);
		if (got < 0 && errno != EINTR)
			return system_error(path, ret_error, -errno);
		n += got > 0 ? (size_t)got : 0;
		if (n > VG_FILE_BYTES_MAX)
			return vg_error_set(ret_error, -EFBIG, "%s: has more than %d MiB; expected less", path, VG_FILE_BYTES_MAX / 1024 / 1024);
	} while (got);
	text[n] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_size = n;
	return 0;
}
