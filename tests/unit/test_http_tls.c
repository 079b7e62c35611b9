/* SPDX-License-Identifier: Apache-2.0 */
/* vg_http over TLS, through a proxy, and with credentials. The certificates are made anew for each run. */
#include "http_world.h"

#include <microhttpd.h>
#include <sys/stat.h>

#include "conf/file.h"

struct files {
	char folder[32];
	char *ca, *cert, *key; /* of "api.example.test", signed by the CA */
	char *other_ca; /* of nobody here */
};

static struct files files;

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void shell(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		fail_msg("failed: %s", command);
}

static char *slurp(const char *name)
{
	char path[64], *text;
	struct vg_error error;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", files.folder, name);
	if (vg_file_read(path, &error, &text, &size) < 0)
		fail_msg("%s", error.text);
	return text;
}

static int make_files(void **state)
{
	static const char new_key[] = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

	strcpy(files.folder, "/tmp/vg-tls-XXXXXX");
	assert_non_null(mkdtemp(files.folder));
	shell("cd %s && for n in ca other; do openssl req -x509 %s -subj /CN=$n -days 2 -keyout $n.key -out $n.pem 2>/dev/null || exit 1; done",
	      files.folder, new_key);
	shell("cd %s && openssl req %s -subj /CN=api -keyout key.pem -out api.csr 2>/dev/null && "
	      "printf 'subjectAltName=DNS:api.example.test' >ext && "
	      "openssl x509 -req -in api.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out cert.pem 2>/dev/null",
	      files.folder, new_key);
	files.ca = slurp("ca.pem");
	files.other_ca = slurp("other.pem");
	files.cert = slurp("cert.pem");
	files.key = slurp("key.pem");
	return 0;
}

static int remove_files(void **state)
{
	shell("rm -r %s", files.folder);
	free(files.ca);
	free(files.other_ca);
	free(files.cert);
	free(files.key);
	return 0;
}

/* ---- a server with TLS */

struct tls {
	struct MHD_Daemon *daemon;
	struct MHD_Connection *suspended; /* GET /hang */
	char url[64];
};

static void say_nothing(void *ctx, const char *format, va_list args)
{
}

static enum MHD_Result tls_answer(void *ctx, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
				  const char *upload, size_t *upload_size, void **request)
{
	const char *auth = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	struct MHD_Response *response;
	enum MHD_Result r;
	struct tls *tls = ctx;
	char text[256];

	if (!*request) { /* an answer at this first of two calls would close the connection */
		*request = tls;
		return MHD_YES;
	}
	if (!strcmp(url, "/hang") && !tls->suspended) {
		tls->suspended = connection;
		MHD_suspend_connection(connection);
		return MHD_YES;
	}
	snprintf(text, sizeof(text), "%s host=%s auth=%s", url, MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host"),
		 auth ? auth : "none");
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
	r = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return r;
}

static void tls_start(struct tls *tls)
{
	const unsigned flags = MHD_USE_TLS | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

	/* a socket of our own, so that it is on 127.0.0.1 only */
	int fd = bind_port("https://", tls->url);

	assert_return_code(listen(fd, 16), errno);
	tls->daemon = MHD_start_daemon(flags, 0, NULL, NULL, tls_answer, tls, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_LISTEN_SOCKET,
				       fd, MHD_OPTION_HTTPS_MEM_KEY, files.key, MHD_OPTION_HTTPS_MEM_CERT, files.cert, MHD_OPTION_END);
	assert_non_null(tls->daemon);
}

struct tls_world {
	struct world *w;
	struct tls tls;
};

static int tls_setup(void **state)
{
	struct tls_world *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	world_setup((void **)&t->w);
	tls_start(&t->tls);
	*state = t;
	return 0;
}

static int tls_teardown(void **state)
{
	struct tls_world *t = *state;

	vg_http_free(t->w->http);
	t->w->http = NULL;
	if (t->tls.suspended)
		MHD_resume_connection(t->tls.suspended);
	MHD_stop_daemon(t->tls.daemon);
	world_teardown((void **)&t->w);
	free(t);
	return 0;
}

static struct vg_secret *secret_of(const char *text)
{
	struct vg_secret *secret;

	assert_int_equal(vg_secret_new(text, strlen(text), &secret), 0);
	return secret;
}

static struct vg_access *tls_access(const struct tls_world *t, const char *ca, const char *name)
{
	struct vg_access *access = new_access(t->tls.url, NULL);

	access->ca_data = ca ? secret_of(ca) : NULL;
	access->tls_server_name = name ? strdup(name) : NULL;
	return access;
}

