/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libcurl is told for each request. Certificates and keys are lent to it (CURL_BLOB_NOCOPY), but it copies the CA and the
 * client certificate for each connection, and the request with its Authorization line into a buffer that it does not wipe.
 *
 * HTTP/2 pings are not sent: libcurl does not look whether they are answered. TCP's own keep-alive finds a dead peer.
 */
#include "kube/http_state.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/time.h"

#define RECEIVE_BYTES 16384L /* one TLS record; each call that runs has such a buffer */

#define SET(easy, option, value) \
	do { \
		if (curl_easy_setopt(easy, option, value) != CURLE_OK) \
			return -ENOMEM; \
	} while (0)

VG_DEFINE_CLEANUP(CURLU *, curl_url_cleanup)

/* CURLOPT_WRITEFUNCTION */
static size_t on_data(char *bytes, size_t one, size_t n, void *ctx)
{
	struct vg_http_call *call = ctx;
	long status = 0;

	if (call->state != CALL_RUNNING)
		return 0; /* makes libcurl stop */
	n *= one;
	call->last_ns = vg_time_boot_ns();
	call->http->bytes += n;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (call->sink.data(call->sink.ctx, status, bytes, n) < 0)
		return 0;
	return call->state == CALL_RUNNING ? n : 0;
}

static void note_answer(struct vg_http_call *call)
{
	long version = 0;

	curl_easy_getinfo(call->easy, CURLINFO_HTTP_VERSION, &version);
	call->answered = true;
	call->multiplexed = version == CURL_HTTP_VERSION_2_0;
	call->http->multiplexes = call->multiplexed;
}

/* CURLOPT_HEADERFUNCTION */
static size_t on_header(char *bytes, size_t one, size_t n, void *ctx)
{
	struct vg_http_call *call = ctx;
	const char *type = NULL;
	long status = 0;

	n *= one;
	call->last_ns = vg_time_boot_ns();
	call->http->bytes += n;
	if (call->state != CALL_RUNNING || n != 2 || bytes[0] != '\r') /* the empty line that ends it */
		return n;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200)
		return n;
	note_answer(call);
	curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
	if (call->sink.type)
		call->sink.type(call->sink.ctx, type ? type : "");
	if (call->sink.header && call->state == CALL_RUNNING)
		call->sink.header(call->sink.ctx, status);
	return n;
}

/* CURLOPT_PREREQFUNCTION: the connection stands, the request is about to be sent. */
static int on_connected(void *ctx, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
	struct vg_http_call *call = ctx;
	long n = 0;

	(void)remote_ip, (void)local_ip, (void)remote_port;
	curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &n);
	if (n > call->counted)
		call->http->connections++;
	call->counted = n;
	call->sent = true;
	call->port = local_port;
	call->last_ns = vg_time_boot_ns();
	vg_http_watch_idle(call); /* the limit is a shorter one from here on */
	return CURL_PREREQFUNC_OK;
}

/* CURLOPT_SOCKOPTFUNCTION. A silent peer is probed after keepalive_ns, then every keepalive_ns, and given up after three times
 * that; the same holds for data that it does not acknowledge. */
static int on_new_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const struct vg_http *http = ctx;
	int on = 1, probes = 2, seconds = (int)(http->keepalive_ns / VG_NS_PER_SEC);
	unsigned ms = (unsigned)(3 * (http->keepalive_ns / VG_NS_PER_MS));

	(void)purpose;
	if (!http->keepalive_ns)
		return CURL_SOCKOPT_OK;
	seconds = seconds ? seconds : 1;
	/* each is worth having without the others */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof(seconds));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	return CURL_SOCKOPT_OK;
}

