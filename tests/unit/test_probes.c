/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics, /healthz and /readyz over TCP: what is answered, what is not, a port that is taken, and clients that do not read. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/time.h"
#include "report/probes.h"

#define PATIENCE_NS (20 * VG_NS_PER_SEC)
#define PAGE_BYTES (8 * 1024 * 1024) /* more than the sockets of one connection hold */

/* In the child. */
#define must(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "client, line %d: %s\n", __LINE__, #condition); \
			_exit(1); \
		} \
	} while (0)

struct world {
	struct vg_loop *loop;
	struct vg_timer *patience;
	struct vg_signals *signals;
	struct vg_probes *probes;
	struct vg_listen listen;
	const char *page;
	const char *why; /* not ready */
	pid_t child;
	int status;
};

static const char *on_metrics(void *ctx, size_t *ret_n)
{
	const struct world *w = ctx;

	*ret_n = w->page ? strlen(w->page) : 0;
	return w->page;
}

static bool names_vips; /* of the next world */

static const char *on_vips(void *ctx)
{
	(void)ctx;
	return "{\"vips\": []}";
}

static const char *on_unready(void *ctx)
{
	return ((const struct world *)ctx)->why;
}

static void on_patience(void *ctx)
{
	vg_loop_quit(((struct world *)ctx)->loop, -ETIMEDOUT);
}

static void on_signal(void *ctx, int signo)
{
	struct world *w = ctx;

	if (waitpid(w->child, &w->status, WNOHANG) == w->child)
		vg_loop_quit(w->loop, 0);
}

