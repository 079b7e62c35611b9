/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/http.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "kube/http_state.h"

static void call_free(struct vg_http_call *call)
{
	if (call->easy)
		curl_easy_cleanup(call->easy);
	vg_http_headers_free(call);
	free(call->path);
	free(call->accept);
	free(call->method);
	free(call->body);
	free(call->body_type);
	free(call);
}

VG_DEFINE_CLEANUP(struct vg_http_call *, call_free)

static void unlink_call(struct vg_http_call *call)
{
	struct vg_http_call **place = &call->http->calls;

	while (*place != call)
		place = &(*place)->next;
	*place = call->next;
}

static void remove_call(struct vg_http_call *call)
{
	if (call->state != CALL_QUEUED)
		curl_multi_remove_handle(call->http->multi, call->easy);
	unlink_call(call);
}

/* A token file is looked at before every request: the kubelet puts a new one there long before the old one ends, and so no 401
 * is needed to notice. Where it cannot be read the old token may still do; if not, the 401 leads to vg_http_refresh(). */
int vg_http_start(struct vg_http_call *call)
{
	struct vg_http *http = call->http;
	int r;

	vg_access_refresh(http->access, NULL);
	call->server = http->server;
	call->sent = false;
	call->port = 0;
	call->answered = false;
	call->multiplexed = false;
	call->counted = 0;
	call->why[0] = '\0';
	r = vg_http_easy_setup(call);
	if (r < 0)
		return r;
	if (curl_multi_add_handle(http->multi, call->easy) != CURLM_OK)
		return -ENOMEM;
	call->state = CALL_RUNNING;
	call->tries++;
	call->last_ns = vg_time_boot_ns();
	vg_http_watch_idle(call);
	return 0;
}

static void end_call(struct vg_http_call *call, const struct vg_http_end *end)
{
	remove_call(call);
	call->state = CALL_ENDING;
	call->sink.done(call->sink.ctx, end);
	call_free(call);
}

static void end_with(struct vg_http_call *call, int r)
{
	struct vg_http_end end = { .error = r };

	snprintf(end.text, sizeof(end.text), "%s: %s", call->http->access->servers[call->server], strerror(-r));
	end_call(call, &end);
}

/* The call goes on with the server that is in use by then, which another call may have found already. */
static void try_next(struct vg_http_call *call)
{
	int r;

	curl_multi_remove_handle(call->http->multi, call->easy);
	call->state = CALL_QUEUED;
	r = vg_http_start(call);
	if (r < 0)
		end_with(call, r);
}

void vg_http_finish(struct vg_http_call *call, CURLcode code)
{
	struct vg_http *http = call->http;
	bool no_connection = vg_http_end_no_connection(call, code);
	struct vg_http_end end;

	if (no_connection && call->server == http->server)
		http->server = (http->server + 1) % http->access->n_servers;
	vg_http_end_fill(call, code, &end);
	if (no_connection && call->tries < http->access->n_servers) {
		try_next(call);
		return;
	}
	if (end.error == -ECONNRESET || end.error == -EPROTO)
		http->fresh = true;
	end_call(call, &end);
}

static struct vg_http_call *find_state(const struct vg_http *http, enum call_state state)
{
	struct vg_http_call *call = http->calls;

	while (call && call->state != state)
		call = call->next;
	return call;
}

/* done() may start and cancel calls: so the lists are looked at anew after each. */
void vg_http_settle(struct vg_http *http)
{
	struct vg_http_call *call;
	CURLMsg *message;
	int r, left;

	while ((call = find_state(http, CALL_GONE))) {
		remove_call(call);
		call_free(call);
	}
	while ((message = curl_multi_info_read(http->multi, &left))) {
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		vg_http_finish(call, message->data.result);
	}
	while ((call = find_state(http, CALL_FAILED)))
		end_with(call, -ENOMEM);
	while ((call = find_state(http, CALL_QUEUED))) {
		r = vg_http_start(call);
		if (r < 0)
			end_with(call, r);
	}
}