static void ask(struct world *w, struct vg_access *access, struct got *got)
{
	connect_world(w, access);
	get(w, got, "/x");
	run(w);
}

/* ---- certificates */

static void the_name_is_checked(void **state)
{
	struct tls_world *t = *state;
	struct got got = { 0 };

	ask(t->w, tls_access(t, files.ca, "api.example.test"), &got);
	assert_string_equal(got.end.text + strlen(t->tls.url), " answered 200");
	assert_non_null(strstr(got.body, "/x host=api.example.test:"));
	ask(t->w, tls_access(t, files.ca, NULL), &got); /* its certificate is not one for 127.0.0.1 */
	assert_int_equal(got.end.error, -EACCES);
	ask(t->w, tls_access(t, files.ca, "other.example.test"), &got);
	assert_int_equal(got.end.error, -EACCES);
}

static void the_ca_is_checked(void **state)
{
	struct tls_world *t = *state;
	struct vg_access *access;
	struct got got = { 0 };

	ask(t->w, tls_access(t, files.other_ca, "api.example.test"), &got);
	assert_int_equal(got.end.error, -EACCES);
	assert_int_equal(got.end.status, 0);
	assert_non_null(strstr(got.end.text, "certificate"));
	ask(t->w, tls_access(t, NULL, "api.example.test"), &got); /* the system's */
	assert_int_equal(got.end.error, -EACCES);
	access = tls_access(t, NULL, NULL);
	access->insecure = true;
	ask(t->w, access, &got);
	assert_int_equal(got.end.error, 0);
}

/* The file counts at each new connection, so that a CA that was replaced is in use at once. */
static void the_ca_file_may_change(void **state)
{
	struct tls_world *t = *state;
	struct vg_access *access = tls_access(t, NULL, "api.example.test");
	struct got got = { 0 };

	shell("cd %s && cp other.pem now.pem", files.folder);
	assert_true(asprintf(&access->ca_file, "%s/now.pem", files.folder) > 0);
	ask(t->w, access, &got);
	assert_int_equal(got.end.error, -EACCES);
	shell("cd %s && cp ca.pem now.pem", files.folder);
	get(t->w, &got, "/x");
	run(t->w);
	assert_int_equal(got.end.error, 0);
	shell("cd %s && rm now.pem", files.folder);
	ask(t->w, tls_access(t, "no PEM at all", "api.example.test"), &got);
	assert_int_equal(got.end.error, -EACCES);
}

/* A server without ALPN: a call does not wait for the answer to another one. */
static void calls_do_not_wait(void **state)
{
	struct tls_world *t = *state;
	struct got hanging = { 0 }, got[3] = { 0 };

	connect_world(t->w, tls_access(t, files.ca, "api.example.test"));
	get_idle(t->w, &hanging, "/hang", VG_NS_PER_SEC);
	for (size_t i = 0; i < ARRAY_SIZE(got); i++)
		get(t->w, &got[i], "/x");
	run(t->w);
	for (size_t i = 0; i < ARRAY_SIZE(got); i++)
		assert_int_equal(got[i].end.error, 0);
	assert_int_equal(hanging.end.error, -ETIMEDOUT);
}

/* Not the first server's certificate, but the second's. */
static void a_wrong_one_then_the_next(void **state)
{
	struct tls_world *t = *state;
	struct got got = { 0 };
	struct vg_access *access = new_access(t->tls.url, t->w->server.url);

	access->ca_data = secret_of(files.ca);
	connect_world(t->w, access);
	get(t->w, &got, "/status/200");
	run(t->w);
	assert_int_equal(got.end.error, 0);
	assert_string_equal(vg_http_server(t->w->http), t->w->server.url);
}

/* What openssl s_server has found is in its answer. */
static void our_certificate_is_shown(void **state)
{
	struct tls_world *t = *state;
	struct got got = { 0 };
	struct vg_access *access;
	char command[512], line[256], url[64] = "";
	unsigned port;
	FILE *server;

	snprintf(command, sizeof(command),
		 "cd %s && exec openssl s_server -accept 127.0.0.1:0 -naccept 1 -Verify 1 -verify_return_error -CAfile ca.pem -cert cert.pem -key "
		 "key.pem "
		 "-www 2>&1 </dev/null",
		 files.folder);
	server = popen(command, "r");
	assert_non_null(server);
	while (!url[0] && fgets(line, sizeof(line), server)) {
		if (sscanf(line, "ACCEPT 127.0.0.1:%u", &port) == 1)
			snprintf(url, sizeof(url), "https://127.0.0.1:%u", port);
	}
	assert_string_not_equal(url, "");
	access = new_access(url, NULL);
	access->ca_data = secret_of(files.ca);
	access->tls_server_name = strdup("api.example.test");
	access->cert_data = secret_of(files.cert);
	access->key_data = secret_of(files.key);
	ask(t->w, access, &got);
	while (fgets(line, sizeof(line), server))
		;
	assert_int_equal(pclose(server), 0);
	assert_int_equal(got.end.error, 0);
	assert_non_null(strstr(got.body, "Client certificate"));
}

