/* SPDX-License-Identifier: Apache-2.0 */
/* The local API against real clients: questions, refusals, the socket. */
#include "api_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* ---- questions */

static void asks(const struct world *w)
{
	struct vg_error error = { .text = "" };
	json_t *json;

	must(vg_client_call(w->path, "GET", "/v1/status", &error, &json) == 0);
	must(!strcmp(json_string_value(json_object_get(json, "node")), "cp1"));
	json_decref(json);
	must(vg_client_call(w->path, "PUT", "/v1/mode?mode=enforce", &error, &json) == 0);
	json_decref(json);
	must(vg_client_call(w->path, "GET", "/v1/status", &error, &json) == 0);
	must(!strcmp(json_string_value(json_object_get(json, "mode")), "enforce"));
	json_decref(json);
	must(vg_client_call(w->path, "GET", "/v1/explain?address=192.0.2.1&link=a%2Fb&address=2001:db8::1", &error, &json) == 0);
	must(json_array_size(json) == 2);
	must(!strcmp(json_string_value(json_object_get(json_array_get(json, 1), "address")), "2001:db8::1"));
	must(!strcmp(json_string_value(json_object_get(json_array_get(json, 0), "link")), "a/b"));
	json_decref(json);
	must(vg_client_call(w->path, "GET", "/v1/evidence?address=192.0.2.1", &error, &json) == 0);
	must(!strcmp(json_string_value(json_object_get(json, "link")), "evidence"));
	json_decref(json);
}

/* Whoever orders is known by the socket, whatever it says of itself. */
static void orders(const struct world *w)
{
	static const struct {
		const char *path, *what;
	} cases[] = { { "/v1/pause?for=15m", "15m" }, { "/v1/resume", "resume" } };
	struct vg_error error = { .text = "" };
	json_t *json;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		must(vg_client_call(w->path, "PUT", cases[i].path, &error, &json) == 0);
		must(!strcmp(json_string_value(json_object_get(json, "for")), cases[i].what));
		must(json_is_true(json_object_get(json, "known")));
		must(json_integer_value(json_object_get(json, "pid")) == getpid());
		must(json_integer_value(json_object_get(json, "uid")) == (json_int_t)getuid());
		json_decref(json);
	}
}

static void refuses(const struct world *w)
{
	static const struct {
		const char *method;
		const char *path;
		int r;
		const char *text;
	} cases[] = {
		{ "GET", "/v1/check", -EINVAL, "not today" },
		{ "GET", "/v1/doctor", -EINVAL, "the doctor is out" },
		{ "PUT", "/v1/doctor", -EIO, "405" },
		{ "GET", "/v1/explain", -EINVAL, "found no address" },
		{ "GET", "/v1/explain?link=eth0", -EINVAL, "found no address" },
		{ "GET", "/v1/explain?address=192.0.2.1&address=bad", -EINVAL, "\"bad\" is no IP address" },
		{ "GET", "/v1/evidence", -EINVAL, "found no address" },
		{ "GET", "/v1/evidence?address=bad", -EINVAL, "\"bad\" is no IP address" },
		{ "PUT", "/v1/evidence?address=192.0.2.1", -EIO, "405" },
		{ "PUT", "/v1/mode", -EINVAL, "found no mode" },
		{ "GET", "/v1/mode?mode=audit", -EIO, "405" },
		{ "PUT", "/v1/pause", -EINVAL, "found no time" },
		{ "GET", "/v1/pause?for=15m", -EIO, "405" },
		{ "GET", "/v1/resume", -EIO, "405" },
		{ "PUT", "/v1/status", -EIO, "405" },
		{ "PUT", "/v1/watch", -EIO, "405" },
		{ "DELETE", "/v1/status", -EIO, "405" },
		{ "GET", "/", -EIO, "404" },
		{ "GET", "/v1/status/", -EIO, "404" },
		{ "GET", "/v2/status", -EIO, "404: no such path" },
	};
	struct vg_error error;
	json_t *json;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		must(vg_client_call(w->path, cases[i].method, cases[i].path, &error, &json) == cases[i].r);
		must(strstr(error.text, cases[i].text));
	}
}

static void nobody_there(void **state)
{
	struct vg_error error;
	json_t *json;

	(void)state;
	assert_int_equal(vg_client_call("/nonexistent/vipguard.sock", "GET", "/v1/status", &error, &json), -ECONNREFUSED);
	assert_non_null(strstr(error.text, "no guard answers at /nonexistent/vipguard.sock"));
}

static void answers(void **state)
{
	(void)state;
	run_client(asks);
}

static void peers(void **state)
{
	(void)state;
	run_client(orders);
}

static void errors(void **state)
{
	(void)state;
	run_client(refuses);
}

/* ---- the socket */

static void socket_is_private(void **state)
{
	struct world w;
	struct stat st;

	(void)state;
	world_up(&w);
	assert_int_equal(stat(w.path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	world_down(&w);
}

static void second_guard_is_refused(void **state)
{
	struct vg_api_ops ops = { 0 };
	struct vg_error error;
	struct vg_api *second = NULL;
	struct world w;

	(void)state;
	world_up(&w);
	assert_int_equal(vg_api_new(w.loop, w.path, &ops, &error, &second), -EADDRINUSE);
	assert_non_null(strstr(error.text, "another guard answers"));
	assert_null(second);
	assert_int_equal(access(w.path, F_OK), 0); /* and leaves the first one's alone */
	world_down(&w);
}

static void left_over_is_replaced(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct world w;

	(void)state;
	world_up(&w);
	vg_api_free(w.api);
	strcpy(address.sun_path, w.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd); /* as a guard that was killed leaves it */
	new_api(&w);
	start(&w, asks);
	serve(&w);
	world_down(&w);
}

static void other_files_are_not_touched(void **state)
{
	struct vg_api_ops ops = { 0 };
	struct vg_error error;
	struct vg_api *api;
	struct world w;
	int fd;

	(void)state;
	world_up(&w);
	vg_api_free(w.api);
	fd = open(w.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(vg_api_new(w.loop, w.path, &ops, &error, &api), -EEXIST);
	assert_int_equal(unlink(w.path), 0);
	new_api(&w);
	world_down(&w);
}

static unsigned count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void nothing_leaks(void **state)
{
	unsigned before = count_descriptors();

	(void)state;
	run_client(asks);
	run_client(refuses);
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(answers),
		cmocka_unit_test(peers),
		cmocka_unit_test(errors),
		cmocka_unit_test(socket_is_private),
		cmocka_unit_test(second_guard_is_refused),
		cmocka_unit_test(left_over_is_replaced),
		cmocka_unit_test(other_files_are_not_touched),
		cmocka_unit_test(nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
