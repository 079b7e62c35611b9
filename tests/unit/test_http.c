/* SPDX-License-Identifier: Apache-2.0 */
/* vg_http against a server that misbehaves, over plain HTTP/1.1. */
#include "http_world.h"

#include <dirent.h>
#include <fcntl.h>

/* ---- answers */

static int release_next(struct got *got)
{
	server_release(&got->world->server);
	return 0;
}

/* The server sends the next piece only after data() had the one before: nothing is kept back. */
static void answer_in_pieces(void **state)
{
	struct world *w = *state;
	struct got got = { .on_data = release_next };

	get(w, &got, "/pieces");
	server_release(&w->server);
	run(w);
	assert_int_equal(got.end.error, 0);
	assert_int_equal(got.end.status, 200);
	assert_int_equal(got.status, 200);
	assert_string_equal(got.body, "onetwothree");
	assert_int_equal(got.pieces, 3);
	assert_true(vg_http_bytes(w->http) > strlen("onetwothree"));
	assert_int_equal(vg_http_connections(w->http), 1);
}

static void status_is_an_answer(void **state)
{
	static const struct {
		int status;
		uint64_t retry_after_ns;
	} cases[] = {
		{ 200, 0 }, { 302, 0 }, { 401, 0 }, { 403, 0 }, { 404, 0 }, { 429, 7 * VG_NS_PER_SEC }, { 500, 0 }, { 503, 7 * VG_NS_PER_SEC }
	};
	struct world *w = *state;
	char path[32];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct got got = { 0 };

		snprintf(path, sizeof(path), "/status/%d", cases[i].status);
		get(w, &got, path);
		run(w);
		assert_case(path, got.end.error == 0 && got.end.status == cases[i].status);
		assert_case(path, got.end.retry_after_ns == cases[i].retry_after_ns);
		assert_case(path, got.status == cases[i].status && !strcmp(got.body, "{}"));
	}
	assert_int_equal(vg_http_connections(w->http), 1); /* the same for all */
}

