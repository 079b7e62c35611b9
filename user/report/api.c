/* SPDX-License-Identifier: Apache-2.0 */
#include "report/api.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <microhttpd.h>

#include "base/time.h"
#include "report/api_watch.h"
#include "report/json.h"
#include "report/probe_answer.h"
#include "report/serve.h"

#define CONNECTIONS_MAX (VG_API_WATCHERS_MAX + 16)
#define REQUEST_SECONDS 10 /* a client that says nothing for so long is let go; not those who watch */
#define BACKLOG 128 /* connect(2) on a full one fails at once: a burst of clients must find room until each is told yes or no */
#define END_MS 200 /* how long vg_api_free() waits for the watchers to read what is left */

struct vg_api {
	struct vg_api_ops ops;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	bool bound; /* the path is ours to remove */
	bool ending; /* what ops ask may be gone already */
	struct vg_serve *serve;
	struct vg_watchers *watchers;
};

/* ---- answers */

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status, char *text /* stolen */)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_error(struct MHD_Connection *connection, unsigned status, const char *text)
{
	json_auto_t *o = json_object();

	if (vg_json_set_text(o, "error", text) < 0)
		return MHD_NO;
	return answer_text(connection, status, json_dumps(o, JSON_COMPACT));
}

/* json: stolen; NULL: error says why. */
static enum MHD_Result answer_json(struct MHD_Connection *connection, json_t *json, const struct vg_error *error)
{
	json_auto_t *owned = json;

	if (!owned)
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, error->text);
	return answer_text(connection, MHD_HTTP_OK, json_dumps(owned, JSON_COMPACT));
}

static enum MHD_Result on_status(struct vg_api *api, struct MHD_Connection *connection)
{
	struct vg_error error = { .text = "out of memory" };

	return answer_json(connection, api->ops.status(api->ops.ctx, &error), &error);
}

static enum MHD_Result on_screen(struct vg_api *api, struct MHD_Connection *connection)
{
	struct vg_error error = { .text = "out of memory" };

	return answer_json(connection, api->ops.screen(api->ops.ctx, &error), &error);
}

static enum MHD_Result on_doctor(struct vg_api *api, struct MHD_Connection *connection)
{
	struct vg_error error = { .text = "out of memory" };

	return answer_json(connection, api->ops.doctor(api->ops.ctx, &error), &error);
}

static enum MHD_Result on_check(struct vg_api *api, struct MHD_Connection *connection)
{
	struct vg_error error = { .text = "out of memory" };

	return answer_json(connection, api->ops.check(api->ops.ctx, &error), &error);
}

struct explain {
	struct vg_api *api;
	const char *link;
	json_t *list;
	bool failed;
	struct vg_error error;
};

static enum MHD_Result explain_one(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct explain *explain = ctx;
	json_t *answer;

	(void)kind;
	if (strcmp(key, "address") != 0)
		return MHD_YES;
	answer = explain->api->ops.explain(explain->api->ops.ctx, value ? value : "", explain->link, &explain->error);
	explain->failed = !answer || json_array_append_new(explain->list, answer) < 0;
	return explain->failed ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_explain(struct vg_api *api, struct MHD_Connection *connection)
{
	json_auto_t *list = json_array();
	struct explain explain = {
		.api = api,
		.link = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "link"),
		.list = list,
		.error = { .text = "out of memory" },
	};

	if (!list)
		return MHD_NO;
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, explain_one, &explain);
	if (explain.failed)
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, explain.error.text);
	if (json_array_size(list) == 0)
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, "found no address, expected ?address=ADDR");
	return answer_json(connection, TAKE_PTR(list), NULL);
}

static enum MHD_Result on_evidence(struct vg_api *api, struct MHD_Connection *connection)
{
	const char *address = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "address");
	struct vg_error error = { .text = "out of memory" };

	if (!address)
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, "found no address, expected ?address=ADDR");
	return answer_json(connection, api->ops.evidence(api->ops.ctx, address, &error), &error);
}

