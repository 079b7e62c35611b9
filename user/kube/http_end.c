/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/http_state.h"

#include <errno.h>

#include "base/time.h"

#define RETRY_AFTER_SECONDS_MAX 3600 /* of what a server may ask for */

bool vg_http_end_no_connection(const struct vg_http_call *call, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_WRITE_ERROR: return false;
	/* also with call->sent: a connection of the pool had gone, and there was no new one */
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR: return true;
	default: return !call->sent;
	}
}

static int connect_error(CURL *easy)
{
	long code = 0;

	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &code);
	switch (code) {
	case ETIMEDOUT: return -ETIMEDOUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EADDRNOTAVAIL: return -EHOSTUNREACH;
	default: return -ECONNREFUSED;
	}
}

static int error_of(CURL *easy, CURLcode code)
{
	long proxy = 0;

	curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
	if (code != CURLE_OK && proxy >= 300)
		return -ECONNREFUSED; /* by the proxy */
	switch (code) {
	case CURLE_OK: return 0;
	case CURLE_OUT_OF_MEMORY: return -ENOMEM;
	case CURLE_WRITE_ERROR: return -ECANCELED;
	case CURLE_OPERATION_TIMEDOUT: return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT: return connect_error(easy);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY: return -EHOSTUNREACH;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR: return -EACCES;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2_STREAM: return -ECONNRESET;
	default: return -EPROTO;
	}
}

/* libcurl's own text names the proxy's URL, and a password in it, where it cannot make sense of that URL. */
static const char *why(const struct vg_http_call *call, CURLcode code)
{
	bool plain = code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;

	return plain || !call->why[0] ? curl_easy_strerror(code) : call->why;
}

static void fill_text(const struct vg_http_call *call, CURLcode code, struct vg_http_end *end)
{
	const char *server = call->http->access->servers[call->server];

	if (!end->error)
		snprintf(end->text, sizeof(end->text), "%s answered %ld", server, end->status);
	else if (code == CURLE_OPERATION_TIMEDOUT && call->sent)
		snprintf(end->text, sizeof(end->text), "%s: nothing came for %.1f s", server, (double)call->idle_ns / (double)VG_NS_PER_SEC);
	else if (call->tries > 1)
		snprintf(end->text, sizeof(end->text), "%s: %s (%zu servers tried)", server, why(call, code), call->tries);
	else
		snprintf(end->text, sizeof(end->text), "%s: %s", server, why(call, code));
}

void vg_http_end_fill(struct vg_http_call *call, CURLcode code, struct vg_http_end *end)
{
	curl_off_t seconds = 0;

	*end = (struct vg_http_end){ .error = error_of(call->easy, code) };
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &end->status);
	curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds > 0)
		end->retry_after_ns = (uint64_t)(seconds < RETRY_AFTER_SECONDS_MAX ? seconds : RETRY_AFTER_SECONDS_MAX) * VG_NS_PER_SEC;
	fill_text(call, code, end);
}
