/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's sockets and its one timer on the loop, and the limit of silence of each call. */
#include "kube/http_state.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/time.h"

#define POOL_MAX 4L /* connections kept for later calls */

static void drive(struct vg_http *http, curl_socket_t fd, int what)
{
	int running;

	http->driving = true;
	curl_multi_socket_action(http->multi, fd, what, &running);
	http->driving = false;
	vg_http_settle(http);
}

static void on_socket(void *ctx, uint32_t events)
{
	struct sock *sock = ctx;
	int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

	if (events & EPOLLIN)
		sock->last_ns = vg_time_boot_ns();
	drive(sock->http, sock->fd, what); /* may free sock */
}

static void on_timer(void *ctx)
{
	drive(ctx, CURL_SOCKET_TIMEOUT, 0);
}

/* CURLMOPT_TIMERFUNCTION */
static int want_timer(CURLM *multi, long ms, void *ctx)
{
	struct vg_http *http = ctx;

	(void)multi;
	if (ms < 0)
		vg_timer_disarm(http->timer);
	else
		vg_timer_arm(http->timer, vg_time_boot_ns() + (uint64_t)ms * VG_NS_PER_MS);
	return 0;
}

static int local_port(curl_socket_t fd)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t size = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &size) < 0)
		return 0;
	if (addr.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&addr)->sin_port);
	return addr.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&addr)->sin6_port) : 0;
}

/* The socket that the call's connection has: libcurl tells no descriptor before the call's end, only the port. */
static struct sock *find_sock(const struct vg_http_call *call)
{
	struct sock *sock = call->http->socks;

	for (; sock; sock = sock->next) {
		if (!sock->port)
			sock->port = local_port(sock->fd);
		if (call->port && sock->port == call->port)
			return sock;
	}
	return NULL;
}

uint64_t vg_http_heard_ns(const struct vg_http_call *call)
{
	const struct sock *sock = call->multiplexed ? find_sock(call) : NULL;

	return sock && sock->last_ns > call->last_ns ? sock->last_ns : call->last_ns;
}

uint32_t vg_http_connection(const struct vg_http_call *call)
{
	return call->multiplexed ? (uint32_t)(call->server + 1) << 16 | (uint32_t)call->port : 0;
}

static void sock_free(struct sock *sock)
{
	struct sock **place = &sock->http->socks;

	/* the calls that end with it still tell when it was alive */
	for (struct vg_http_call *call = sock->http->calls; call; call = call->next)
		if (call->state == CALL_RUNNING && call->multiplexed && find_sock(call) == sock)
			call->last_ns = vg_http_heard_ns(call);
	while (*place != sock)
		place = &(*place)->next;
	*place = sock->next;
	vg_io_free(sock->io);
	free(sock);
}

static int sock_new(struct vg_http *http, curl_socket_t fd, uint32_t events)
{
	struct sock *sock = calloc(1, sizeof(*sock));
	int r;

	if (!sock)
		return -ENOMEM;
	sock->http = http;
	sock->fd = fd;
	sock->last_ns = vg_time_boot_ns();
	sock->next = http->socks;
	http->socks = sock;
	r = vg_io_new(http->loop, fd, events, on_socket, sock, &sock->io);
	if (r < 0) {
		sock_free(sock);
		return r;
	}
	curl_multi_assign(http->multi, fd, sock);
	return 0;
}

/* A socket that nobody watches would never be heard of again. An error returned to libcurl would spoil the multi handle for
 * good; so the calls that may be on it end one by one. */
static void fail_all(struct vg_http *http)
{
	for (struct vg_http_call *call = http->calls; call; call = call->next) {
		if (call->state == CALL_RUNNING)
			call->state = CALL_FAILED;
	}
}

/* CURLMOPT_SOCKETFUNCTION */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct vg_http *http = ctx;
	struct sock *sock = socket_ctx;
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
	int r = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(http->multi, fd, NULL);
		if (sock)
			sock_free(sock);
	} else if (sock) {
		r = vg_io_set_events(sock->io, events);
	} else {
		r = sock_new(http, fd, events);
	}
	if (r < 0)
		fail_all(http);
	return 0;
}

/* While it is still connecting, that has its own limit. */
static uint64_t overdue_at(const struct vg_http_call *call)
{
	uint64_t limit = call->idle_ns, last = call->lasting && call->answered ? vg_http_heard_ns(call) : call->last_ns, at;

	if (!call->sent && __builtin_add_overflow(limit, call->http->connect_ns, &limit))
		return UINT64_MAX;
	return __builtin_add_overflow(last, limit, &at) ? UINT64_MAX : at;
}

void vg_http_watch_idle(struct vg_http_call *call)
{
	struct vg_http *http = call->http;
	uint64_t armed = vg_timer_deadline(http->idle), at = overdue_at(call);

	if (call->idle_ns && at != UINT64_MAX && (!armed || at < armed))
		vg_timer_arm(http->idle, at);
}

static bool another_lives(const struct vg_http *http, const struct sock *dead, uint64_t since_ns)
{
	for (const struct sock *sock = http->socks; sock; sock = sock->next)
		if (sock != dead && sock->last_ns >= since_ns)
			return true;
	return false;
}

/*
 * An HTTP/2 connection survives the end of one call, and the next call would be put on it. If it has been silent for all calls, it
 * is most likely dead (a peer that lost power, a middlebox that forgot it): shut down, libcurl sees its end at once, ends
 * all calls on it, and takes it out of its pool. If it is alive, the server was only slow with this one call. Where another connection is
 * alive what comes next goes there: a new one for each would stay one for each.
 */
static void drop_connection_if_silent(struct vg_http_call *call, uint64_t now_ns)
{
	struct vg_http *http = call->http;
	struct sock *sock = find_sock(call);

	if (!call->sent || (sock && now_ns - sock->last_ns < call->idle_ns / 2))
		return;
	http->fresh |= !another_lives(http, sock, now_ns - call->idle_ns / 2);
	if (sock)
		shutdown(sock->fd, SHUT_RDWR);
}

static struct vg_http_call *find_overdue(const struct vg_http *http, uint64_t now_ns)
{
	struct vg_http_call *call = http->calls;

	while (call && !(call->state == CALL_RUNNING && call->idle_ns && overdue_at(call) <= now_ns))
		call = call->next;
	return call;
}

static void on_idle(void *ctx)
{
	struct vg_http *http = ctx;
	uint64_t now_ns = vg_time_boot_ns();
	struct vg_http_call *call;

	/* whatever done() does to the list: it is looked through anew, and what starts now is not overdue by now_ns */
	while ((call = find_overdue(http, now_ns))) {
		drop_connection_if_silent(call, now_ns);
		vg_http_finish(call, CURLE_OPERATION_TIMEDOUT);
	}
	for (call = http->calls; call; call = call->next)
		vg_http_watch_idle(call);
}

int vg_http_drive_init(struct vg_http *http)
{
	int r;

	r = vg_timer_new(http->loop, on_timer, http, &http->timer);
	if (r < 0)
		return r;
	return vg_timer_new(http->loop, on_idle, http, &http->idle);
}

int vg_http_drive_open(struct vg_http *http)
{
	if (http->multi)
		return 0;
	http->multi = curl_multi_init();
	if (!http->multi)
		return -ENOMEM;
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, POOL_MAX);
	return 0;
}

void vg_http_drive_deinit(struct vg_http *http)
{
	if (http->multi)
		curl_multi_cleanup(http->multi);
	while (http->socks)
		sock_free(http->socks);
	vg_timer_free(http->timer);
	vg_timer_free(http->idle);
}