static bool printable(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static bool is_sound(const struct vg_http_request *request, const struct vg_http_sink *sink)
{
	return request->path && request->path[0] == '/' && !strchr(request->path, ' ') && printable(request->path) &&
	       (!request->accept || printable(request->accept)) && sink->data && sink->done;
}

static int call_new(struct vg_http *http, const struct vg_http_request *request, const struct vg_http_sink *sink, struct vg_http_call **ret_call)
{
	VG_CLEANUP(call_freep) struct vg_http_call *call = calloc(1, sizeof(*call));
	const char *accept = request->accept ? request->accept : "application/json";

	if (!call || vg_http_drive_open(http) < 0)
		return -ENOMEM;
	call->http = http;
	call->sink = *sink;
	call->idle_ns = request->idle_ns;
	call->lasting = request->lasting;
	call->path = strdup(request->path);
	call->easy = curl_easy_init();
	if (asprintf(&call->accept, "Accept: %s", accept) < 0)
		call->accept = NULL;
	if (!call->path || !call->easy || !call->accept)
		return -ENOMEM;
	*ret_call = TAKE_PTR(call);
	return 0;
}

static int copy_body(struct vg_http_call *call, const struct vg_http_request *request)
{
	call->method = strdup(request->method);
	call->body = strdup(request->body);
	if (asprintf(&call->body_type, "Content-Type: %s", request->body_type) < 0)
		call->body_type = NULL;
	return call->method && call->body && call->body_type ? 0 : -ENOMEM;
}

static int send_call(struct vg_http *http, struct vg_http_call *call)
{
	int r = http->driving ? 0 : vg_http_start(call);

	if (r < 0)
		return r;
	call->next = http->calls;
	http->calls = call;
	return 0;
}

int vg_http_get(struct vg_http *http, const struct vg_http_request *request, const struct vg_http_sink *sink, struct vg_http_call **ret_call)
{
	VG_CLEANUP(call_freep) struct vg_http_call *call = NULL;
	int r;

	if (request->method || !is_sound(request, sink))
		return -EINVAL;
	r = call_new(http, request, sink, &call);
	if (r == 0)
		r = send_call(http, call);
	if (r < 0)
		return r;
	*ret_call = TAKE_PTR(call);
	return 0;
}

int vg_http_write(struct vg_http *http, const struct vg_http_request *request, const struct vg_http_sink *sink, struct vg_http_call **ret_call)
{
	VG_CLEANUP(call_freep) struct vg_http_call *call = NULL;
	int r;

	if (!is_sound(request, sink) || !request->method || !request->body || !request->body_type || !printable(request->method) ||
	    !printable(request->body_type))
		return -EINVAL;
	r = call_new(http, request, sink, &call);
	if (r == 0)
		r = copy_body(call, request);
	if (r == 0)
		r = send_call(http, call);
	if (r < 0)
		return r;
	*ret_call = TAKE_PTR(call);
	return 0;
}

void vg_http_cancel(struct vg_http_call *call)
{
	if (!call || call->state == CALL_ENDING || call->state == CALL_GONE)
		return;
	if (call->http->driving && call->state == CALL_RUNNING) {
		call->state = CALL_GONE;
		return;
	}
	remove_call(call);
	call_free(call);
}

int vg_http_refresh(struct vg_http *http, struct vg_error *ret_error)
{
	/* a file that was written twice within the clock's step looks the same: here it is read whatever it looks like */
	http->access->token_stamp = (struct vg_access_stamp){ 0 };
	return vg_access_refresh(http->access, ret_error);
}

bool vg_http_multiplexes(const struct vg_http *http)
{
	return http->multiplexes;
}

const char *vg_http_server(const struct vg_http *http)
{
	return http->access->servers[http->server];
}

uint64_t vg_http_bytes(const struct vg_http *http)
{
	return http->bytes;
}

uint64_t vg_http_connections(const struct vg_http *http)
{
	return http->connections;
}

int vg_http_new(struct vg_loop *loop, const struct vg_http_config *config, struct vg_error *ret_error, struct vg_http **ret_http)
{
	VG_CLEANUP(vg_http_freep) struct vg_http *http = calloc(1, sizeof(*http));
	int r;

	if (!http) {
		vg_access_free(config->access);
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	}
	http->loop = loop;
	http->access = config->access;
	http->connect_ns = config->connect_ns ? config->connect_ns : VG_HTTP_CONNECT_NS_DEFAULT;
	http->keepalive_ns = config->keepalive_ns;
	if (!http->access->n_servers || !config->agent || !printable(config->agent) || !strncasecmp(config->agent, "curl/", 5))
		return vg_error_set(ret_error, -EINVAL, "no server, or no user agent, or one that begins with \"curl/\"");
	http->agent = strdup(config->agent);
	if (!http->agent)
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	r = vg_http_targets_init(http, ret_error);
	if (r < 0)
		return r;
	r = vg_http_drive_init(http);
	if (r < 0)
		return vg_error_set(ret_error, r, "no timers for HTTP: %s", strerror(-r));
	*ret_http = TAKE_PTR(http);
	return 0;
}

void vg_http_free(struct vg_http *http)
{
	if (!http)
		return;
	while (http->calls) {
		struct vg_http_call *call = http->calls;

		remove_call(call);
		call_free(call);
	}
	vg_http_drive_deinit(http);
	vg_http_targets_deinit(http);
	vg_access_free(http->access);
	free(http->agent);
	free(http);
}
