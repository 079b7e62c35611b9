/* SPDX-License-Identifier: Apache-2.0 */
/* Files written as a whole or not at all, into a folder or an archive. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/time.h"
#include "cli/pack.h"
#include "cli/tar.h"

#define REAL_NS (1700000000 * VG_NS_PER_SEC)

static char dir[64];

static int set_up(void **state)
{
	strcpy(dir, "/tmp/vg-pack-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct vg_bundle_files two_files(void)
{
	struct vg_bundle_files files = { .n = 0 };

	assert_int_equal(vg_bundle_add_file(&files, "README.txt", strdup("read me\n"), 8), 0);
	assert_int_equal(vg_bundle_add_file(&files, "x.pcap", calloc(1, 600), 600), 0);
	return files;
}

static const char *at(const char *name)
{
	static char paths[2][128];
	static int i;

	i ^= 1;
	snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, name);
	return paths[i];
}

static unsigned entries_of(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void assert_file(const char *path, off_t size)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, size);
}

static void folder(void **state)
{
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = two_files();
	struct vg_error error;
	struct stat st;

	assert_int_equal(vg_pack_check(at("new"), &error), 0);
	assert_int_equal(vg_pack_write(at("new"), &files, REAL_NS, &error), 0);
	assert_int_equal(stat(at("new"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_file(at("new/README.txt"), 8);
	assert_file(at("new/x.pcap"), 600);
	/* an empty one, with a slash behind */
	assert_int_equal(mkdir(at("empty"), 0755), 0);
	assert_int_equal(vg_pack_check(at("empty/"), &error), 0);
	assert_int_equal(vg_pack_write(at("empty/"), &files, REAL_NS, &error), 0);
	assert_file(at("empty/README.txt"), 8);
	assert_int_equal(entries_of(dir), 2);
}

static void nothing_is_replaced(void **state)
{
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = two_files();
	static const char *const paths[] = { "full", "file", "file.tar.gz", "dir.tar.gz", "link" };
	struct vg_error error;

	assert_int_equal(mkdir(at("full"), 0755), 0);
	assert_int_equal(mkdir(at("full/x"), 0755), 0);
	assert_int_equal(mkdir(at("dir.tar.gz"), 0755), 0);
	assert_int_equal(symlink("nowhere", at("link")), 0);
	fclose(fopen(at("file"), "w"));
	fclose(fopen(at("file.tar.gz"), "w"));
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_case(paths[i], vg_pack_check(at(paths[i]), &error) == -EEXIST);
		assert_case(paths[i], strstr(error.text, "is there already"));
		/* also if it came there after the check */
		assert_case(paths[i], vg_pack_write(at(paths[i]), &files, REAL_NS, &error) < 0);
		assert_case(paths[i], strstr(error.text, "cannot write"));
	}
	assert_int_equal(entries_of(dir), ARRAY_SIZE(paths));
	assert_int_equal(entries_of(at("full")), 1);
}

/* What cannot be written leaves nothing behind. */
static void half(void **state)
{
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = two_files();
	struct vg_error error;

	assert_int_equal(vg_pack_write(at("no/such"), &files, REAL_NS, &error), -ENOENT);
	assert_int_equal(vg_pack_write(at("no/such.tar.gz"), &files, REAL_NS, &error), -ENOENT);
	files.list[1].name = "no/such";
	assert_int_equal(vg_pack_write(at("new"), &files, REAL_NS, &error), -ENOENT);
	files.list[1].name = "a-name-of-more-than-a-hundred-characters-which-no-head-of-an-archive-has-room-for-whatever-it-is-that-is-in-it";
	assert_int_equal(vg_pack_write(at("new.tgz"), &files, REAL_NS, &error), -ENAMETOOLONG);
	assert_int_equal(entries_of(dir), 0);
}

static void no_room(void **state)
{
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = two_files();
	struct rlimit before, small;
	struct vg_error error;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 100, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(vg_pack_write(at("new"), &files, REAL_NS, &error), -EFBIG);
	assert_int_equal(vg_pack_write(at("new.tar.gz"), &files, REAL_NS, &error), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(entries_of(dir), 0);
}

static unsigned octal(const char *text)
{
	return (unsigned)strtoul(text, NULL, 8);
}

static void archive(void **state)
{
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = two_files();
	char bytes[8192];
	struct vg_error error;
	unsigned sum = 0;
	gzFile in;
	int n;

	assert_int_equal(vg_pack_write(at("a.tar.gz"), &files, REAL_NS, &error), 0);
	assert_int_equal(vg_pack_write(at("b.tgz"), &files, REAL_NS, &error), 0);
	assert_int_equal(entries_of(dir), 2);
	in = gzopen(at("a.tar.gz"), "rb");
	n = gzread(in, bytes, sizeof(bytes));
	assert_int_equal(gzclose(in), Z_OK);
	/* a folder, a file of a block, one of two, the end */
	assert_int_equal(n, VG_TAR_BLOCK * (1 + 2 + 3 + 2));
	assert_string_equal(bytes, "vipguard-evidence/");
	assert_int_equal(bytes[156], '5');
	assert_string_equal(bytes + 512, "vipguard-evidence/README.txt");
	assert_int_equal(octal(bytes + 512 + 124), 8);
	assert_int_equal(octal(bytes + 512 + 136), REAL_NS / VG_NS_PER_SEC);
	assert_memory_equal(bytes + 512 + 257,
			    "ustar\0"
			    "00",
			    8);
	for (int i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)bytes[512 + i];
	assert_int_equal(octal(bytes + 512 + 148), sum);
	assert_memory_equal(bytes + 1024, "read me\n", 9);
	assert_string_equal(bytes + 1536, "vipguard-evidence/x.pcap");
	assert_int_equal(octal(bytes + 1536 + 124), 600);
}

/* Bundles of the same are the same, byte by byte. */
static void same(void **state)
{
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = two_files();
	struct vg_error error;
	char command[256];

	assert_int_equal(vg_pack_write(at("a.tar.gz"), &files, REAL_NS, &error), 0);
	assert_int_equal(vg_pack_write(at("b.tar.gz"), &files, REAL_NS, &error), 0);
	snprintf(command, sizeof(command), "cmp %s %s", at("a.tar.gz"), at("b.tar.gz"));
	assert_int_equal(system(command), 0);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_FOLDER(folder), IN_A_FOLDER(nothing_is_replaced), IN_A_FOLDER(half), IN_A_FOLDER(no_room), IN_A_FOLDER(archive),
		IN_A_FOLDER(same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
