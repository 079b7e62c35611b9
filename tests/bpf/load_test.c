/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load_test BASELINE MEASURED: on a real kernel, as root: loads every object, attaches each of its programs, and holds the number of instructions
 * with which the verifier was done against the BASELINE of this kernel. An object that is not taken as a whole is tried program by program. Both
 * files have lines "KERNEL OBJECT PROGRAM NUMBER", KERNEL being major.minor; MEASURED is written.
 */
#include <fcntl.h>

#include "harness.h"

#include "announce.skel.h"
#include "bind.skel.h"
#include "bypass.skel.h"
#include "deny.skel.h"
#include "guard.skel.h"
#include "ioctl.skel.h"

#include <sys/utsname.h>

#define LOG_STATS 4 /* BPF_LOG_STATS: only the closing line */
#define STATS_MAX 1024 /* of one program */
#define PROGRAMS_MAX 64

/* What a program may grow without anybody deciding so. */
#define GROWTH_PERCENT 10
#define GROWTH_LEAST 20

static const char *baseline_path;
static FILE *measured;
static char kernel[32];

struct object {
	const char *name;
	const void *(*bytes)(size_t *ret_size);
};

static const struct object objects[] = {
	{ "bind", bind_bpf__elf_bytes },	 { "deny", deny_bpf__elf_bytes },   { "ioctl", ioctl_bpf__elf_bytes },
	{ "announce", announce_bpf__elf_bytes }, { "guard", guard_bpf__elf_bytes }, { "bypass", bypass_bpf__elf_bytes },
};

static struct bpf_object *open_object(const struct object *object)
{
	struct bpf_object *opened;
	size_t size;
	const void *bytes = object->bytes(&size);

	opened = bpf_object__open_mem(bytes, size, NULL);
	if (!opened)
		harness_die(object->name);
	return opened;
}

/* "processed 123 insns (limit ...": the number, 0 if it is not there. */
static unsigned long count_instructions(const char *log)
{
	const char *at = strstr(log, "processed ");

	return at ? strtoul(at + strlen("processed "), NULL, 10) : 0;
}

static struct bpf_link *attach_to_root(const struct bpf_program *program)
{
	int fd = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct bpf_link *link = bpf_program__attach_cgroup(program, fd);

	close(fd);
	return link;
}

static bool attach_one(const struct bpf_program *program)
{
	struct bpf_link *link;

	/* Traffic control has no link that every kernel knows; announce_test attaches it for real. */
	if (bpf_program__type(program) == BPF_PROG_TYPE_SCHED_CLS)
		return true;
	link = bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SOCKOPT ? attach_to_root(program) : bpf_program__attach(program);
	if (!link)
		return false;
	bpf_link__destroy(link);
	return true;
}

static void find_kernel(void)
{
	struct utsname name;
	unsigned int major = 0, minor = 0;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		harness_die("uname");
	snprintf(kernel, sizeof(kernel), "%u.%u", major, minor);
}

/* 0: there is none. */
static unsigned long find_baseline(const char *object, const char *program)
{
	FILE *file = fopen(baseline_path, "re");
	char line[256], wanted[128];
	unsigned long number = 0;
	size_t len = (size_t)snprintf(wanted, sizeof(wanted), "%s %s %s ", kernel, object, program);

	if (!file)
		harness_die(baseline_path);
	while (!number && fgets(line, sizeof(line), file))
		if (!strncmp(line, wanted, len))
			number = strtoul(line + len, NULL, 10);
	fclose(file);
	return number;
}

static void hold_against_baseline(const char *object, const char *program, unsigned long number)
{
	unsigned long before = find_baseline(object, program), growth = before * GROWTH_PERCENT / 100;
	char what[256];

	fprintf(measured, "%s %s %s %lu\n", kernel, object, program, number);
	snprintf(what, sizeof(what), "%-8s %-15s %lu instructions verified, %lu in tests/data/verifier-baseline (make verifier-baseline renews it)",
		 object, program, number, before);
	harness_check(number && before && number <= before + (growth > GROWTH_LEAST ? growth : GROWTH_LEAST), what);
}

static void say(const struct object *object, const struct bpf_program *program, const char *log, bool loaded)
{
	char what[256];

	snprintf(what, sizeof(what), "%-8s %-15s loads and attaches", object->name, bpf_program__name(program));
	if (!harness_check(loaded && attach_one(program), what))
		printf("     %s\n", loaded ? strerror(errno) : log);
	if (loaded)
		hold_against_baseline(object->name, bpf_program__name(program), count_instructions(log));
}

static void try_one(const struct object *object, const char *name)
{
	static char log[1 << 20];
	struct bpf_object *opened = open_object(object);
	struct bpf_program *program, *wanted = bpf_object__find_program_by_name(opened, name);

	log[0] = '\0';
	bpf_object__for_each_program(program, opened) bpf_program__set_autoload(program, program == wanted);
	bpf_program__set_log_buf(wanted, log, sizeof(log));
	bpf_program__set_log_level(wanted, LOG_STATS);
	say(object, wanted, log, !bpf_object__load(opened));
	bpf_object__close(opened);
}

/* The kernel's types are read once for all. */
static bool try_whole(const struct object *object)
{
	static char logs[PROGRAMS_MAX][STATS_MAX];
	struct bpf_object *opened = open_object(object);
	struct bpf_program *program;
	unsigned int n = 0;
	bool loaded;

	bpf_object__for_each_program(program, opened)
	{
		if (n == PROGRAMS_MAX)
			harness_die("more programs than PROGRAMS_MAX");
		logs[n][0] = '\0';
		bpf_program__set_log_buf(program, logs[n++], STATS_MAX);
		bpf_program__set_log_level(program, LOG_STATS);
	}
	loaded = !bpf_object__load(opened);
	n = 0;
	if (loaded)
		bpf_object__for_each_program(program, opened) say(object, program, logs[n++], true);
	bpf_object__close(opened);
	return loaded;
}

static void try_object(const struct object *object)
{
	struct bpf_program *program;
	struct bpf_object *opened;

	if (try_whole(object))
		return;
	opened = open_object(object);
	bpf_object__for_each_program(program, opened) try_one(object, bpf_program__name(program));
	bpf_object__close(opened);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3)
		return 2;
	baseline_path = argv[1];
	measured = fopen(argv[2], "we");
	if (!measured)
		harness_die(argv[2]);
	find_kernel();
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		try_object(&objects[i]);
	fclose(measured);
	return harness_end();
}
