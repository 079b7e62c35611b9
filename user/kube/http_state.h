/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to http*.c. A call is owned by its vg_http from vg_http_get() or vg_http_write() until done() has returned or it is cancelled.
 *
 * libcurl allows no call to curl_multi_*() from inside its callbacks. So while it is driven, calls that start wait in CALL_QUEUED
 * and calls that are cancelled in CALL_GONE until it has returned; done() runs only after it has returned.
 */
#ifndef KUBE_HTTP_STATE_H
#define KUBE_HTTP_STATE_H

#include <stdbool.h>

#include <curl/curl.h>

#include "kube/http.h"

enum call_state {
	CALL_QUEUED, /* to be handed to libcurl */
	CALL_RUNNING, /* in libcurl's hands */
	CALL_GONE, /* cancelled while in libcurl's hands */
	CALL_FAILED, /* in libcurl's hands, but its socket cannot be watched */
	CALL_ENDING, /* done() runs; not in the list any more */
};

struct vg_http_call {
	struct vg_http *http;
	struct vg_http_call *next;
	enum call_state state;
	CURL *easy;
	struct curl_slist *headers; /* with the token in it: wiped */
	struct vg_http_sink sink;
	char *path;
	char *accept; /* the header's whole line */
	char *method, *body, *body_type; /* NULL: a GET; body_type is the header's whole line */
	uint64_t idle_ns;
	bool lasting;
	bool answered; /* the header is complete */
	bool multiplexed; /* over HTTP/2 */
	uint64_t last_ns; /* when something was received, or the start */
	size_t server; /* that it was sent to */
	size_t tries; /* servers tried */
	long counted; /* of its connections */
	bool sent; /* a connection stood and has the request */
	int port; /* our side's of that connection */
	char why[CURL_ERROR_SIZE];
};

/* A server, as libcurl must be told it. */
struct target {
	char *base; /* URL without a path; with tls-server-name as host if there is one */
	struct curl_slist *connect_to; /* where that host really is; NULL without tls-server-name */
};

struct sock {
	struct vg_http *http;
	struct sock *next;
	curl_socket_t fd;
	struct vg_io *io;
	int port; /* our side's; 0: not known yet */
	uint64_t last_ns; /* when it was readable */
};

struct vg_http {
	struct vg_loop *loop;
	struct vg_access *access;
	char *agent;
	uint64_t connect_ns;
	uint64_t keepalive_ns;
	struct target targets[VG_SERVERS_MAX];
	size_t server;
	bool fresh; /* a connection went bad: the next call makes its own, whatever the pool still holds */
	CURLM *multi;
	struct vg_timer *timer; /* libcurl's */
	struct vg_timer *idle; /* the earliest that a call can be overdue; re-armed when it fires, not with each byte */
	struct vg_http_call *calls;
	struct sock *socks;
	bool driving;
	bool multiplexes; /* the last answer came over HTTP/2 */
	uint64_t bytes;
	uint64_t connections;
};

/* http_easy.c: all options of the call for http->server; fills call->server. -ENOMEM, -EINVAL. */
int vg_http_easy_setup(struct vg_http_call *call);
void vg_http_headers_free(struct vg_http_call *call); /* wipes */
int vg_http_targets_init(struct vg_http *http, struct vg_error *error);
void vg_http_targets_deinit(struct vg_http *http);

/* http_drive.c */
int vg_http_drive_init(struct vg_http *http);
int vg_http_drive_open(struct vg_http *http); /* with the first call: libcurl and its TLS library take 2 MB. -ENOMEM */
void vg_http_drive_deinit(struct vg_http *http);
void vg_http_watch_idle(struct vg_http_call *call); /* arms http->idle for it, if need be */

/* http_end.c */
void vg_http_end_fill(struct vg_http_call *call, CURLcode code, struct vg_http_end *end);
bool vg_http_end_no_connection(const struct vg_http_call *call, CURLcode code); /* another server may do better */

/* http.c */
int vg_http_start(struct vg_http_call *call); /* on http->server */
void vg_http_settle(struct vg_http *http); /* after libcurl was driven: takes away, ends and starts what has come together */
void vg_http_finish(struct vg_http_call *call, CURLcode code); /* tries the next server, or done() */

#endif
