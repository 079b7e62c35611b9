/* SPDX-License-Identifier: Apache-2.0 */
#include "report/probe_answer.h"

#include <stdio.h>
#include <string.h>

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8" /* prometheus.io/docs/instrumenting/exposition_formats */

enum MHD_Result vg_probe_answer_text(struct MHD_Connection *connection, unsigned status, const char *type, const char *text, size_t n)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(n, (void *)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	/* a connection kept open would wake an idle guard for its time-out, and hold a place */
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_line(struct MHD_Connection *connection, unsigned status, const char *text)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%s\n", text);

	return vg_probe_answer_text(connection, status, VG_PROBE_PLAIN, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

static enum MHD_Result on_metrics(const struct vg_probe_ops *ops, struct MHD_Connection *connection)
{
	size_t n = 0;
	const char *page = ops->metrics(ops->ctx, &n);

	if (!page)
		return answer_line(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
	return vg_probe_answer_text(connection, MHD_HTTP_OK, METRICS_TYPE, page, n);
}

/* It is the loop that answers. */
static enum MHD_Result on_healthz(const struct vg_probe_ops *ops, struct MHD_Connection *connection)
{
	(void)ops;
	return answer_line(connection, MHD_HTTP_OK, "ok");
}

static enum MHD_Result on_readyz(const struct vg_probe_ops *ops, struct MHD_Connection *connection)
{
	const char *why = ops->unready(ops->ctx);

	return answer_line(connection, why ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, why ? why : "ready");
}

static enum MHD_Result on_vips(const struct vg_probe_ops *ops, struct MHD_Connection *connection)
{
	const char *text = ops->vips ? ops->vips(ops->ctx) : NULL;

	if (!ops->vips)
		return answer_line(connection, MHD_HTTP_NOT_FOUND, "no such path without --metrics-vips");
	if (!text)
		return answer_line(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
	return vg_probe_answer_text(connection, MHD_HTTP_OK, "application/json", text, strlen(text));
}

/* Of others nobody may put it into a frame or learn from it where somebody looks. */
static enum MHD_Result on_home(const struct vg_probe_ops *ops, struct MHD_Connection *connection)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	struct vg_home home;

	if (!ops->home)
		return answer_line(connection, MHD_HTTP_NOT_FOUND, "no such path");
	if (!ops->home(ops->ctx, &home))
		return answer_line(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
	response = MHD_create_response_from_buffer(home.n, (void *)home.text, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html; charset=utf-8");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "Content-Security-Policy", home.policy);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static const struct {
	const char *path;
	enum MHD_Result (*answer)(const struct vg_probe_ops *ops, struct MHD_Connection *connection);
} paths[] = { { "/", on_home }, { "/metrics", on_metrics }, { "/healthz", on_healthz }, { "/readyz", on_readyz }, { "/v1/vips", on_vips } };

bool vg_probe_is_path(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (strcmp(paths[i].path, path) == 0)
			return true;
	}
	return false;
}

enum MHD_Result vg_probe_answer(const struct vg_probe_ops *ops, struct MHD_Connection *connection, const char *path, const char *method)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (strcmp(paths[i].path, path) != 0)
			continue;
		if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
			return answer_line(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "this path takes another method");
		return paths[i].answer(ops, connection);
	}
	return answer_line(connection, MHD_HTTP_NOT_FOUND, "no such path");
}