static void request_as_asked(void **state)
{
	static const struct vg_http_sink sink = { .data = got_data, .done = got_done };
	struct world *w = *state;
	struct vg_http_call *call;
	struct got got = { 0 };
	static const char *const bad[] = { "", "echo", "/a b", "/a\r\nX: y", "/a\n", "http://192.0.2.1/" };

	setenv("http_proxy", "http://192.0.2.1:1", 1);
	setenv("ALL_PROXY", "http://192.0.2.1:1", 1);
	get(w, &got, "/echo/../x?watch=1&a=%20");
	run(w);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_non_null(strstr(got.body, "GET /echo/../x?watch=1&a=%20 HTTP/1.1\r\n"));
	assert_non_null(strstr(got.body, "User-Agent: vipguard-test\r\n"));
	assert_non_null(strstr(got.body, "Accept: application/json\r\n"));
	assert_null(strstr(got.body, "Authorization"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_case(bad[i], vg_http_get(w->http, &(struct vg_http_request){ .path = bad[i] }, &sink, &call) == -EINVAL);
	assert_int_equal(vg_http_get(w->http, &(struct vg_http_request){ .path = "/", .accept = "a\r\nb: c" }, &sink, &call), -EINVAL);
	assert_int_equal(vg_http_get(w->http, &(struct vg_http_request){ .path = "/", .method = "POST" }, &sink, &call), -EINVAL);
	assert_int_equal(vg_http_write(w->http, &(struct vg_http_request){ .path = "/", .method = "POST" }, &sink, &call), -EINVAL);
	assert_int_equal(vg_http_write(w->http, &(struct vg_http_request){ .path = "/", .method = "POST", .body = "{}", .body_type = "a\r\nb: c" },
				       &sink, &call),
			 -EINVAL);
}

static void agent_is_checked(void **state)
{
	static const char *const bad[] = { NULL, "curl/8", "Curl/8", "a\r\nb" };
	struct world *w = *state;
	struct vg_http *http;
	struct vg_error error;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vg_http_config config = { .access = new_access(w->server.url, NULL), .agent = bad[i] };

		assert_int_equal(vg_http_new(w->loop, &config, &error, &http), -EINVAL);
	}
}

/* ---- servers */

static void refused_then_the_next(void **state)
{
	struct world *w = *state;
	struct got got = { 0 }, again = { 0 };
	char refusing[64];
	__attribute__((unused)) _cleanup_close_ int fd = bind_port("http://", refusing);

	connect_world(w, new_access(refusing, w->server.url));
	assert_string_equal(vg_http_server(w->http), refusing);
	get(w, &got, "/status/200");
	run(w);
	assert_int_equal(got.end.error, 0);
	assert_string_equal(vg_http_server(w->http), w->server.url);
	get(w, &again, "/status/500"); /* no reason to go on */
	run(w);
	assert_int_equal(again.end.status, 500);
	assert_string_equal(vg_http_server(w->http), w->server.url);
}

static void all_refuse(void **state)
{
	struct world *w = *state;
	struct got got = { 0 };
	char one[64], two[64];
	__attribute__((unused)) _cleanup_close_ int fd1 = bind_port("http://", one);
	__attribute__((unused)) _cleanup_close_ int fd2 = bind_port("http://", two);

	connect_world(w, new_access(one, two));
	get(w, &got, "/");
	run(w);
	assert_int_equal(got.end.error, -ECONNREFUSED);
	assert_int_equal(got.end.status, 0);
	assert_non_null(strstr(got.end.text, two));
	assert_non_null(strstr(got.end.text, "2 servers tried"));
	assert_int_equal(vg_http_connections(w->http), 0);
}

/* Several calls at once meet a server that is away: the change of server is made once, not once for each of them. */
static void many_change_server_once(void **state)
{
	struct world *w = *state;
	struct got got[5] = { 0 };
	char refusing[64];
	__attribute__((unused)) _cleanup_close_ int fd = bind_port("http://", refusing);

	connect_world(w, new_access(refusing, w->server.url));
	for (size_t i = 0; i < ARRAY_SIZE(got); i++)
		get(w, &got[i], "/status/200");
	run(w);
	for (size_t i = 0; i < ARRAY_SIZE(got); i++)
		assert_int_equal(got[i].end.error, 0);
	assert_string_equal(vg_http_server(w->http), w->server.url);
}

/* A server that accepts and says nothing never becomes a TLS connection. */
static void handshake_hangs(void **state)
{
	struct world *w = *state;
	struct server *mute = calloc(1, sizeof(*mute));
	struct got got = { 0 };
	char url[80];

	assert_non_null(mute);
	mute->mute = true;
	server_start(mute);
	snprintf(url, sizeof(url), "https://%s", mute->bare);
	connect_world(w, new_access(url, NULL));
	get(w, &got, "/");
	run(w);
	assert_int_equal(got.end.error, -ETIMEDOUT);
	connect_world(w, new_access(url, w->server.url));
	get(w, &got, "/status/200");
	run(w);
	assert_int_equal(got.end.error, 0);
	server_stop(mute);
	free(mute);
}

static void no_such_name(void **state)
{
	struct world *w = *state;
	struct got got = { 0 };

	connect_world(w, new_access("https://no-such-host.invalid", NULL));
	get(w, &got, "/");
	run(w);
	assert_int_equal(got.end.error, -EHOSTUNREACH);
}

/* ---- silence and ends */

static void silence_ends_it(void **state)
{
	static const char *const paths[] = { "/hang", "/half" };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		uint64_t before = vg_time_boot_ns();
		struct got got = { 0 }, after = { 0 };

		get_idle(w, &got, paths[i], 200 * VG_NS_PER_MS);
		run(w);
		assert_case(paths[i], got.end.error == -ETIMEDOUT);
		assert_case(paths[i], strstr(got.end.text, "nothing came for 0.2 s"));
		assert_case(paths[i], vg_time_boot_ns() - before >= 200 * VG_NS_PER_MS);
		get(w, &after, "/status/200"); /* not on the connection that hangs */
		run(w);
		assert_case(paths[i], after.end.error == 0);
	}
	assert_int_equal(vg_http_connections(w->http), 3); /* two that hung, one that does for all good ones until it hangs */
}

