/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/request.h"

static int ask(const char *socket, const char *method, const char *path, struct vg_request *request, struct vg_error *error)
{
	int r = vg_request_init(request, socket, method, path);

	if (r < 0)
		return vg_error_set(error, r, "out of memory, or a request that is too long");
	return vg_request_end(request, curl_easy_perform(request->curl), error);
}

int vg_client_call(const char *socket, const char *method, const char *path, struct vg_error *ret_error, json_t **ret_json)
{
	VG_CLEANUP(vg_request_deinit) struct vg_request request = { 0 };
	int r = ask(socket, method, path, &request, ret_error);

	return r < 0 ? r : vg_request_json(&request, ret_error, ret_json);
}

int vg_client_watch(const char *socket, vg_client_line_fn fn, void *ctx, struct vg_error *ret_error)
{
	VG_CLEANUP(vg_request_deinit) struct vg_request request = { .fn = fn, .ctx = ctx };

	return ask(socket, "GET", "/v1/watch", &request, ret_error);
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
