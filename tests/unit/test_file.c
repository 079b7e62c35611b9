/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "conf/assignments.h"
#include "conf/file.h"

static char folder[] = "/tmp/vipguard-test-XXXXXX";
static char path[sizeof(folder) + 16];

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void write_file(const char *text, size_t n)
{
	_cleanup_fclose_ FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, n, file), n);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 4097, 100000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_free_ char *text = NULL, *written = malloc(sizes[i] + 1);
		struct vg_error error;
		size_t size;

		memset(written, 'a' + (int)i, sizes[i]);
		write_file(written, sizes[i]);
		assert_int_equal(vg_file_read(path, &error, &text, &size), 0);
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(text, written, size);
		assert_int_equal(text[size], '\0');
	}
}

static void fails(const char *what, int expected, const char *part)
{
	struct vg_error error = { "" };
	char *text = NULL;
	size_t size;

	assert_case(what, vg_file_read(what, &error, &text, &size) == expected);
	assert_case(what, strstr(error.text, part) && !strncmp(error.text, what, strlen(what)));
	assert_null(text);
	assert_int_equal(vg_file_read(what, NULL, &text, &size), expected);
}

static void test_what_is_no_file(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;

	(void)state;
	fails(folder, -EISDIR, "is a directory; expected a file");
	unlink(path);
	fails(path, -ENOENT, "No such file");
	fails("/dev/zero", -EFBIG, "more than 64 MiB");
	assert_int_equal(symlink(path, path), 0);
	fails(path, -ELOOP, "symbolic links");
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	fails(path, -ENXIO, "cannot be read");
	unlink(path);
}

/* One that nobody writes to reads as empty; it must not hang. */
static void test_pipe(void **state)
{
	_cleanup_free_ char *nothing = NULL, *text = NULL;
	struct vg_error error;
	char pipe_path[64];
	size_t size = 77;
	int ends[2];

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(vg_file_read(path, &error, &nothing, &size), 0);
	assert_int_equal(size, 0);
	unlink(path);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "version: 1\n", 11), 11);
	close(ends[1]);
	snprintf(pipe_path, sizeof(pipe_path), "/dev/fd/%d", ends[0]);
	assert_int_equal(vg_file_read(pipe_path, &error, &text, &size), 0);
	assert_string_equal(text, "version: 1\n");
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_what_is_no_file),
		cmocka_unit_test(test_pipe),
	};

	return cmocka_run_group_tests_name("file", tests, setup, teardown);
}