struct drip {
	struct world *w;
	struct vg_timer *timer;
};

static void drip(void *ctx)
{
	struct drip *d = ctx;

	server_release(&d->w->server);
	vg_timer_arm(d->timer, vg_time_boot_ns() + 600 * VG_NS_PER_MS);
}

/* Three pieces, 600 ms apart: longer than the limit in all, but never silent for so long. */
static void each_byte_counts(void **state)
{
	struct world *w = *state;
	struct drip d = { .w = w };
	struct got got = { 0 };
	uint64_t before = vg_time_boot_ns();

	assert_int_equal(vg_timer_new(w->loop, drip, &d, &d.timer), 0);
	get_idle(w, &got, "/pieces", 1000 * VG_NS_PER_MS);
	vg_timer_arm(d.timer, before + 600 * VG_NS_PER_MS);
	run(w);
	vg_timer_free(d.timer);
	assert_int_equal(got.end.error, 0);
	assert_string_equal(got.body, "onetwothree");
	assert_true(vg_time_boot_ns() - before > 1000 * VG_NS_PER_MS);
}

static void cut_off(void **state)
{
	struct world *w = *state;
	struct got got = { 0 };

	get(w, &got, "/cut");
	run(w);
	assert_int_equal(got.end.error, -ECONNRESET);
	assert_int_equal(got.end.status, 200);
	assert_string_equal(got.body, "12345");
	get(w, &got, "/reset");
	run(w);
	assert_int_equal(got.end.error, -ECONNRESET);
	assert_int_equal(got.end.status, 0);
}

/* The server closes after each answer, without having said so: a new connection is made and no call is lost. */
static void closed_in_between(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 5; i++) {
		struct got got = { 0 };

		get(w, &got, "/close");
		run(w);
		assert_int_equal(got.end.error, 0);
		assert_string_equal(got.body, "once");
	}
	assert_int_equal(vg_http_connections(w->http), 5);
}

/* ---- callbacks */

static int refuse(struct got *got)
{
	(void)got;
	return -EFBIG;
}

static void data_refuses(void **state)
{
	struct world *w = *state;
	struct got got = { .on_data = refuse };

	get(w, &got, "/echo");
	run(w);
	assert_int_equal(got.end.error, -ECANCELED);
	assert_int_equal(got.pieces, 1);
}

static int cancel_self(struct got *got)
{
	vg_http_cancel(got->call);
	not_awaited(got->world);
	return 0;
}

static int cancel_other(struct got *got)
{
	vg_http_cancel(got->other->call);
	not_awaited(got->world);
	return 0;
}

static int cancel_self_and_refuse(struct got *got)
{
	cancel_self(got);
	return -EFBIG;
}

static void cancel_inside_data(void **state)
{
	struct world *w = *state;
	struct got got = { .on_data = cancel_self }, refused = { .on_data = cancel_self_and_refuse }, hanging = { 0 };
	struct got cancelling = { .on_data = cancel_other, .other = &hanging };

	get(w, &got, "/echo");
	get(w, &refused, "/echo");
	get(w, &hanging, "/hang");
	get(w, &cancelling, "/echo");
	run(w);
	assert_false(got.done || refused.done || hanging.done);
	assert_int_equal(got.pieces, 1);
	assert_true(cancelling.done);
}

static void cancel_other_done(struct got *got)
{
	cancel_other(got);
	vg_http_cancel(got->call); /* its own, which is ending anyway */
}

