/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <curl/curl.h>

#include "base/cleanup.h"
#include "cli/cli.h"

#define CONNECT_SECONDS 5L
#define ANSWER_SECONDS 30L

VG_DEFINE_CLEANUP(CURL *, curl_easy_cleanup)

/* What has arrived; a line is handed on when it is complete. */
struct answer {
	CURL *curl;
	char *data;
	size_t len, size;
	vg_client_line_fn fn; /* NULL: the whole answer is kept */
	void *ctx;
	bool ended; /* by fn */
	int r;
};

static void answer_deinit(struct answer *answer)
{
	free(answer->data);
}

static int keep(struct answer *answer, const char *data, size_t n)
{
	size_t size = answer->size ? answer->size : 4096;
	char *grown;

	if (answer->len + n + 1 > VG_ANSWER_BYTES_MAX)
		return -EFBIG;
	while (size < answer->len + n + 1)
		size *= 2;
	if (size > answer->size) {
		grown = realloc(answer->data, size);
		if (!grown)
			return -ENOMEM;
		answer->data = grown;
		answer->size = size;
	}
	memcpy(answer->data + answer->len, data, n);
	answer->len += n;
	answer->data[answer->len] = 0;
	return 0;
}

static void hand_on(struct answer *answer)
{
	char *start = answer->data, *end;

	while (!answer->ended && (end = memchr(start, '\n', answer->len - (size_t)(start - answer->data)))) {
		*end = 0;
		answer->ended = !answer->fn(answer->ctx, start);
		start = end + 1;
	}
	answer->len -= (size_t)(start - answer->data);
	memmove(answer->data, start, answer->len + 1);
}

/* CURLOPT_WRITEFUNCTION */
static size_t on_data(char *data, size_t one, size_t n, void *ctx)
{
	struct answer *answer = ctx;
	long status = 0;

	answer->r = keep(answer, data, one * n);
	if (answer->r < 0)
		return 0;
	curl_easy_getinfo(answer->curl, CURLINFO_RESPONSE_CODE, &status);
	if (answer->fn && status == 200) /* an error's text is no event */
		hand_on(answer);
	return answer->ended ? 0 : n; /* less than n makes curl stop */
}

static CURL *new_request(const char *socket, const char *method, const char *path, struct answer *answer)
{
	VG_CLEANUP(curl_easy_cleanupp) CURL *curl = curl_easy_init();
	char url[4096];

	if (!curl || (size_t)snprintf(url, sizeof(url), "http://localhost%s", path) >= sizeof(url))
		return NULL;
	answer->curl = curl;
	/* Options that can fail for want of memory only are checked by curl_easy_perform() failing without them. */
	if (curl_easy_setopt(curl, CURLOPT_URL, url) || curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket) ||
	    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method) || curl_easy_setopt(curl, CURLOPT_PROXY, ""))
		return NULL;
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, answer->fn ? 0L : ANSWER_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	return TAKE_PTR(curl);
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

static int perform(const char *socket, CURL *curl, struct answer *answer, struct vg_error *error)
{
	CURLcode code = curl_easy_perform(curl);
	long status = 0;

	if (answer->ended)
		return 0;
	if (answer->r < 0)
		return vg_error_set(error, answer->r, "%s: %s", socket, strerror(-answer->r));
	if (code == CURLE_COULDNT_CONNECT)
		return connect_error(curl, socket, error);
	if (code != CURLE_OK)
		return vg_error_set(error, -EIO, "%s: %s", socket, curl_easy_strerror(code));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status == 200 ? 0 : status_error(socket, status, answer->data, error);
}

static int ask(const char *socket, const char *method, const char *path, struct answer *answer, struct vg_error *error)
{
	VG_CLEANUP(curl_easy_cleanupp) CURL *curl = new_request(socket, method, path, answer);

	if (!curl)
		return vg_error_set(error, -ENOMEM, "out of memory, or a request that is too long");
	return perform(socket, curl, answer, error);
}

int vg_client_call(const char *socket, const char *method, const char *path, struct vg_error *ret_error, json_t **ret_json)
{
	VG_CLEANUP(answer_deinit) struct answer answer = { 0 };
	json_error_t why;
	json_t *json;
	int r = ask(socket, method, path, &answer, ret_error);

	if (r < 0)
		return r;
	json = json_loads(answer.data ? answer.data : "", 0, &why);
	if (!json)
		return vg_error_set(ret_error, -EIO, "%s: the guard's answer is no JSON: %s", socket, why.text);
	*ret_json = json;
	return 0;
}

int vg_client_watch(const char *socket, vg_client_line_fn fn, void *ctx, struct vg_error *ret_error)
{
	VG_CLEANUP(answer_deinit) struct answer answer = { .fn = fn, .ctx = ctx };

	return ask(socket, "GET", "/v1/watch", &answer, ret_error);
}

int vg_client_exit(int r)
{
	return r == -EINVAL ? VG_EXIT_USAGE : VG_EXIT_BLIND;
}

char *vg_client_escape(const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0);
	char *copy = escaped ? strdup(escaped) : NULL;

	curl_free(escaped);
	return copy;
}