void vg_http_headers_free(struct vg_http_call *call)
{
	for (struct curl_slist *header = call->headers; header; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(call->headers);
	call->headers = NULL;
}

static int add_header(struct vg_http_call *call, const char *line)
{
	struct curl_slist *headers = curl_slist_append(call->headers, line);

	if (!headers)
		return -ENOMEM;
	call->headers = headers;
	return 0;
}

static int add_token(struct vg_http_call *call, const struct vg_secret *token)
{
	size_t size = vg_secret_size(token) + sizeof("Authorization: Bearer ");
	char *line = malloc(size);
	int r;

	if (!line)
		return -ENOMEM;
	snprintf(line, size, "Authorization: Bearer %s", vg_secret_text(token));
	r = add_header(call, line);
	explicit_bzero(line, size);
	free(line);
	return r;
}

static int set_credentials(struct vg_http_call *call, const struct vg_access *access)
{
	int r;

	vg_http_headers_free(call);
	r = add_header(call, call->accept);
	if (r == 0 && call->body_type)
		r = add_header(call, call->body_type);
	if (r < 0)
		return r;
	if (vg_secret_size(access->token)) {
		r = add_token(call, access->token);
		if (r < 0)
			return r;
	} else if (access->user) {
		SET(call->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		SET(call->easy, CURLOPT_USERNAME, access->user);
		SET(call->easy, CURLOPT_PASSWORD, vg_secret_text(access->password));
	}
	SET(call->easy, CURLOPT_HTTPHEADER, call->headers);
	SET(call->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* nothing of it to a proxy's CONNECT */
	return 0;
}

static int set_blob(CURL *easy, CURLoption option, const struct vg_secret *secret)
{
	struct curl_blob blob = { .data = (void *)(uintptr_t)vg_secret_text(secret), .len = vg_secret_size(secret), .flags = CURL_BLOB_NOCOPY };

	return curl_easy_setopt(easy, option, &blob) == CURLE_OK ? 0 : -ENOMEM;
}

/* Where a CA is given, the system's do not count. It is not kept in memory between connections: a CA file may be replaced. */
static int set_ca(CURL *easy, const struct vg_access *access)
{
	SET(easy, CURLOPT_SSL_VERIFYPEER, access->insecure ? 0L : 1L);
	SET(easy, CURLOPT_SSL_VERIFYHOST, access->insecure ? 0L : 2L);
	SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L); /* a TLS library without it keeps nothing */
	if (!access->ca_file && !access->ca_data)
		return 0;
	SET(easy, CURLOPT_CAPATH, NULL);
	SET(easy, CURLOPT_CAINFO, access->ca_file);
	SET(easy, CURLOPT_PROXY_CAPATH, NULL);
	SET(easy, CURLOPT_PROXY_CAINFO, access->ca_file);
	if (!access->ca_data)
		return 0;
	if (set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, access->ca_data) < 0)
		return -ENOMEM;
	return set_blob(easy, CURLOPT_CAINFO_BLOB, access->ca_data);
}

static int set_certificate(CURL *easy, const struct vg_access *access)
{
	if (access->cert_data && set_blob(easy, CURLOPT_SSLCERT_BLOB, access->cert_data) < 0)
		return -ENOMEM;
	if (access->key_data && set_blob(easy, CURLOPT_SSLKEY_BLOB, access->key_data) < 0)
		return -ENOMEM;
	if (!access->cert_data && access->cert_file)
		SET(easy, CURLOPT_SSLCERT, access->cert_file);
	if (!access->key_data && access->key_file)
		SET(easy, CURLOPT_SSLKEY, access->key_file);
	return 0;
}

/* Nothing from the environment: neither a proxy nor an exception from one. */
static int set_proxy(CURL *easy, const struct vg_access *access)
{
	SET(easy, CURLOPT_PROXY, access->proxy_url ? access->proxy_url : "");
	SET(easy, CURLOPT_NOPROXY, access->proxy_url ? "" : "*");
	SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	return 0;
}

/* Without TLS there is no ALPN: libcurl would let every call wait for the first one's answer to learn the version, and a watch may
 * not answer for long. */
static int set_version(CURL *easy, bool tls)
{
	SET(easy, CURLOPT_HTTP_VERSION, tls ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
	SET(easy, CURLOPT_PIPEWAIT, tls ? 1L : 0L);
	return 0;
}

static int set_connection(struct vg_http_call *call)
{
	struct vg_http *http = call->http;
	CURL *easy = call->easy;

	SET(easy, CURLOPT_NOSIGNAL, 1L);
	SET(easy, CURLOPT_QUICK_EXIT, 1L); /* else the end of a call waits for a name server */
	SET(easy, CURLOPT_FRESH_CONNECT, http->fresh ? 1L : 0L);
	SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(http->connect_ns / VG_NS_PER_MS));
	SET(easy, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
	SET(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
	SET(easy, CURLOPT_SOCKOPTDATA, http);
	SET(easy, CURLOPT_CONNECT_TO, http->targets[http->server].connect_to);
	return set_version(easy, !strncasecmp(http->targets[http->server].base, "https:", 6));
}

/* The body is lent to it: libcurl sends it again from its start where a connection of the pool had gone. */
static int set_body(const struct vg_http_call *call)
{
	if (!call->method)
		return 0;
	SET(call->easy, CURLOPT_POSTFIELDS, call->body);
	SET(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body));
	SET(call->easy, CURLOPT_CUSTOMREQUEST, call->method);
	return 0;
}

static int set_request(struct vg_http_call *call)
{
	_cleanup_free_ char *url = NULL;
	CURL *easy = call->easy;

	if (asprintf(&url, "%s%s", call->http->targets[call->http->server].base, call->path) < 0) {
		url = NULL;
		return -ENOMEM;
	}
	SET(easy, CURLOPT_URL, url);
	SET(easy, CURLOPT_PATH_AS_IS, 1L);
	SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
	SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(easy, CURLOPT_USERAGENT, call->http->agent);
	SET(easy, CURLOPT_PRIVATE, call);
	SET(easy, CURLOPT_ERRORBUFFER, call->why);
	SET(easy, CURLOPT_WRITEFUNCTION, on_data);
	SET(easy, CURLOPT_WRITEDATA, call);
	SET(easy, CURLOPT_HEADERFUNCTION, on_header);
	SET(easy, CURLOPT_HEADERDATA, call);
	SET(easy, CURLOPT_PREREQFUNCTION, on_connected);
	SET(easy, CURLOPT_PREREQDATA, call);
	return set_body(call);
}

int vg_http_easy_setup(struct vg_http_call *call)
{
	const struct vg_access *access = call->http->access;
	int r;

	r = set_request(call);
	if (r == 0)
		r = set_connection(call);
	if (r == 0)
		r = set_ca(call->easy, access);
	if (r == 0)
		r = set_certificate(call->easy, access);
	if (r == 0)
		r = set_proxy(call->easy, access);
	if (r == 0)
		r = set_credentials(call, access);
	if (r == 0)
		call->http->fresh = false;
	return r;
}

/* libcurl sends as server name what stands in the URL, and nothing else: so the name goes there, and where it is goes aside. */
static int rename_target(struct target *target, const char *server, const char *name)
{
	VG_CLEANUP(curl_url_cleanupp) CURLU *url = curl_url();
	char *host = NULL, *port = NULL, *base = NULL, *to = NULL;
	int r = -ENOMEM;

	if (url && !curl_url_set(url, CURLUPART_URL, server, 0) && !curl_url_get(url, CURLUPART_HOST, &host, 0) &&
	    !curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) && !curl_url_set(url, CURLUPART_HOST, name, 0) &&
	    !curl_url_get(url, CURLUPART_URL, &base, 0) && asprintf(&to, "::%s:%s", host, port) >= 0) {
		target->base = strdup(base);
		target->connect_to = curl_slist_append(NULL, to);
		r = target->base && target->connect_to ? 0 : -ENOMEM;
		free(to);
	}
	curl_free(host);
	curl_free(port);
	curl_free(base);
	return r;
}

static void cut_slash(char *base)
{
	size_t n = strlen(base);

	if (n && base[n - 1] == '/')
		base[n - 1] = '\0';
}

int vg_http_targets_init(struct vg_http *http, struct vg_error *error)
{
	const struct vg_access *access = http->access;
	int r;

	for (size_t i = 0; i < access->n_servers; i++) {
		struct target *target = &http->targets[i];

		if (access->tls_server_name && !strncasecmp(access->servers[i], "https://", 8))
			r = rename_target(target, access->servers[i], access->tls_server_name);
		else
			r = (target->base = strdup(access->servers[i])) ? 0 : -ENOMEM;
		if (r < 0)
			return vg_error_set(error, -EINVAL, "%s with the name %s: is no URL, or out of memory", access->servers[i],
					    access->tls_server_name ? access->tls_server_name : "");
		cut_slash(target->base);
	}
	return 0;
}

void vg_http_targets_deinit(struct vg_http *http)
{
	for (size_t i = 0; i < VG_SERVERS_MAX; i++) {
		free(http->targets[i].base);
		curl_slist_free_all(http->targets[i].connect_to);
	}
}
