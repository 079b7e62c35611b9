/* SPDX-License-Identifier: Apache-2.0 */
#include "report/out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/time.h"

struct vg_out {
	struct vg_loop *loop;
	int fd; /* the caller's */
	int own_fd; /* the same file opened again without blocking, or -1 */
	bool is_socket;
	bool telling; /* in the lost callback, which may write a line itself */
	struct vg_io *io; /* only while something waits: an idle closed pipe would wake the loop for ever */
	vg_out_lost_fn lost_fn;
	void *ctx;
	uint64_t lost; /* not yet told */
	size_t len;
	char buffer[VG_OUT_BYTES];
};

/*
 * O_NONBLOCK belongs to the open file, which we share with whoever started us (a shell's terminal); so the file is opened again.
 * Not for sockets (send() has MSG_DONTWAIT) and regular files (never block; a second open would have an offset of its own).
 */
static int open_again(int fd, mode_t type)
{
	char path[64];

	if (!S_ISFIFO(type) && !S_ISCHR(type))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int vg_out_new(struct vg_loop *loop, int fd, vg_out_lost_fn lost, void *ctx, struct vg_out **ret_out)
{
	struct vg_out *out;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	out = calloc(1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	signal(SIGPIPE, SIG_IGN);
	out->loop = loop;
	out->fd = fd;
	out->own_fd = open_again(fd, st.st_mode);
	out->is_socket = S_ISSOCK(st.st_mode);
	out->lost_fn = lost;
	out->ctx = ctx;
	*ret_out = out;
	return 0;
}

static void tell_lost(struct vg_out *out, uint64_t n)
{
	out->lost += n;
	if (!out->lost || out->telling || !out->lost_fn)
		return;
	n = out->lost;
	out->lost = 0;
	out->telling = true;
	out->lost_fn(out->ctx, n);
	out->telling = false;
}

/* As much as it takes now, without waiting; -EAGAIN: nothing. */
static ssize_t write_some(struct vg_out *out, const char *data, size_t n)
{
	struct pollfd p = { .fd = out->fd, .events = POLLOUT };
	ssize_t done;

	if (out->is_socket) {
		done = send(out->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (out->own_fd >= 0) {
		done = write(out->own_fd, data, n);
	} else { /* a pipe that is ready takes PIPE_BUF bytes at least (pipe(7)) */
		if (poll(&p, 1, 0) == 0)
			return -EAGAIN;
		done = write(out->fd, data, n < PIPE_BUF ? n : PIPE_BUF);
	}
	return done < 0 ? -errno : done;
}

static void drop_all(struct vg_out *out)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < out->len; i++)
		lines += out->buffer[i] == '\n';
	out->len = 0;
	tell_lost(out, lines);
}

/* Writes what waits as far as it goes. */
static void drain(struct vg_out *out)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < out->len) {
		n = write_some(out, out->buffer + done, out->len - done);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	out->len -= done;
	memmove(out->buffer, out->buffer + done, out->len);
	if (n < 0 && n != -EAGAIN)
		drop_all(out); /* the reader is gone, or the disk is full */
}

static void on_writable(void *ctx, uint32_t events)
{
	struct vg_out *out = ctx;

	(void)events;
	drain(out);
	if (out->len == 0) {
		vg_io_free(out->io);
		out->io = NULL;
	}
}

/* A file that epoll does not take (-EPERM, regular files) never blocks, so nothing waits there. */
static void wait_writable(struct vg_out *out)
{
	if (out->len == 0 || out->io)
		return;
	if (vg_io_new(out->loop, out->own_fd >= 0 ? out->own_fd : out->fd, EPOLLOUT, on_writable, out, &out->io) < 0)
		out->io = NULL; /* the next line tries again */
}

void vg_out_line(struct vg_out *out, const char *line)
{
	size_t n = strlen(line);

	if (n + 1 > sizeof(out->buffer) - out->len)
		drain(out);
	if (n + 1 > sizeof(out->buffer) - out->len) {
		tell_lost(out, 1);
		return;
	}
	memcpy(out->buffer + out->len, line, n);
	out->buffer[out->len + n] = '\n';
	out->len += n + 1;
	if (!out->io)
		drain(out);
	wait_writable(out);
}

static void flush(struct vg_out *out)
{
	uint64_t end = vg_time_boot_ns() + VG_OUT_FLUSH_MS * VG_NS_PER_MS, now;
	struct pollfd p = { .fd = out->own_fd >= 0 ? out->own_fd : out->fd, .events = POLLOUT };

	drain(out);
	while (out->len > 0 && (now = vg_time_boot_ns()) < end) {
		poll(&p, 1, (int)((end - now) / VG_NS_PER_MS) + 1);
		drain(out);
	}
	drop_all(out);
}

void vg_out_free(struct vg_out *out)
{
	if (!out)
		return;
	vg_io_free(out->io);
	flush(out);
	if (out->own_fd >= 0)
		close(out->own_fd);
	free(out);
}

size_t vg_out_waiting(const struct vg_out *out)
{
	return out->len;
}
