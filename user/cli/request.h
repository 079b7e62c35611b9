/* SPDX-License-Identifier: Apache-2.0 */
/* One question to a running guard, for curl's easy and multi interface alike. */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include <curl/curl.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "cli/client.h"

/* What has arrived; a line is handed on when it is complete. */
struct vg_request {
	CURL *curl; /* its CURLOPT_PRIVATE is this request */
	const char *socket; /* the caller's */
	char *data;
	size_t len, size;
	vg_client_line_fn fn; /* NULL: the whole answer is kept */
	void *ctx;
	bool ended; /* by fn */
	int r;
};

/* fn and ctx are set, all else is zero; it must not move from now on. -ENOMEM, also for a path that is too long. */
int vg_request_init(struct vg_request *request, const char *socket, const char *method, const char *path);
void vg_request_deinit(struct vg_request *request); /* an all-zero one is fine */
/* What became of it, once curl is done: errors as in client.h. */
int vg_request_end(struct vg_request *request, CURLcode code, struct vg_error *ret_error);
int vg_request_json(const struct vg_request *request, struct vg_error *ret_error, json_t **ret_json); /* a new reference; -EIO */

VG_DEFINE_CLEANUP(CURLM *, curl_multi_cleanup)

#endif
