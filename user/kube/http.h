/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the API server on the loop: libcurl's multi interface, one HTTP/2 connection for all where the server offers it.
 * Answers come in pieces as they arrive; nothing is collected here. No callback is called from inside vg_http_get() or vg_http_write().
 *
 * Servers: the first that lets us connect is kept until a connection to it fails; then the next one is tried. An HTTP status,
 * whatever it is, is an answer and no reason to go on.
 */
#ifndef KUBE_HTTP_H
#define KUBE_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/loop.h"
#include "kube/access.h"

#define VG_HTTP_CONNECT_NS_DEFAULT (5ULL * 1000 * 1000 * 1000)

struct vg_http;
struct vg_http_call;

struct vg_http_config {
	struct vg_access *access; /* taken over */
	const char *agent; /* User-Agent; not one that begins with "curl/" (such get indented JSON) */
	uint64_t connect_ns; /* until the connection stands, TLS included */
	uint64_t keepalive_ns; /* TCP keep-alive, and HTTP/2 where libcurl can; a peer that is gone is noticed within three times that */
};

/* How a call ended. error 0: the answer is complete; status then says what it is. */
struct vg_http_end {
	int error; /* -ECONNREFUSED, -ETIMEDOUT (connect, or nothing came for idle_ns), -ECONNRESET (cut off), -EPROTO, -EACCES (TLS verification), -EHOSTUNREACH (name), -ECANCELED (data() refused), -ENOMEM */
	long status; /* of the answer's header, 0: none came */
	uint64_t retry_after_ns; /* Retry-After, 0: none */
	char text[VG_ERROR_MAX]; /* for people; never a secret */
};

struct vg_http_sink {
	void *ctx;
	/* What the body is (Content-Type, "" if that is not said), before header(). NULL: not of interest. */
	void (*type)(void *ctx, const char *content_type);
	/* The header is complete, for better or worse; a watch where nothing happens is known to stand by this alone. NULL: not of interest. */
	void (*header)(void *ctx, long status);
	/* A piece of the body; status is that of the header. A negative value ends the call with -ECANCELED. */
	int (*data)(void *ctx, long status, const char *bytes, size_t n);
	void (*done)(void *ctx, const struct vg_http_end *end); /* once; the call is gone afterwards */
};

struct vg_http_request {
	const char *path; /* "/api/v1/nodes?watch=1&...", escaped; copied */
	const char *accept; /* NULL: application/json */
	uint64_t idle_ns; /* no byte for so long ends it with -ETIMEDOUT; 0: no limit */
	const char *method; /* vg_http_write(): "POST", "PATCH" */
	const char *body, *body_type; /* likewise; NUL-terminated, copied */
	bool lasting; /* after the header a byte of any call on its connection will do: a watch may be quiet while its connection lives */
};

int vg_http_new(struct vg_loop *loop, const struct vg_http_config *config, struct vg_error *ret_error, struct vg_http **ret_http);
void vg_http_free(struct vg_http *http); /* NULL is fine; calls that run end without done() */
/* -ENOMEM, -EINVAL. sink is copied. */
int vg_http_get(struct vg_http *http, const struct vg_http_request *request, const struct vg_http_sink *sink, struct vg_http_call **ret_call);
/* With a body. The same, but for this: where the connection went bad after it was sent the server may have done it all the same. */
int vg_http_write(struct vg_http *http, const struct vg_http_request *request, const struct vg_http_sink *sink, struct vg_http_call **ret_call);
void vg_http_cancel(struct vg_http_call *call); /* NULL is fine; done() is not called any more */
/* After a 401: the token is read again. 1: it is another one, so try again at once; 0: the same; -errno. */
int vg_http_refresh(struct vg_http *http, struct vg_error *ret_error);
/* When something came over its connection, for whichever call: those of one HTTP/2 connection live and die together. Over HTTP/1 a call is alone
 * on its own. */
uint64_t vg_http_heard_ns(const struct vg_http_call *call);
uint32_t vg_http_connection(const struct vg_http_call *call); /* the same for all calls on one HTTP/2 connection. 0: HTTP/1, or no header yet */
bool vg_http_multiplexes(const struct vg_http *http); /* the last answer came over HTTP/2 */
const char *vg_http_server(const struct vg_http *http); /* the one in use */
uint64_t vg_http_bytes(const struct vg_http *http); /* of bodies and headers, received since the start */
uint64_t vg_http_connections(const struct vg_http *http); /* made since the start */

VG_DEFINE_CLEANUP(struct vg_http *, vg_http_free)

#endif
