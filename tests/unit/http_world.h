/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server on this host that answers as badly as its path says, in a thread of its own, and a client on a loop.
 *
 * GET /pieces    three pieces; each costs a server_release()
 *     /status/N  an answer of that status, with Retry-After: 7 for 429 and 503
 *     /hang      no answer        /half   the header and half of the body, then nothing
 *     /cut       half of the body, then the end    /reset   a reset
 *     /echo      the request      /close  "once", and the connection is closed after it
 * CONNECT        502
 */
#ifndef UNIT_HTTP_WORLD_H
#define UNIT_HTTP_WORLD_H

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/time.h"
#include "kube/http.h"

#define CLIENTS_MAX 32
#define REQUEST_MAX 8192
#define BODY_MAX 65536
#define PATIENCE_NS (20 * VG_NS_PER_SEC)

struct client {
	int fd;
	size_t n;
	char request[REQUEST_MAX];
	int pieces; /* that it still has to get */
};

struct server {
	pthread_t thread;
	int listen_fd, release_fd, stop_fd;
	bool mute; /* accepts, and that is all */
	char url[64], bare[64];
	struct client clients[CLIENTS_MAX];
	size_t n;
	eventfd_t credits; /* pieces that may be sent */
	char last[REQUEST_MAX]; /* the last request; read it after server_stop() or when its answer is there */
};

static inline void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static inline void drop_client(struct server *server, struct client *client)
{
	close(client->fd);
	*client = server->clients[--server->n];
}

static inline void send_body(int fd, const char *status, const char *extra, const char *body)
{
	char head[512];

	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, extra, strlen(body));
	send_text(fd, head);
	send_text(fd, body);
}

static inline void send_status(int fd, int status)
{
	char line[32];

	snprintf(line, sizeof(line), "%d Whatever", status);
	send_body(fd, line, status == 429 || status == 503 ? "Retry-After: 7\r\n" : "", "{}");
}

/* False: the connection is over. */
static inline bool answer(struct server *server, struct client *client)
{
	const struct linger at_once = { .l_onoff = 1 };
	const char *line = client->request;

	snprintf(server->last, sizeof(server->last), "%s", line);
	if (!strncmp(line, "CONNECT ", 8))
		send_body(client->fd, "502 Bad Gateway", "", "no");
	else if (!strncmp(line, "GET /pieces", 11)) {
		send_text(client->fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		client->pieces = 3;
	} else if (!strncmp(line, "GET /status/", 12))
		send_status(client->fd, atoi(line + 12));
	else if (!strncmp(line, "GET /echo", 9))
		send_body(client->fd, "200 OK", "", line);
	else if (!strncmp(line, "GET /typed", 10))
		send_body(client->fd, "200 OK", "Content-Type: application/x;stream=watch\r\n", "x");
	else if (!strncmp(line, "GET /half", 9))
		send_text(client->fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
	else if (!strncmp(line, "GET /cut", 8)) {
		send_text(client->fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
		return false;
	} else if (!strncmp(line, "GET /close", 10)) {
		send_body(client->fd, "200 OK", "", "once");
		return false;
	} else if (!strncmp(line, "GET /reset", 10)) {
		assert_return_code(setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), errno);
		return false;
	}
	client->n = 0;
	return true;
}

static inline bool read_client(struct server *server, struct client *client)
{
	ssize_t got = recv(client->fd, client->request + client->n, REQUEST_MAX - 1 - client->n, 0);

	if (got <= 0)
		return false;
	client->n += (size_t)got;
	client->request[client->n] = '\0';
	if (server->mute) {
		client->n = 0;
		return true;
	}
	return !strstr(client->request, "\r\n\r\n") || answer(server, client);
}

static inline void release_pieces(struct server *server)
{
	static const char *const chunks[] = { "5\r\nthree\r\n0\r\n\r\n", "3\r\ntwo\r\n", "3\r\none\r\n" };

	for (size_t i = 0; i < server->n; i++) {
		for (; server->clients[i].pieces && server->credits; server->credits--)
			send_text(server->clients[i].fd, chunks[--server->clients[i].pieces]);
	}
}

static inline void take_credits(struct server *server)
{
	eventfd_t n;

	assert_return_code(eventfd_read(server->release_fd, &n), errno);
	server->credits += n;
}

static inline void *serve(void *ctx)
{
	struct server *server = ctx;
	struct pollfd fds[CLIENTS_MAX + 3];

	for (;;) {
		size_t n = server->n;

		fds[0] = (struct pollfd){ server->stop_fd, POLLIN, 0 };
		fds[1] = (struct pollfd){ server->listen_fd, POLLIN, 0 };
		fds[2] = (struct pollfd){ server->release_fd, POLLIN, 0 };
		for (size_t i = 0; i < n; i++)
			fds[3 + i] = (struct pollfd){ server->clients[i].fd, POLLIN, 0 };
		assert_return_code(poll(fds, n + 3, -1), errno);
		if (fds[0].revents)
			return NULL;
		/* from the end, since the last one takes the place of one that goes */
		for (size_t i = n; i-- > 0;) {
			if (fds[3 + i].revents && !read_client(server, &server->clients[i]))
				drop_client(server, &server->clients[i]);
		}
		if (fds[2].revents)
			take_credits(server);
		release_pieces(server);
		if (fds[1].revents) {
			assert_true(server->n < CLIENTS_MAX);
			server->clients[server->n] = (struct client){ .fd = accept(server->listen_fd, NULL, NULL) };
			assert_return_code(server->clients[server->n++].fd, errno);
		}
	}
}

/* A port of 127.0.0.1 that is surely ours; without listen() it refuses. */
static inline int bind_port(const char *scheme, char *url)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_return_code(fd, errno);
	assert_return_code(bind(fd, (struct sockaddr *)&addr, size), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)&addr, &size), errno);
	snprintf(url, 64, "%s127.0.0.1:%u", scheme, ntohs(addr.sin_port));
	return fd;
}

