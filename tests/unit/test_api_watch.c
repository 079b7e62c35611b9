/* SPDX-License-Identifier: Apache-2.0 */
/* Watching over the local API: order, slow watchers, those who leave, and the guard's end. */
#include "api_world.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

struct watch {
	const struct world *w;
	bool started; /* lines before it was in went to nobody, so it counts from its first */
	unsigned next; /* number that the next line should bear */
	unsigned lost;
	bool flooded;
	bool stopped;
	unsigned until;
};

static void put_mode(const struct world *w, const char *path)
{
	struct vg_error error;
	json_t *json;

	must(vg_client_call(w->path, "PUT", path, &error, &json) == 0);
	json_decref(json);
}

/* Every number comes once and in order, or is in the count of a `lost` line that stands just there. */
static void take_line(struct watch *watch, const char *line)
{
	json_t *json = json_loads(line, 0, NULL);
	const char *event = json_string_value(json_object_get(json, "event"));
	unsigned lost = (unsigned)json_integer_value(json_object_get(json, "count"));
	unsigned number = (unsigned)json_integer_value(json_object_get(json, "number"));

	must(event);
	if (!strcmp(event, "lost")) {
		must(json_object_get(json, "time") && lost > 0);
		watch->lost += lost;
		watch->next += lost;
	} else {
		must(!watch->started || number == watch->next);
		watch->started = true;
		watch->next = number + 1;
	}
	json_decref(json);
}

static bool until_enough(void *ctx, const char *line)
{
	struct watch *watch = ctx;

	take_line(watch, line);
	if (!watch->until)
		watch->until = watch->next + 50;
	return watch->next < watch->until;
}

static void watches(const struct world *w)
{
	struct watch watch = { .w = w };
	struct vg_error error;

	must(vg_client_watch(w->path, until_enough, &watch, &error) == 0);
	must(watch.lost == 0);
}

static bool flood_once(void *ctx, const char *line)
{
	struct watch *watch = ctx;

	take_line(watch, line);
	if (!watch->flooded) {
		watch->flooded = true;
		watch->until = watch->next + FLOOD;
		put_mode(watch->w, "/v1/mode?mode=flood");
	}
	return watch->next < watch->until;
}

static void is_flooded(const struct world *w)
{
	struct watch watch = { .w = w };
	struct vg_error error;

	must(vg_client_watch(w->path, flood_once, &watch, &error) == 0);
	must(watch.lost > 0 && watch.lost < FLOOD);
}

static bool stop_once(void *ctx, const char *line)
{
	struct watch *watch = ctx;
	unsigned before = watch->next;

	take_line(watch, line);
	if (!watch->stopped) {
		watch->stopped = true;
		put_mode(watch->w, "/v1/mode?mode=stop");
	} else {
		must(watch->next == before + 1);
		watch->flooded = true; /* the line that was said last has come */
	}
	return true;
}

static void sees_the_end(const struct world *w)
{
	struct watch watch = { .w = w };
	struct vg_error error;

	must(vg_client_watch(w->path, stop_once, &watch, &error) == 0); /* a proper end of the answer, no cut connection */
	must(watch.flooded);
}

/* Asks for the stream and reads the answer's head, so that it surely is in, or not: its status. */
static int raw_watch(const char *path, char *ret_status)
{
	static const char request[] = "GET /v1/watch HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char head[1024];
	size_t n = 0;

	strcpy(address.sun_path, path);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(write(fd, request, sizeof(request) - 1) == sizeof(request) - 1);
	do {
		must(n < sizeof(head) - 1 && read(fd, head + n, 1) == 1);
		head[++n] = 0;
	} while (!strstr(head, "\r\n\r\n"));
	must(sscanf(head, "HTTP/1.1 %3s", ret_status) == 1);
	return fd;
}

/* All places taken, then given back by hanging up, with no event that would show it. */
static void hangs_up(const struct world *w)
{
	uint64_t end = vg_time_boot_ns() + PATIENCE_NS / 2;
	int fds[VG_API_WATCHERS_MAX], fd;
	char status[4];

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = raw_watch(w->path, status);
		must(!strcmp(status, "200"));
	}
	close(raw_watch(w->path, status));
	must(!strcmp(status, "503"));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	do {
		must(vg_time_boot_ns() < end);
		fd = raw_watch(w->path, status);
		close(fd);
	} while (strcmp(status, "200"));
}

static void never_reads(const struct world *w)
{
	struct pollfd p = { .events = POLLRDHUP };
	char status[4];

	p.fd = raw_watch(w->path, status);
	put_mode(w, "/v1/mode?mode=flood");
	put_mode(w, "/v1/mode?mode=stop");
	must(poll(&p, 1, PATIENCE_NS / VG_NS_PER_MS) == 1); /* until the guard hangs up */
}

static void watched_in_order(void **state)
{
	struct world w;

	(void)state;
	world_up(&w);
	start(&w, watches);
	on_publish(&w);
	serve(&w);
	assert_int_equal(w.lost, 0);
	world_down(&w);
}

static void slow_watcher_is_told(void **state)
{
	struct world w;

	(void)state;
	world_up(&w);
	start(&w, is_flooded);
	on_publish(&w);
	serve(&w);
	assert_true(w.lost > 0);
	world_down(&w);
}

static void places_come_back(void **state)
{
	(void)state;
	run_client(hangs_up);
}

/* The guard ends while somebody watches. */
static void run_until_stopped(struct world *w, void (*client)(const struct world *w), bool publishing)
{
	uint64_t start_ns;

	world_up(w);
	start(w, client);
	if (publishing)
		on_publish(w);
	vg_timer_arm(w->patience, vg_time_boot_ns() + PATIENCE_NS);
	assert_int_equal(vg_loop_run(w->loop), STOPPED);
	vg_timer_disarm(w->publisher);
	start_ns = vg_time_boot_ns();
	world_down(w);
	assert_true(vg_time_boot_ns() - start_ns < 5 * VG_NS_PER_SEC);
	assert_int_equal(waitpid(w->child, &w->child_status, 0), w->child);
	assert_true(WIFEXITED(w->child_status) && WEXITSTATUS(w->child_status) == 0);
}

static void last_line_arrives(void **state)
{
	struct world w;

	(void)state;
	run_until_stopped(&w, sees_the_end, true);
}

static void stuck_watcher_does_not_hold_up_the_end(void **state)
{
	struct world w;

	(void)state;
	run_until_stopped(&w, never_reads, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watched_in_order),
		cmocka_unit_test(slow_watcher_is_told),
		cmocka_unit_test(places_come_back),
		cmocka_unit_test(last_line_arrives),
		cmocka_unit_test(stuck_watcher_does_not_hold_up_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