static void cancel_inside_done(void **state)
{
	struct world *w = *state;
	struct got hanging = { 0 }, never = { 0 };
	struct got got = { .on_done = cancel_other_done, .other = &hanging };

	get(w, &hanging, "/hang");
	get(w, &got, "/status/200");
	get(w, &never, "/hang");
	vg_http_cancel(never.call); /* before it began */
	w->waiting--;
	vg_http_cancel(NULL);
	run(w);
	assert_true(got.done);
	assert_false(hanging.done || never.done);
}

/* Two that end in the same round of the loop, each cancelling the other: one of them is never done. */
static void cancel_each_other(void **state)
{
	struct world *w = *state;
	struct got one = { .on_done = cancel_other_done }, two = { .on_done = cancel_other_done };

	for (int i = 0; i < 20; i++) {
		one.other = &two;
		two.other = &one;
		get(w, &one, "/status/200");
		get(w, &two, "/status/200");
		run(w);
		assert_int_equal(one.done + two.done, 1);
	}
}

static int start_other(struct got *got)
{
	if (got->other)
		get(got->world, got->other, "/echo");
	got->other = NULL;
	return 0;
}

static void start_other_done(struct got *got)
{
	start_other(got);
}

static void start_inside_callbacks(void **state)
{
	struct world *w = *state;
	struct got last = { 0 }, middle = { .on_done = start_other_done, .other = &last };
	struct got first = { .on_data = start_other, .other = &middle };

	get(w, &first, "/echo");
	run(w);
	assert_true(first.done && middle.done && last.done);
	assert_int_equal(last.end.status, 200);
}

static int start_and_cancel(struct got *got)
{
	get(got->world, got->other, "/echo");
	vg_http_cancel(got->other->call);
	not_awaited(got->world);
	return 0;
}

static void start_and_cancel_inside_data(void **state)
{
	struct world *w = *state;
	struct got other = { 0 }, got = { .on_data = start_and_cancel, .other = &other };

	get(w, &got, "/echo");
	run(w);
	assert_true(got.done);
	assert_false(other.done);
}

static void free_with_running_calls(void **state)
{
	struct world *w = *state;
	struct got hang = { 0 }, half = { 0 }, done = { 0 }, fresh = { 0 };

	get(w, &hang, "/hang");
	get(w, &half, "/half");
	get(w, &done, "/status/200");
	w->waiting -= 2;
	run(w);
	get(w, &fresh, "/hang");
	vg_http_free(w->http);
	w->http = NULL;
	assert_false(hang.done || half.done || fresh.done);
	vg_http_free(NULL);
}

static size_t count_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(folder);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

static void no_descriptor_stays(void **state)
{
	struct world *w = *state;
	size_t before;

	vg_http_free(w->http);
	w->http = NULL;
	before = count_fds();
	for (int i = 0; i < 10; i++) {
		struct got bad = { 0 };

		connect_world(w, new_access(w->server.url, NULL));
		get_idle(w, &bad, "/cut", VG_NS_PER_SEC);
		run(w);
		vg_http_free(w->http);
		w->http = NULL;
	}
	assert_int_equal(count_fds(), before);
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(answer_in_pieces),
		WITH_WORLD(status_is_an_answer),
		WITH_WORLD(request_as_asked),
		WITH_WORLD(agent_is_checked),
		WITH_WORLD(refused_then_the_next),
		WITH_WORLD(all_refuse),
		WITH_WORLD(many_change_server_once),
		WITH_WORLD(handshake_hangs),
		WITH_WORLD(no_such_name),
		WITH_WORLD(silence_ends_it),
		WITH_WORLD(each_byte_counts),
		WITH_WORLD(cut_off),
		WITH_WORLD(closed_in_between),
		WITH_WORLD(data_refuses),
		WITH_WORLD(cancel_inside_data),
		WITH_WORLD(cancel_inside_done),
		WITH_WORLD(cancel_each_other),
		WITH_WORLD(start_inside_callbacks),
		WITH_WORLD(start_and_cancel_inside_data),
		WITH_WORLD(free_with_running_calls),
		WITH_WORLD(no_descriptor_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
