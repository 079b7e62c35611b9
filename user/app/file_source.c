/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder is watched, not the file: editors and Kubernetes (a ConfigMap volume swaps the symbolic link `..data`) put a new
 * file in the place of the old one. Whether it is another file now is told by stat(2) through all links.
 */
#include "app/file_source.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/log.h"
#include "conf/assignments.h"

struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct vg_file_source {
	char *path;
	char *node;
	struct vg_file_source_sink sink;
	int fd; /* inotify */
	struct vg_io *io;
	struct stamp stamp;
};

/* All zero for a file that is not there, which is a state like another. */
static struct stamp read_stamp(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct stamp){ 0 };
	return (struct stamp){ .dev = st.st_dev, .ino = st.st_ino, .size = st.st_size, .mtime = st.st_mtim };
}

static bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime.tv_sec == b->mtime.tv_sec &&
	       a->mtime.tv_nsec == b->mtime.tv_nsec;
}

void vg_file_source_reload(struct vg_file_source *source)
{
	struct vg_snapshot *snapshot;
	struct vg_error error;

	if (source->sink.reading)
		source->sink.reading(source->sink.ctx);
	/* before reading: a change during it is then seen by the next event */
	source->stamp = read_stamp(source->path);
	if (vg_assignments_read(source->path, source->node, &error, &snapshot) < 0)
		source->sink.failed(source->sink.ctx, &error);
	else
		source->sink.changed(source->sink.ctx, snapshot);
}

static void folder_changed(void *ctx, uint32_t events)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct vg_file_source *source = ctx;
	struct stamp now;

	(void)events;
	/* what it says does not matter, only that something happened; an overflow is such an event too */
	while (read(source->fd, buffer, sizeof(buffer)) > 0)
		;
	now = read_stamp(source->path);
	if (!stamp_equal(&now, &source->stamp))
		vg_file_source_reload(source);
}

static int watch_folder(struct vg_file_source *source, struct vg_loop *loop)
{
	_cleanup_free_ char *copy = strdup(source->path);
	const uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;

	if (!copy)
		return -ENOMEM;
	source->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (source->fd < 0)
		return -errno;
	if (inotify_add_watch(source->fd, dirname(copy), mask) < 0)
		return -errno;
	return vg_io_new(loop, source->fd, EPOLLIN, folder_changed, source, &source->io);
}

int vg_file_source_new(struct vg_loop *loop, const char *path, const char *node, const struct vg_file_source_sink *sink, struct vg_error *ret_error,
		       struct vg_snapshot **ret_snapshot, struct vg_file_source **ret_source)
{
	VG_CLEANUP(vg_file_source_freep) struct vg_file_source *source = calloc(1, sizeof(*source));
	struct vg_snapshot *snapshot;
	int r;

	if (!source)
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	source->fd = -1;
	source->sink = *sink;
	source->path = strdup(path);
	source->node = strdup(node);
	if (!source->path || !source->node)
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	source->stamp = read_stamp(path);
	r = vg_assignments_read(path, node, ret_error, &snapshot);
	if (r < 0)
		return r;
	r = watch_folder(source, loop);
	if (r < 0) /* SIGHUP still works */
		vg_log(VG_LOG_WARNING, "changes of %s are not noticed (%s); send SIGHUP after a change", path, strerror(-r));
	*ret_snapshot = snapshot;
	*ret_source = TAKE_PTR(source);
	return 0;
}

void vg_file_source_free(struct vg_file_source *source)
{
	if (!source)
		return;
	vg_io_free(source->io);
	if (source->fd >= 0)
		close(source->fd);
	free(source->path);
	free(source->node);
	free(source);
}