static struct sockaddr_in address_of(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* Listens where nobody else does: the number of a port that was free a moment ago may be taken. */
static void listen_somewhere(struct world *w, uint64_t visit_ns)
{
	struct vg_probes_config config = { .ops = { .ctx = w, .metrics = on_metrics, .unready = on_unready }, .visit_ns = visit_ns };
	struct vg_error error;
	int r = -1;

	config.ops.vips = names_vips ? on_vips : NULL;
	assert_int_equal(vg_addr_parse("127.0.0.1", &w->listen.addr), 0);
	for (uint16_t port = 20000; r < 0 && port < 30000; port = (uint16_t)(port + 7)) {
		w->listen.port = config.listen.port = port;
		config.listen.addr = w->listen.addr;
		r = vg_probes_new(w->loop, &config, &error, &w->probes);
		assert_true(r == 0 || r == -EADDRINUSE);
	}
	assert_int_equal(r, 0);
}

static void world_up(struct world *w, uint64_t visit_ns)
{
	static const int signals[] = { SIGCHLD, 0 };

	*w = (struct world){ .page = "a_page 1\n" };
	assert_int_equal(vg_loop_new(&w->loop), 0);
	assert_int_equal(vg_timer_new(w->loop, on_patience, w, &w->patience), 0);
	assert_int_equal(vg_signals_new(w->loop, signals, on_signal, w, &w->signals), 0);
	listen_somewhere(w, visit_ns);
}

static void world_down(struct world *w)
{
	vg_probes_free(w->probes);
	vg_signals_free(w->signals);
	vg_timer_free(w->patience);
	vg_loop_free(w->loop);
}

/* Serves until the client has left; it must have been content. */
static void run(struct world *w, void (*client)(const struct world *w))
{
	int r;

	w->child = fork();
	assert_true(w->child >= 0);
	if (w->child == 0) {
		client(w);
		_exit(0);
	}
	vg_timer_arm(w->patience, vg_time_boot_ns() + PATIENCE_NS);
	r = vg_loop_run(w->loop);
	if (r < 0) {
		kill(w->child, SIGKILL);
		waitpid(w->child, NULL, 0);
	}
	assert_int_equal(r, 0);
	assert_true(WIFEXITED(w->status) && WEXITSTATUS(w->status) == 0);
}

/* ---- the client */

static int visit(const struct world *w)
{
	struct sockaddr_in address = address_of(w->listen.port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static void say(int fd, const char *text)
{
	must(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* Until the server closes, which it does after each answer. */
static void read_all(int fd, char *out, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while ((got = recv(fd, out + n, size - 1 - n, 0)) > 0)
		n += (size_t)got;
	must(got == 0);
	out[n] = 0;
	close(fd);
}

static void ask(const struct world *w, const char *request, const char *status, const char *contains)
{
	char answer[4096], head[64];
	int fd = visit(w);

	say(fd, request);
	read_all(fd, answer, sizeof(answer));
	snprintf(head, sizeof(head), "HTTP/1.1 %s", status);
	must(strncmp(answer, head, strlen(head)) == 0);
	must(strstr(answer, contains));
	must(strstr(answer, "Connection: close"));
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static void asks(const struct world *w)
{
	ask(w, GET("/metrics"), "200", "\r\n\r\na_page 1\n");
	ask(w, GET("/metrics?name=x"), "200", "Content-Type: text/plain; version=0.0.4; charset=utf-8");
	ask(w, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200", "Content-Length: 9");
	ask(w, GET("/healthz"), "200", "\r\n\r\nok\n");
	ask(w, GET("/readyz"), "200", "\r\n\r\nready\n");
	ask(w, "PUT /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "405", "another method");
	ask(w, GET("/"), "404", "no such path");
	ask(w, GET("/metrics/"), "404", "no such path");
	/* the API of the socket is not there */
	ask(w, GET("/v1/status"), "404", "no such path");
	/* and no address is named */
	ask(w, GET("/v1/vips"), "404", "--metrics-vips");
	ask(w, "PUT /v1/mode?mode=audit HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "404", "no such path");
}

static void asks_for_vips(const struct world *w)
{
	ask(w, GET("/v1/vips"), "200", "Content-Type: application/json");
	ask(w, GET("/v1/vips"), "200", "\r\n\r\n{\"vips\": []}");
	ask(w, "PUT /v1/vips HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "405", "another method");
	ask(w, GET("/v1/status"), "404", "no such path");
}

static void asks_too_early(const struct world *w)
{
	ask(w, GET("/readyz"), "503", "\r\n\r\nnot yet\n");
	ask(w, GET("/healthz"), "200", "ok");
	ask(w, GET("/metrics"), "503", "out of memory");
}

/* Every place is taken by one that never reads, or reads and says a byte now and then: each is cut off, and who waits is served. */
static void asks_behind_slow_ones(const struct world *w)
{
	int fds[VG_PROBE_CONNECTIONS_MAX], last;
	struct pollfd p;
	char answer[64];

	for (int i = 0; i < VG_PROBE_CONNECTIONS_MAX; i++) {
		fds[i] = visit(w);
		say(fds[i], i % 2 ? GET("/metrics") : "GET /metr");
	}
	last = visit(w);
	say(last, GET("/healthz"));
	p = (struct pollfd){ .fd = last, .events = POLLIN };
	while (poll(&p, 1, 50) == 0) {
		for (int i = 0; i < VG_PROBE_CONNECTIONS_MAX; i++) {
			(void)send(fds[i], i % 2 ? " " : "x", 1, MSG_NOSIGNAL);
			if (i % 2)
				(void)recv(fds[i], answer, 1, MSG_DONTWAIT);
		}
	}
	must(recv(last, answer, sizeof(answer) - 1, 0) > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0);
}

/* ---- tests */

static void answers(void **state)
{
	struct world w;

	world_up(&w, 0);
	run(&w, asks);
	world_down(&w);
}

static void vips_where_wanted(void **state)
{
	struct world w;

	names_vips = true;
	world_up(&w, 0);
	names_vips = false;
	run(&w, asks_for_vips);
	world_down(&w);
}

static void not_ready(void **state)
{
	struct world w;

	world_up(&w, 0);
	w.why = "not yet";
	w.page = NULL;
	run(&w, asks_too_early);
	world_down(&w);
}

static void slow_ones(void **state)
{
	char *page = malloc(PAGE_BYTES);
	struct world w;

	assert_non_null(page);
	memset(page, 'x', PAGE_BYTES - 1);
	page[PAGE_BYTES - 1] = 0;
	world_up(&w, 2 * VG_NS_PER_SEC);
	w.page = page;
	run(&w, asks_behind_slow_ones);
	world_down(&w);
	free(page);
}

static void taken(void **state)
{
	struct vg_probes *second = NULL;
	struct vg_error error;
	char where[80];
	struct world w;

	world_up(&w, 0);
	assert_int_equal(vg_probes_new(w.loop, &(struct vg_probes_config){ .listen = w.listen }, &error, &second), -EADDRINUSE);
	snprintf(where, sizeof(where), "127.0.0.1:%u: another program listens there", w.listen.port);
	assert_string_equal(error.text, where);
	assert_null(second);
	world_down(&w);
}

static void not_here(void **state)
{
	struct vg_probes *probes = NULL;
	struct vg_listen listen;
	struct vg_error error;
	struct world w;

	world_up(&w, 0);
	assert_int_equal(vg_listen_parse("203.0.113.77:9477", &listen), 0);
	assert_int_equal(vg_probes_new(w.loop, &(struct vg_probes_config){ .listen = listen }, &error, &probes), -EADDRNOTAVAIL);
	assert_non_null(strstr(error.text, "203.0.113.77:9477: cannot listen"));
	assert_null(probes);
	world_down(&w);
}

static void texts(void **state)
{
	static const char *const good[] = { "127.0.0.1:9477", "0.0.0.0:1", "[::1]:65535", "[::]:9477", "[2001:db8::1]:80", "off" };
	static const char *const bad[] = { "9477",
					   ":9477",
					   "127.0.0.1",
					   "127.0.0.1:",
					   "127.0.0.1:0",
					   "127.0.0.1:65536",
					   "127.0.0.1:9x",
					   "127.0.0.1:+9",
					   "127.0.0.1: 9",
					   "localhost:9477",
					   "::1:9477",
					   "[::1]9477",
					   "[::1:9477",
					   "[127.0.0.1]:9",
					   "[fe80::1%lo]:9",
					   "on",
					   "127.0.0.1:09477",
					   "[]:9",
					   "[:9",
					   "]:9",
					   "Off",
					   " off",
					   "127.0.0.1:99999999999999999999" };
	struct vg_listen listen;
	char text[VG_LISTEN_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(vg_listen_parse(good[i], &listen), 0);
		vg_listen_to_str(&listen, text);
		assert_string_equal(text, good[i]);
	}
	assert_int_equal(vg_listen_parse("", &listen), 0);
	assert_int_equal(listen.port, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (vg_listen_parse(bad[i], &listen) != -EINVAL)
			fail_msg("\"%s\" is taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers), cmocka_unit_test(vips_where_wanted), cmocka_unit_test(not_ready), cmocka_unit_test(slow_ones),
		cmocka_unit_test(taken),   cmocka_unit_test(not_here),		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
