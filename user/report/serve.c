/* SPDX-License-Identifier: Apache-2.0 */
#include "report/serve.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

#include "base/time.h"

struct vg_serve {
	struct MHD_Daemon *daemon;
	int epoll_fd; /* the daemon's */
	struct vg_io *io;
	struct vg_timer *timer;
	MHD_NotifyConnectionCallback notify;
	void *ctx;
	bool left; /* a connection ended in this run */
};

/*
 * At its limit of connections libmicrohttpd listens no more, and looks only at the beginning of a run whether it may again (MHD_epoll(), 0.9.75). So
 * a run in which one ended is followed by another; not at once, for who comes and goes without end would keep us here.
 */
void vg_serve_run(struct vg_serve *serve)
{
	unsigned long long ms = 0;

	serve->left = false;
	MHD_run(serve->daemon);
	if (serve->left || MHD_get_timeout(serve->daemon, &ms) == MHD_YES)
		vg_timer_arm(serve->timer, vg_time_boot_ns() + ms * VG_NS_PER_MS);
	else
		vg_timer_disarm(serve->timer);
}

static void on_io(void *ctx, uint32_t events)
{
	(void)events;
	vg_serve_run(ctx);
}

static void on_timer(void *ctx)
{
	vg_serve_run(ctx);
}

void vg_serve_soon(struct vg_serve *serve)
{
	vg_timer_arm(serve->timer, vg_time_boot_ns());
}

void vg_serve_wait(struct vg_serve *serve, int ms)
{
	struct pollfd p = { .fd = serve->epoll_fd, .events = POLLIN };

	poll(&p, 1, ms);
	MHD_run(serve->daemon);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_context, enum MHD_ConnectionNotificationCode code)
{
	struct vg_serve *serve = ctx;

	serve->left |= code == MHD_CONNECTION_NOTIFY_CLOSED;
	if (serve->notify)
		serve->notify(serve->ctx, connection, socket_context, code);
}

static int start_daemon(struct vg_serve *serve, const struct vg_serve_config *config)
{
	const union MHD_DaemonInfo *info;

	serve->daemon =
		MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, config->answer, config->ctx, MHD_OPTION_LISTEN_SOCKET,
				 config->fd, MHD_OPTION_CONNECTION_LIMIT, config->connections, MHD_OPTION_CONNECTION_TIMEOUT, config->quiet_seconds,
				 MHD_OPTION_NOTIFY_CONNECTION, on_connection, serve, MHD_OPTION_END);
	if (!serve->daemon) {
		close(config->fd);
		return -ENOMEM;
	}
	info = MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -ENOTSUP;
	serve->epoll_fd = info->epoll_fd;
	return 0;
}

int vg_serve_new(struct vg_loop *loop, const struct vg_serve_config *config, struct vg_serve **ret_serve)
{
	VG_CLEANUP(vg_serve_freep) struct vg_serve *serve = calloc(1, sizeof(*serve));
	int r;

	if (!serve) {
		close(config->fd);
		return -ENOMEM;
	}
	serve->notify = config->notify;
	serve->ctx = config->ctx;
	r = start_daemon(serve, config); /* fd is the daemon's now */
	if (r == 0)
		r = vg_timer_new(loop, on_timer, serve, &serve->timer);
	if (r == 0)
		r = vg_io_new(loop, serve->epoll_fd, EPOLLIN, on_io, serve, &serve->io);
	if (r < 0)
		return r;
	*ret_serve = TAKE_PTR(serve);
	return 0;
}

void vg_serve_free(struct vg_serve *serve)
{
	if (!serve)
		return;
	vg_io_free(serve->io);
	if (serve->daemon)
		MHD_stop_daemon(serve->daemon);
	vg_timer_free(serve->timer);
	free(serve);
}