/* ---- credentials */

static void write_token(const char *path, const char *token)
{
	char next[80];
	FILE *file;

	snprintf(next, sizeof(next), "%s.next", path);
	file = fopen(next, "w");
	assert_non_null(file);
	fprintf(file, "%s\n", token);
	assert_int_equal(fclose(file), 0);
	assert_return_code(rename(next, path), errno);
}

/* A new token is used without anybody asking for it; a lost file leaves the old one. */
static void a_rotated_token_is_used(void **state)
{
	struct tls_world *t = *state;
	struct vg_access *access = tls_access(t, files.ca, "api.example.test");
	char path[64];
	struct got got = { 0 };
	struct vg_error error;

	snprintf(path, sizeof(path), "%s/token", files.folder);
	write_token(path, "first");
	access->token_file = strdup(path);
	ask(t->w, access, &got);
	assert_non_null(strstr(got.body, "auth=Bearer first"));
	write_token(path, "second");
	get(t->w, &got, "/x");
	run(t->w);
	assert_non_null(strstr(got.body, "auth=Bearer second"));
	assert_int_equal(vg_http_connections(t->w->http), 1); /* no new one for that */
	assert_int_equal(vg_http_refresh(t->w->http, &error), 0);
	write_token(path, "third");
	assert_int_equal(vg_http_refresh(t->w->http, &error), 1);
	assert_return_code(unlink(path), errno);
	assert_int_equal(vg_http_refresh(t->w->http, &error), -ENOENT);
	get(t->w, &got, "/x");
	run(t->w);
	assert_non_null(strstr(got.body, "auth=Bearer third"));
}

static void basic_and_fixed_token(void **state)
{
	struct tls_world *t = *state;
	struct vg_access *access = tls_access(t, files.ca, "api.example.test");
	struct got got = { 0 };

	access->user = strdup("admin");
	access->password = secret_of("pass");
	ask(t->w, access, &got);
	assert_non_null(strstr(got.body, "auth=Basic YWRtaW46cGFzcw=="));
	access = tls_access(t, files.ca, "api.example.test");
	access->token = secret_of("fixed");
	ask(t->w, access, &got);
	assert_non_null(strstr(got.body, "auth=Bearer fixed"));
	assert_int_equal(vg_http_refresh(t->w->http, NULL), 0);
}

/* ---- a proxy */

static void the_proxy_is_asked(void **state)
{
	struct tls_world *t = *state;
	struct vg_access *access = new_access("https://192.0.2.1:6443", NULL);
	struct got got = { 0 };

	setenv("no_proxy", "*", 1);
	access->token = secret_of("hidden-token");
	assert_true(asprintf(&access->proxy_url, "http://me:hidden-password@%s", t->w->server.bare) > 0);
	ask(t->w, access, &got);
	unsetenv("no_proxy");
	assert_int_equal(got.end.error, -ECONNREFUSED);
	assert_int_equal(got.end.status, 0);
	assert_null(strstr(got.end.text, "hidden"));
	server_stop(&t->w->server);
	assert_int_equal(strncmp(t->w->server.last, "CONNECT 192.0.2.1:6443 HTTP/1.1\r\n", 33), 0);
	assert_null(strstr(t->w->server.last, "hidden-token"));
	assert_non_null(strstr(t->w->server.last, "Proxy-Authorization: Basic "));
}

#define WITH_TLS(fn) cmocka_unit_test_setup_teardown(fn, tls_setup, tls_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TLS(the_name_is_checked),	   WITH_TLS(the_ca_is_checked),		WITH_TLS(the_ca_file_may_change),
		WITH_TLS(calls_do_not_wait),	   WITH_TLS(a_wrong_one_then_the_next), WITH_TLS(our_certificate_is_shown),
		WITH_TLS(a_rotated_token_is_used), WITH_TLS(basic_and_fixed_token),	WITH_TLS(the_proxy_is_asked),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