static enum MHD_Result on_watch(struct vg_api *api, struct MHD_Connection *connection)
{
	const char *changes = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "changes");

	if (vg_watchers_full(api->watchers))
		return answer_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "too many watchers");
	if (changes && strcmp(changes, "true") != 0)
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, "changes: expected ?changes=true");
	return vg_watchers_answer(api->watchers, connection, changes);
}

static enum MHD_Result on_mode(struct vg_api *api, struct MHD_Connection *connection)
{
	const char *mode = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "mode");
	struct vg_error error = { .text = "out of memory" };

	if (!mode)
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, "found no mode, expected ?mode=audit or ?mode=enforce");
	return answer_json(connection, api->ops.set_mode(api->ops.ctx, mode, &error), &error);
}

static struct vg_api_peer find_peer(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return (struct vg_api_peer){ .known = false };
	return (struct vg_api_peer){ .known = true, .pid = cred.pid, .uid = cred.uid };
}

static enum MHD_Result on_pause(struct vg_api *api, struct MHD_Connection *connection)
{
	const char *duration = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "for");
	struct vg_api_peer peer = find_peer(connection);
	struct vg_error error = { .text = "out of memory" };

	if (!duration)
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, "found no time, expected ?for=TIME, such as ?for=15m");
	return answer_json(connection, api->ops.pause(api->ops.ctx, duration, &peer, &error), &error);
}

static enum MHD_Result on_resume(struct vg_api *api, struct MHD_Connection *connection)
{
	struct vg_api_peer peer = find_peer(connection);
	struct vg_error error = { .text = "out of memory" };

	return answer_json(connection, api->ops.resume(api->ops.ctx, &peer, &error), &error);
}

static const struct route {
	const char *path;
	const char *method;
	enum MHD_Result (*answer)(struct vg_api *api, struct MHD_Connection *connection);
} routes[] = {
	{ "/v1/status", MHD_HTTP_METHOD_GET, on_status }, { "/v1/screen", MHD_HTTP_METHOD_GET, on_screen },
	{ "/v1/check", MHD_HTTP_METHOD_GET, on_check },	  { "/v1/explain", MHD_HTTP_METHOD_GET, on_explain },
	{ "/v1/watch", MHD_HTTP_METHOD_GET, on_watch },	  { "/v1/evidence", MHD_HTTP_METHOD_GET, on_evidence },
	{ "/v1/doctor", MHD_HTTP_METHOD_GET, on_doctor }, { "/v1/mode", MHD_HTTP_METHOD_PUT, on_mode },
	{ "/v1/pause", MHD_HTTP_METHOD_PUT, on_pause },	  { "/v1/resume", MHD_HTTP_METHOD_PUT, on_resume },
};

/*
 * Who forwards the socket to a port of his own (ssh -L) has it within reach of every page that his browser shows: one whose name is made to point to
 * that port (DNS rebinding) would be asking in its own name. So a name with a dot is not answered, and an order not that comes from any page: a
 * browser puts Origin on it (fetch.spec.whatwg.org, 3.1).
 */
static bool is_foreign(struct MHD_Connection *connection, const char *method)
{
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	const char *origin = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ORIGIN);
	size_t n = host ? strcspn(host, ":") : 0;
	char text[VG_TEXT_MAX] = "";
	struct vg_addr addr;

	if (origin && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return true;
	if (!host || *host == '[' || !memchr(host, '.', n))
		return false;
	if (n >= sizeof(text))
		return true;
	memcpy(text, host, n);
	return vg_addr_parse(text, &addr) < 0;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
				  const char *body, size_t *body_size, void **seen)
{
	(void)version;
	(void)body;
	if (!*seen) { /* the head alone: the answer comes after the body */
		*seen = ctx;
		return MHD_YES;
	}
	if (*body_size > 0) { /* nothing here takes a body */
		*body_size = 0;
		return MHD_YES;
	}
	if (is_foreign(connection, method))
		return answer_error(connection, MHD_HTTP_FORBIDDEN, "ask by localhost or an address, and give no orders from a page");
	if (((const struct vg_api *)ctx)->ending)
		return answer_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "the guard is ending");
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (strcmp(routes[i].path, url) != 0)
			continue;
		if (strcmp(routes[i].method, method) != 0)
			return answer_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "this path takes another method");
		return routes[i].answer(ctx, connection);
	}
	if (vg_probe_is_path(url))
		return vg_probe_answer(&((struct vg_api *)ctx)->ops.probes, connection, url, method);
	return answer_error(connection, MHD_HTTP_NOT_FOUND, "no such path");
}

