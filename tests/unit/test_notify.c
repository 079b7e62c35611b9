/* SPDX-License-Identifier: Apache-2.0 */
/* A service manager played by a socket: what reaches it, and what is in the environment instead. */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/notify.h"

struct manager {
	int fd;
	char folder[32];
	char path[64];
};

static void listen_at(struct manager *manager, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));

	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(manager->fd, (struct sockaddr *)&address, len), 0);
	setenv("NOTIFY_SOCKET", path, 1);
}

static int set_up(void **state)
{
	static struct manager manager;

	manager = (struct manager){ .fd = -1, .folder = "/tmp/vg-notify.XXXXXX" };
	assert_non_null(mkdtemp(manager.folder));
	snprintf(manager.path, sizeof(manager.path), "%s/notify", manager.folder);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	*state = &manager;
	return 0;
}

static int tear_down(void **state)
{
	struct manager *manager = *state;

	vg_closep(&manager->fd);
	unlink(manager->path);
	return rmdir(manager->folder);
}

static void assert_heard(const struct manager *manager, const char *wanted)
{
	char text[256] = "";

	assert_true(recv(manager->fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, wanted);
}

static void test_no_manager(void **state)
{
	VG_CLEANUP(vg_notify_freep) struct vg_notify *notify = (struct vg_notify *)1;

	assert_int_equal(vg_notify_new(&notify), 0);
	assert_null(notify);
	assert_int_equal(vg_notify_send(notify, "READY=1"), 0);
	assert_int_equal(vg_notify_watchdog_ns(notify), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(vg_notify_new(&notify), 0);
	assert_null(notify);
}

static void test_path(void **state)
{
	VG_CLEANUP(vg_notify_freep) struct vg_notify *notify = NULL;
	struct manager *manager = *state;

	listen_at(manager, manager->path);
	assert_int_equal(vg_notify_new(&notify), 0);
	assert_int_equal(vg_notify_send(notify, "READY=1\nSTATUS=fine"), 0);
	assert_heard(manager, "READY=1\nSTATUS=fine");
	assert_int_equal(vg_notify_watchdog_ns(notify), 0);
}

static void test_abstract(void **state)
{
	VG_CLEANUP(vg_notify_freep) struct vg_notify *notify = NULL;
	struct manager *manager = *state;
	char name[64];

	snprintf(name, sizeof(name), "@vg-notify-%d", getpid());
	listen_at(manager, name);
	assert_int_equal(vg_notify_new(&notify), 0);
	assert_int_equal(vg_notify_send(notify, "STOPPING=1"), 0);
	assert_heard(manager, "STOPPING=1");
}

static void test_bad_names(void **state)
{
	static char too_long[200] = "/";
	const char *const names[] = { "notify", "vsock:2:1234", "@", "/", too_long };
	struct vg_notify *notify = NULL;

	memset(too_long + 1, 'a', sizeof(too_long) - 2);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		assert_case(names[i], vg_notify_new(&notify) == -EINVAL && !notify);
	}
}

/* One that has gone, and one that does not read: told so, and never held up. */
static void test_deaf_manager(void **state)
{
	VG_CLEANUP(vg_notify_freep) struct vg_notify *notify = NULL;
	struct manager *manager = *state;
	int r = 0;

	listen_at(manager, manager->path);
	assert_int_equal(vg_notify_new(&notify), 0);
	for (int i = 0; i < 1000000 && r == 0; i++)
		r = vg_notify_send(notify, "WATCHDOG=1");
	assert_int_equal(r, -EAGAIN);
	vg_closep(&manager->fd);
	manager->fd = -1;
	assert_int_equal(vg_notify_send(notify, "WATCHDOG=1"), -ECONNREFUSED);
}

static void test_watchdog(void **state)
{
	char pid[16], other[16];
	const struct {
		const char *usec, *pid;
		uint64_t ns;
	} cases[] = {
		{ "7000000", NULL, 7000000000 },
		{ "7000000", pid, 7000000000 },
		{ "7000000", other, 0 },
		{ "7000000", "", 0 },
		{ "", NULL, 0 },
		{ "-1", NULL, 0 },
		{ "7s", NULL, 0 },
		{ " 7", NULL, 0 },
		{ "0", NULL, 0 },
		{ "18446744073709551615", NULL, 0 },
	};
	struct manager *manager = *state;

	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(other, sizeof(other), "%d", getpid() + 1);
	listen_at(manager, manager->path);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		VG_CLEANUP(vg_notify_freep) struct vg_notify *notify = NULL;

		setenv("WATCHDOG_USEC", cases[i].usec, 1);
		unsetenv("WATCHDOG_PID");
		if (cases[i].pid)
			setenv("WATCHDOG_PID", cases[i].pid, 1);
		assert_int_equal(vg_notify_new(&notify), 0);
		assert_case(cases[i].usec, vg_notify_watchdog_ns(notify) == cases[i].ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_manager, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_path, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_abstract, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deaf_manager, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watchdog, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