static inline void server_start(struct server *server)
{
	server->listen_fd = bind_port("http://", server->url);
	snprintf(server->bare, sizeof(server->bare), "%s", server->url + strlen("http://"));
	server->release_fd = eventfd(0, EFD_CLOEXEC);
	server->stop_fd = eventfd(0, EFD_CLOEXEC);
	assert_return_code(listen(server->listen_fd, 16), errno);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static inline void server_stop(struct server *server)
{
	if (!server->url[0])
		return;
	assert_return_code(eventfd_write(server->stop_fd, 1), errno);
	assert_int_equal(pthread_join(server->thread, NULL), 0);
	while (server->n)
		drop_client(server, &server->clients[0]);
	close(server->listen_fd);
	close(server->release_fd);
	close(server->stop_fd);
	server->url[0] = '\0';
}

static inline void server_release(struct server *server)
{
	assert_return_code(eventfd_write(server->release_fd, 1), errno);
}

/* ---- the client's side */

struct world {
	struct vg_loop *loop;
	struct vg_timer *patience;
	struct vg_http *http;
	struct server server;
	int waiting; /* calls whose done() is awaited */
};

struct got {
	struct world *world;
	struct vg_http_call *call;
	struct vg_http_end end;
	int done;
	unsigned pieces;
	long status;
	size_t n;
	char body[BODY_MAX];
	int (*on_data)(struct got *got);
	void (*on_done)(struct got *got);
	struct got *other;
};

static inline void out_of_patience(void *ctx)
{
	struct world *w = ctx;

	vg_loop_quit(w->loop, -ETIME);
}

static inline int got_data(void *ctx, long status, const char *bytes, size_t n)
{
	struct got *got = ctx;

	assert_true(got->n + n < sizeof(got->body));
	assert_false(got->done);
	memcpy(got->body + got->n, bytes, n);
	got->n += n;
	got->status = status;
	got->pieces++;
	return got->on_data ? got->on_data(got) : 0;
}

static inline void not_awaited(struct world *w)
{
	if (--w->waiting == 0)
		vg_loop_quit(w->loop, 0);
}

static inline void got_done(void *ctx, const struct vg_http_end *end)
{
	struct got *got = ctx;

	assert_false(got->done);
	got->done = true;
	got->end = *end;
	if (got->on_done)
		got->on_done(got);
	not_awaited(got->world);
}

static inline void get_idle(struct world *w, struct got *got, const char *path, uint64_t idle_ns)
{
	const struct vg_http_sink sink = { .ctx = got, .data = got_data, .done = got_done };
	const struct vg_http_request request = { .path = path, .idle_ns = idle_ns };

	got->world = w;
	got->done = false;
	got->n = got->pieces = 0;
	memset(got->body, 0, sizeof(got->body));
	assert_int_equal(vg_http_get(w->http, &request, &sink, &got->call), 0);
	assert_false(got->done); /* not from inside */
	w->waiting++;
}

static inline void get(struct world *w, struct got *got, const char *path)
{
	get_idle(w, got, path, 0);
}

static inline void run(struct world *w)
{
	assert_int_equal(vg_timer_arm(w->patience, vg_time_boot_ns() + PATIENCE_NS), 0);
	assert_int_equal(vg_loop_run(w->loop), 0);
	assert_int_equal(w->waiting, 0);
}

static inline struct vg_access *new_access(const char *first, const char *second)
{
	struct vg_access *access = calloc(1, sizeof(*access));

	assert_non_null(access);
	access->servers[access->n_servers++] = strdup(first);
	if (second)
		access->servers[access->n_servers++] = strdup(second);
	return access;
}

static inline void connect_world(struct world *w, struct vg_access *access)
{
	const struct vg_http_config config = {
		.access = access, .agent = "vipguard-test", .connect_ns = VG_NS_PER_SEC, .keepalive_ns = VG_NS_PER_SEC
	};
	struct vg_error error = { "" };

	vg_http_free(w->http);
	w->http = NULL;
	if (vg_http_new(w->loop, &config, &error, &w->http) < 0)
		fail_msg("%s", error.text);
}

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_int_equal(vg_loop_new(&w->loop), 0);
	assert_int_equal(vg_timer_new(w->loop, out_of_patience, w, &w->patience), 0);
	server_start(&w->server);
	connect_world(w, new_access(w->server.url, NULL));
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;

	vg_http_free(w->http);
	server_stop(&w->server);
	vg_timer_free(w->patience);
	vg_loop_free(w->loop);
	free(w);
	return 0;
}

#endif
