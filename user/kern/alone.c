/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name of the abstract AF_UNIX namespace: it is one for each network namespace, and goes with its holder. Anybody may take it, so only
 * who could guard is believed to.
 */
#include "kern/alone.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "kern/unix_owner.h"

#define BACKLOG 64
#define TRIES 2

static const char place[] = "\0vipguard/guard";

static socklen_t make_address(struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret_address->sun_path, place, sizeof(place) - 1);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(place) - 1);
}

enum asked {
	NOBODY, /* gone, or nobody who listens */
	SOMEBODY, /* *ret_holder says who */
	SILENT, /* listens, and does not answer */
};

static enum asked ask(const struct sockaddr_un *address, socklen_t len, struct ucred *ret_holder)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(*ret_holder);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, len) == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_holder, &size) == 0)
		return SOMEBODY;
	/* ECONNREFUSED, or EPROTOTYPE of another kind of socket */
	return errno == EAGAIN ? SILENT : NOBODY;
}

static bool could_guard(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static int refuse(const struct ucred *holder, struct vg_error *ret_error)
{
	if (holder->pid > 0)
		return vg_error_set(ret_error, -EBUSY, "another guard (pid %d) runs in this network namespace", holder->pid);
	return vg_error_set(ret_error, -EBUSY, "another guard runs in this network namespace");
}

/* A guard takes up whoever asks, unless it is stopped; a queue that is full tells by the socket's owner. */
static int weigh(enum asked asked, const struct ucred *holder, struct vg_error *ret_error)
{
	struct ucred silent = { .pid = 0 };
	int r;

	if (asked == SOMEBODY && could_guard(holder->uid))
		return refuse(holder, ret_error);
	if (asked == SILENT) {
		r = vg_unix_find_owner(place, sizeof(place) - 1, &silent.uid);
		if (r == 0 && could_guard(silent.uid))
			return refuse(&silent, ret_error);
		if (r < 0 && r != -ENOENT)
			vg_log_errno(r, "cannot tell whose the guard's name is");
	}
	if (asked == SOMEBODY)
		vg_log(VG_LOG_WARNING, "pid %d of user %u has taken the guard's name \"@%s\"; going on without it", holder->pid, holder->uid,
		       place + 1);
	else
		vg_log(VG_LOG_WARNING, "somebody who is no guard has taken the guard's name \"@%s\"; going on without it", place + 1);
	return 0;
}

/* 1: the name is held. */
static int take(int fd, const struct sockaddr_un *address, socklen_t len)
{
	if (bind(fd, (const struct sockaddr *)address, len) < 0)
		return errno == EADDRINUSE ? 1 : -errno;
	return listen(fd, BACKLOG) < 0 ? -errno : 0;
}

int vg_alone_lock(struct vg_error *ret_error, int *ret_fd)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const struct timespec between = { .tv_nsec = 100 * VG_NS_PER_MS };
	struct ucred holder = { .pid = 0 };
	struct sockaddr_un address;
	socklen_t len = make_address(&address);
	enum asked asked = NOBODY;
	int r = fd < 0 ? -errno : 1;

	for (unsigned int i = 0; i < TRIES && r == 1 && asked == NOBODY; i++) {
		/* who bound it listens in a moment, and who ended is gone */
		if (i > 0)
			(void)nanosleep(&between, NULL);
		r = take(fd, &address, len);
		if (r == 1)
			asked = ask(&address, len, &holder);
	}
	if (r == 1)
		return weigh(asked, &holder, ret_error);
	if (r < 0)
		return vg_error_set(ret_error, r, "cannot take the guard's name: %s", strerror(-r));
	*ret_fd = TAKE_FD(fd);
	return 0;
}

bool vg_alone_is_held(void)
{
	uid_t uid;

	return vg_unix_find_owner(place, sizeof(place) - 1, &uid) == 0 && could_guard(uid);
}

void vg_alone_answer(int lock_fd)
{
	int fd;

	for (unsigned int i = 0; i < BACKLOG; i++) {
		fd = accept4(lock_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return;
		vg_closep(&fd);
	}
}
