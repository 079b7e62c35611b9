/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/request.h"

#include <errno.h>
#include <string.h>

#define CONNECT_SECONDS 5L
#define ANSWER_SECONDS 30L

static int keep(struct vg_request *request, const char *data, size_t n)
{
	size_t size = request->size ? request->size : 4096;
	char *grown;

	if (request->len + n + 1 > VG_ANSWER_BYTES_MAX)
		return -EFBIG;
	while (size < request->len + n + 1)
		size *= 2;
	if (size > request->size) {
		grown = realloc(request->data, size);
		if (!grown)
			return -ENOMEM;
		request->data = grown;
		request->size = size;
	}
	memcpy(request->data + request->len, data, n);
	request->len += n;
	request->data[request->len] = 0;
	return 0;
}

static void hand_on(struct vg_request *request)
{
	char *start = request->data, *end;

	while (!request->ended && (end = memchr(start, '\n', request->len - (size_t)(start - request->data)))) {
		*end = 0;
		request->ended = !request->fn(request->ctx, start);
		start = end + 1;
	}
	request->len -= (size_t)(start - request->data);
	memmove(request->data, start, request->len + 1);
}

/* CURLOPT_WRITEFUNCTION */
static size_t on_data(char *data, size_t one, size_t n, void *ctx)
{
	struct vg_request *request = ctx;
	long status = 0;

	request->r = keep(request, data, one * n);
	if (request->r < 0)
		return 0;
	curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE, &status);
	if (request->fn && status == 200) /* an error's text is no event */
		hand_on(request);
	return request->ended ? 0 : n; /* less than n makes curl stop */
}

int vg_request_init(struct vg_request *request, const char *socket, const char *method, const char *path)
{
	CURL *curl = curl_easy_init();
	char url[4096];

	request->curl = curl;
	request->socket = socket;
	if (!curl || (size_t)snprintf(url, sizeof(url), "http://localhost%s", path) >= sizeof(url))
		return -ENOMEM;
	/* Options that can fail for want of memory only are checked by curl_easy_perform() failing without them. */
	if (curl_easy_setopt(curl, CURLOPT_URL, url) || curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket) ||
	    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method) || curl_easy_setopt(curl, CURLOPT_PROXY, ""))
		return -ENOMEM;
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, request->fn ? 0L : ANSWER_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, request);
	return 0;
}

void vg_request_deinit(struct vg_request *request)
{
	if (request->curl)
		curl_easy_cleanup(request->curl);
	free(request->data);
	*request = (struct vg_request){ .curl = NULL };
}

/* What curl says when the connection did not come about, as an errno: CURLINFO_OS_ERRNO is that of connect(2). */
static int connect_error(CURL *curl, const char *socket, struct vg_error *error)
{
	long code = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &code);
	if (code == EACCES || code == EPERM)
		return vg_error_set(error, -EACCES, "%s: not allowed to ask the guard: %s", socket, strerror((int)code));
	return vg_error_set(error, -ECONNREFUSED, "no guard answers at %s: %s", socket, strerror(code ? (int)code : ECONNREFUSED));
}

static int status_error(const char *socket, long status, const char *body, struct vg_error *error)
{
	json_auto_t *json = body ? json_loads(body, 0, NULL) : NULL;
	const char *text = json_string_value(json_object_get(json, "error"));

	if (status == 400 && text)
		return vg_error_set(error, -EINVAL, "%s", text);
	return vg_error_set(error, -EIO, "%s: the guard answered %ld%s%s", socket, status, text ? ": " : "", text ? text : "");
}

int vg_request_end(struct vg_request *request, CURLcode code, struct vg_error *error)
{
	const char *socket = request->socket;
	long status = 0;

	if (request->ended)
		return 0;
	if (request->r < 0)
		return vg_error_set(error, request->r, "%s: %s", socket, strerror(-request->r));
	if (code == CURLE_COULDNT_CONNECT)
		return connect_error(request->curl, socket, error);
	if (code != CURLE_OK)
		return vg_error_set(error, -EIO, "%s: %s", socket, curl_easy_strerror(code));
	curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE, &status);
	return status == 200 ? 0 : status_error(socket, status, request->data, error);
}

int vg_request_json(const struct vg_request *request, struct vg_error *error, json_t **ret_json)
{
	json_error_t why;
	json_t *json = json_loads(request->data ? request->data : "", 0, &why);

	if (!json)
		return vg_error_set(error, -EIO, "%s: the guard's answer is no JSON: %s", request->socket, why.text);
	*ret_json = json;
	return 0;
}
