/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On a real kernel, as root: loads every object, attaches each of its programs, and says with how many instructions the verifier was done. An
 * object that is not taken as a whole is tried program by program.
 */
#include "harness.h"

#include "announce.skel.h"
#include "bind.skel.h"
#include "deny.skel.h"
#include "guard.skel.h"
#include "ioctl.skel.h"

#define LOG_STATS 4 /* BPF_LOG_STATS: only the closing line */
#define STATS_MAX 1024 /* of one program */
#define PROGRAMS_MAX 64

struct object {
	const char *name;
	const void *(*bytes)(size_t *ret_size);
};

static const struct object objects[] = {
	{ "bind", bind_bpf__elf_bytes },	 { "deny", deny_bpf__elf_bytes },   { "ioctl", ioctl_bpf__elf_bytes },
	{ "announce", announce_bpf__elf_bytes }, { "guard", guard_bpf__elf_bytes },
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

static bool attach_one(const struct bpf_program *program)
{
	struct bpf_link *link;

	/* Traffic control has no link that every kernel knows; announce_test attaches it for real. */
	if (bpf_program__type(program) == BPF_PROG_TYPE_SCHED_CLS)
		return true;
	link = bpf_program__attach(program);
	if (!link)
		return false;
	bpf_link__destroy(link);
	return true;
}

static void say(const struct object *object, const struct bpf_program *program, const char *log, bool loaded)
{
	char what[256];

	snprintf(what, sizeof(what), "%-8s %-15s loads and attaches, %lu instructions verified", object->name, bpf_program__name(program),
		 loaded ? count_instructions(log) : 0);
	if (!harness_check(loaded && attach_one(program), what))
		printf("     %s\n", loaded ? strerror(errno) : log);
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

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		try_object(&objects[i]);
	return harness_end();
}
