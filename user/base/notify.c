/* SPDX-License-Identifier: Apache-2.0 */
#include "base/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/time.h"

struct vg_notify {
	int fd;
	uint64_t watchdog_ns;
	struct sockaddr_un address;
	socklen_t address_len;
};

/* "/path", or "@name" in the abstract namespace, whose names end with their length. */
static int parse_address(const char *text, struct vg_notify *notify)
{
	size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof(notify->address.sun_path))
		return -EINVAL;
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, text, len);
	if (text[0] == '@')
		notify->address.sun_path[0] = '\0';
	notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return 0;
}

/* A decimal number that fits; 0 for anything else. */
static uint64_t number_of(const char *name, uint64_t max)
{
	const char *text = getenv(name);
	unsigned long long value;
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	return errno || *end || value > max ? 0 : value;
}

static uint64_t find_watchdog(void)
{
	if (getenv("WATCHDOG_PID") && number_of("WATCHDOG_PID", INT32_MAX) != (uint64_t)getpid())
		return 0;
	return number_of("WATCHDOG_USEC", UINT64_MAX / 1000) * 1000;
}

int vg_notify_new(struct vg_notify **ret_notify)
{
	VG_CLEANUP(vg_notify_freep) struct vg_notify *notify = NULL;
	const char *name = getenv("NOTIFY_SOCKET");
	int r;

	*ret_notify = NULL;
	if (!name || !*name)
		return 0;
	notify = calloc(1, sizeof(*notify));
	if (!notify)
		return -ENOMEM;
	notify->fd = -1;
	r = parse_address(name, notify);
	if (r < 0)
		return r;
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notify->fd < 0)
		return -errno;
	notify->watchdog_ns = find_watchdog();
	*ret_notify = TAKE_PTR(notify);
	return 0;
}

void vg_notify_free(struct vg_notify *notify)
{
	if (!notify)
		return;
	vg_closep(&notify->fd);
	free(notify);
}

int vg_notify_send(struct vg_notify *notify, const char *lines)
{
	if (!notify)
		return 0;
	if (sendto(notify->fd, lines, strlen(lines), MSG_NOSIGNAL, (const struct sockaddr *)&notify->address, notify->address_len) < 0)
		return -errno;
	return 0;
}

uint64_t vg_notify_watchdog_ns(const struct vg_notify *notify)
{
	return notify ? notify->watchdog_ns : 0;
}