/* ---- the server on the loop */

/* Not run here: whoever publishes may be an answer that the daemon is just making. */
static void on_kick(void *ctx)
{
	struct vg_api *api = ctx;

	vg_serve_soon(api->serve);
}

static void on_lost(void *ctx, uint64_t n)
{
	struct vg_api *api = ctx;

	if (api->ops.lost)
		api->ops.lost(api->ops.ctx, n);
}

/* ---- the socket */

static int make_parents(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* A socket that nobody answers on is a left-over. Anything else at that path is somebody's. */
static int remove_left_over(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return -EADDRINUSE;
	if (errno != ECONNREFUSED)
		return -errno;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

static int listen_at(const char *path, int *ret_fd)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int r;

	if (fd < 0)
		return -errno;
	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	r = make_parents(path);
	if (r == 0)
		r = remove_left_over(&address);
	if (r < 0)
		return r;
	mask = umask(0177); /* 0600 from its first moment on, which chmod() could not give */
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (r == 0 && listen(fd, BACKLOG) < 0)
		r = -errno;
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int build(struct vg_api *api, struct vg_loop *loop, const char *path)
{
	struct vg_watchers_config watchers = { .ctx = api, .kick = on_kick, .lost = on_lost };
	struct vg_serve_config config = { .connections = CONNECTIONS_MAX, .quiet_seconds = REQUEST_SECONDS, .answer = on_request, .ctx = api };
	int r;

	r = vg_watchers_new(loop, &watchers, &api->watchers);
	if (r == 0)
		r = listen_at(path, &config.fd);
	if (r < 0)
		return r;
	strcpy(api->path, path); /* listen_at() has seen that it fits */
	api->bound = true;
	return vg_serve_new(loop, &config, &api->serve);
}

int vg_api_new(struct vg_loop *loop, const char *path, const struct vg_api_ops *ops, struct vg_error *ret_error, struct vg_api **ret_api)
{
	VG_CLEANUP(vg_api_freep) struct vg_api *api = calloc(1, sizeof(*api));
	int r;

	if (!api)
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	api->ops = *ops;
	r = build(api, loop, path);
	if (r == -EADDRINUSE)
		return vg_error_set(ret_error, r, "%s: another guard answers there", path);
	if (r < 0)
		return vg_error_set(ret_error, r, "%s: cannot listen: %s", path, strerror(-r));
	*ret_api = TAKE_PTR(api);
	return 0;
}

/* Lets the watchers read what is left; the server must not be stopped while a connection sleeps. */
static void end_watchers(struct vg_api *api)
{
	uint64_t end = vg_time_boot_ns() + END_MS * VG_NS_PER_MS;

	api->ending = true;
	vg_watchers_end(api->watchers, false);
	vg_serve_run(api->serve);
	while (vg_watchers_count(api->watchers) > 0 && vg_time_boot_ns() < end)
		vg_serve_wait(api->serve, 10);
	vg_watchers_end(api->watchers, true);
	vg_serve_run(api->serve);
}

void vg_api_free(struct vg_api *api)
{
	if (!api)
		return;
	if (api->serve)
		end_watchers(api);
	vg_serve_free(api->serve);
	vg_watchers_free(api->watchers);
	if (api->bound)
		unlink(api->path);
	free(api);
}

void vg_api_publish(struct vg_api *api, const char *json_line)
{
	vg_watchers_publish(api->watchers, json_line);
}

void vg_api_changed(struct vg_api *api)
{
	vg_watchers_changed(api->watchers);
}

int vg_api_watchers(const struct vg_api *api)
{
	return (int)vg_watchers_count(api->watchers);
}
