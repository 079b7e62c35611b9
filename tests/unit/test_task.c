/* SPDX-License-Identifier: Apache-2.0 */
/* A process by a folder of the form of /proc: the same one, one whose pid was given away, one that has ended or executed something else. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "kern/task.h"

#define TICK_NS 10000000ULL /* of the 100 a second that user space is told */
#define UID "a5c1f8d5-1919-434d-add7-4afaafdaef89"
#define ID "5eed917563583925ffdbd40a64efb2aaffe58638e57add8becaf460fe74f5b1c"

static char root[] = "/tmp/vg-test-task-XXXXXX";

static const struct vg_who somebody = { .pid = 42, .tid = 43, .start_ns = 7777 * TICK_NS + 3, .comm = "kube-vip" };

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/42/%s", root, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int set_up(void **state)
{
	char path[128];

	(void)state;
	strcpy(root + sizeof(root) - 7, "XXXXXX");
	assert_non_null(mkdtemp(root));
	make_folder("42");
	make_folder("42/task");
	make_folder("42/task/43");
	put("stat", "42 (kube) vip)) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 9 0 7777 1 1\n");
	put("task/43/comm", "kube-vip\n");
	put("cgroup", "11:memory:/kubepods/burstable/pod" UID "/" ID "\n1:name=systemd:/init.scope\n0::/\n");
	snprintf(path, sizeof(path), "%s/42/exe", root);
	assert_int_equal(symlink("/kube-vip", path), 0);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "42/stat", "42/task/43/comm", "42/cgroup", "42/exe", "42/task/43", "42/task", "42", "" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		remove(path);
	}
	return 0;
}

static void test_same(void **state)
{
	struct vg_task task;

	(void)state;
	assert_int_equal(vg_task_describe(root, &somebody, &task), 0);
	assert_string_equal(task.exe, "/kube-vip");
	assert_string_equal(task.cgroup, "/kubepods/burstable/pod" UID "/" ID);
	assert_string_equal(task.of.pod_uid, UID);
	assert_string_equal(task.of.container, ID);
	vg_task_deinit(&task);
}

static void assert_nobody(const struct vg_who *who)
{
	struct vg_task task;

	assert_int_equal(vg_task_describe(root, who, &task), 0);
	assert_null(task.exe);
	assert_null(task.cgroup);
	assert_string_equal(task.of.pod_uid, "");
	assert_string_equal(task.of.container, "");
	vg_task_deinit(&task);
}

static void test_pid_given_away(void **state)
{
	struct vg_who before = somebody, unknown = { .pid = 0 };

	(void)state;
	before.start_ns -= TICK_NS;
	assert_nobody(&before);
	assert_nobody(&unknown);
	before.pid = 41;
	assert_nobody(&before);
}

/* By its name alone, where the kernel does not say when it began. */
static void test_without_start(void **state)
{
	struct vg_who who = somebody;
	struct vg_task task;

	(void)state;
	who.start_ns = 0;
	assert_int_equal(vg_task_describe(root, &who, &task), 0);
	assert_string_equal(task.exe, "/kube-vip");
	vg_task_deinit(&task);
	strcpy(who.comm, "rogue");
	assert_nobody(&who);
}

static void test_executed(void **state)
{
	struct vg_task task;

	(void)state;
	put("task/43/comm", "sh\n");
	assert_int_equal(vg_task_describe(root, &somebody, &task), 0);
	assert_null(task.exe);
	assert_string_equal(task.of.pod_uid, UID);
	vg_task_deinit(&task);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pid_given_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_without_start, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_executed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
