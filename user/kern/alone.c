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

#include "base/cleanup.h"
#include "base/log.h"

static const char place[] = "\0vipguard/guard";

static socklen_t make_address(struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret_address->sun_path, place, sizeof(place) - 1);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(place) - 1);
}

/* Who listens there; its backlog is full if it was asked often, then it is not told. */
static bool find_holder(const struct sockaddr_un *address, socklen_t len, struct ucred *ret_holder)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(*ret_holder);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, len) < 0)
		return false;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_holder, &size) == 0;
}

static int refuse(const struct sockaddr_un *address, socklen_t len, struct vg_error *ret_error)
{
	struct ucred holder = { .pid = 0 };

	if (!find_holder(address, len, &holder))
		return vg_error_set(ret_error, -EBUSY, "another guard runs in this network namespace");
	if (holder.uid != 0 && holder.uid != geteuid()) {
		vg_log(VG_LOG_WARNING, "pid %d of user %u has taken the guard's name \"@%s\"; going on without it", holder.pid, holder.uid,
		       place + 1);
		return 0;
	}
	return vg_error_set(ret_error, -EBUSY, "another guard (pid %d) runs in this network namespace", holder.pid);
}

int vg_alone_lock(struct vg_error *ret_error, int *ret_fd)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	socklen_t len = make_address(&address);

	if (fd < 0)
		return vg_error_set(ret_error, -errno, "cannot make a socket: %s", strerror(errno));
	if (bind(fd, (const struct sockaddr *)&address, len) < 0) {
		if (errno != EADDRINUSE)
			return vg_error_set(ret_error, -errno, "cannot take the guard's name: %s", strerror(errno));
		return refuse(&address, len, ret_error);
	}
	if (listen(fd, 0) < 0)
		return vg_error_set(ret_error, -errno, "cannot take the guard's name: %s", strerror(errno));
	*ret_fd = TAKE_FD(fd);
	return 0;
}
