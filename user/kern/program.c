/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbpf tells why a program was refused only through its print function, so the last telling line is kept there until the
 * outcome is recorded. libbpf's print function is global, hence so is this line.
 */
#include "kern/program.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/log.h"
#include "kern/pins.h"

static char last_words[120];

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* The verifier closes with statistics, libbpf with a bracket and with what it concludes itself. */
static bool says_why(const char *line)
{
	return *line && !starts_with(line, "processed ") && !starts_with(line, "-- ") && !strstr(line, "-- BEGIN PROG LOAD LOG") &&
	       !strstr(line, "-- END PROG LOAD LOG") && !starts_with(line, "libbpf: failed to load");
}

static void keep_last_words(char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (says_why(line))
			snprintf(last_words, sizeof(last_words), "%.*s", (int)sizeof(last_words) - 1, line);
	}
}

__attribute__((format(printf, 2, 0))) static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;

	if (level == LIBBPF_DEBUG || vasprintf(&text, format, args) < 0)
		return 0;
	vg_log(VG_LOG_DEBUG, "%s", text);
	if (level == LIBBPF_WARN && strstr(text, "PROG LOAD LOG"))
		keep_last_words(text);
	return 0;
}

void vg_program_forget(void)
{
	last_words[0] = '\0';
}

void vg_program_init(void)
{
	vg_program_forget();
	libbpf_set_print(print_libbpf);
}

bool vg_program_has_btf(void)
{
	return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

/* libbpf takes a file only. */
static int export_btf(const struct bpf_object *object, int *ret_fd)
{
	_cleanup_close_ int fd = memfd_create("vg_btf", MFD_CLOEXEC);
	const struct btf *btf = bpf_object__btf(object);
	const void *data;
	__u32 size;

	if (fd < 0)
		return -errno;
	data = btf ? btf__raw_data(btf, &size) : NULL;
	if (!data)
		return -ENOENT;
	if (write(fd, data, size) != (ssize_t)size)
		return -EIO;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/*
 * libbpf wants a description of the kernel's types for every object with a relocation, even if no program that has one is chosen.
 * The object's own description serves where none is chosen, and, where the kernel gives none, for the programs that need none.
 */
static int reopen_with_own_btf(const void *elf, size_t size, struct vg_program_object *object)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	char path[32];
	int r;

	r = export_btf(object->object, &object->btf_fd);
	if (r < 0)
		return r;
	bpf_object__close(object->object);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", object->btf_fd);
	opts.btf_custom_path = path;
	object->object = bpf_object__open_mem(elf, size, &opts);
	return object->object ? 0 : -errno;
}

static void choose_none(const struct vg_program_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object->object) bpf_program__set_autoload(program, false);
}

static int open_object(const void *elf, size_t size, bool own_btf, struct vg_program_object *ret_object)
{
	VG_CLEANUP(vg_program_close) struct vg_program_object object = { .btf_fd = -1 };
	int r;

	object.object = bpf_object__open_mem(elf, size, NULL);
	if (!object.object)
		return -errno;
	if (own_btf) {
		r = reopen_with_own_btf(elf, size, &object);
		if (r < 0)
			return r;
	}
	choose_none(&object);
	*ret_object = object;
	object = (struct vg_program_object){ .btf_fd = -1 };
	return 0;
}

int vg_program_open(const void *elf, size_t size, struct vg_program_object *ret_object)
{
	return open_object(elf, size, !vg_program_has_btf(), ret_object);
}

void vg_program_close(struct vg_program_object *object)
{
	if (object->object)
		bpf_object__close(object->object);
	object->object = NULL;
	vg_closep(&object->btf_fd);
	object->btf_fd = -1;
}

void *vg_program_rodata(const struct vg_program_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object->object, ".rodata");
	size_t size;

	return map ? (void *)bpf_map__initial_value(map, &size) : NULL;
}

#define SWITCH_MAP ".data.on" /* vg_on of maps.bpf.h alone */

#define GENERATION_MAP ".data.generation" /* vg_generation of bind.bpf.c */

static struct bpf_map *find_variable(const struct vg_program_object *object, const char *name, size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object->object, name);

	return map && bpf_map__value_size(map) == size ? map : NULL;
}

static void *initial_value(const struct vg_program_object *object, const char *name, size_t size)
{
	struct bpf_map *map = find_variable(object, name, size);

	return map ? (void *)bpf_map__initial_value(map, &size) : NULL;
}

int vg_program_hold(const struct vg_program_object *object, uint64_t generation)
{
	bool *on = initial_value(object, SWITCH_MAP, sizeof(*on));
	uint64_t *ours = initial_value(object, GENERATION_MAP, sizeof(*ours));

	if (!on)
		return -EPROTO;
	*on = false;
	if (ours)
		*ours = generation;
	return 0;
}

int vg_program_release(const struct vg_program_object *object)
{
	const struct bpf_map *map = find_variable(object, SWITCH_MAP, sizeof(bool));
	const __u32 zero = 0;
	const bool on = true;

	if (!map)
		return -EPROTO;
	return bpf_map_update_elem(bpf_map__fd(map), &zero, &on, BPF_ANY) < 0 ? -errno : 0;
}

static bool is_chosen(const struct vg_program *program, uint32_t features)
{
	return features & (1U << program->feature);
}

void vg_program_choose(const struct vg_program_object *object, const struct vg_program *table, size_t n, uint32_t features)
{
	for (size_t i = 0; i < n; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object->object, table[i].name);

		if (program && is_chosen(&table[i], features))
			bpf_program__set_autoload(program, true);
	}
}

int vg_program_load(const struct vg_program_object *object, const struct vg_maps *maps)
{
	int r = vg_maps_lend(maps, object->object);

	return r < 0 ? r : bpf_object__load(object->object);
}

/* The kernel's types would take longer to read than all the rest. */
int vg_program_make_maps(const void *elf, size_t size, struct vg_maps *maps)
{
	VG_CLEANUP(vg_program_close) struct vg_program_object object = { .btf_fd = -1 };
	int r;

	r = open_object(elf, size, true, &object);
	if (r < 0)
		return r;
	r = vg_program_load(&object, maps);
	return r < 0 ? r : vg_maps_take(maps, object.object);
}

static int attach_one(struct bpf_object *object, const char *name, struct vg_attached *attached)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);
	struct bpf_link *link;

	if (!program)
		return -ENOENT;
	if (attached->n == VG_PROGRAMS_MAX)
		return -E2BIG;
	link = bpf_program__attach(program);
	if (!link)
		return -errno;
	attached->names[attached->n] = name;
	attached->links[attached->n++] = link;
	return 0;
}

int vg_program_attach(const struct vg_program_object *object, const struct vg_program *table, size_t n, uint32_t features,
		      struct vg_attached *ret_attached)
{
	struct vg_attached attached = { .n = 0 };

	for (size_t i = 0; i < n; i++) {
		int r;

		if (!is_chosen(&table[i], features))
			continue;
		r = attach_one(object->object, table[i].name, &attached);
		if (r < 0) {
			snprintf(last_words, sizeof(last_words), "attaching %s", table[i].name);
			vg_program_detach(&attached);
			return r;
		}
	}
	*ret_attached = attached;
	return 0;
}

const char *vg_program_libbpf_version(void)
{
	return libbpf_version_string();
}

static void pin_name(const char *program, char name[VG_PINS_NAME_MAX])
{
	snprintf(name, VG_PINS_NAME_MAX, VG_PINS_LINKS "/%s", program);
}

void vg_program_pin(struct vg_attached *attached, struct vg_pins *pins)
{
	char name[VG_PINS_NAME_MAX];

	attached->pins = pins;
	for (size_t i = 0; i < attached->n; i++) {
		pin_name(attached->names[i], name);
		(void)vg_pins_put(pins, name, bpf_link__fd(attached->links[i]));
	}
}

/* libbpf would switch a kprobe off, though its link is pinned. */
static void leave(struct bpf_link *link)
{
	int fd = bpf_link__fd(link);

	bpf_link__disconnect(link);
	bpf_link__destroy(link);
	vg_closep(&fd);
}

void vg_program_detach(struct vg_attached *attached)
{
	char name[VG_PINS_NAME_MAX];

	while (attached->n > 0) {
		struct bpf_link *link = attached->links[--attached->n];

		pin_name(attached->names[attached->n], name);
		vg_pins_drop(attached->pins, name);
		if (vg_pins_are_left(attached->pins))
			leave(link);
		else
			bpf_link__destroy(link);
	}
	attached->pins = NULL;
}

void vg_feature_record(struct vg_features *features, enum vg_feature feature, int r)
{
	struct vg_capability *capability = &features->of[feature];

	*capability = (struct vg_capability){ .ok = r >= 0, .tried = true };
	if (r < 0 && last_words[0])
		snprintf(capability->why, sizeof(capability->why), "%s: %s", strerror(-r), last_words);
	else if (r < 0)
		snprintf(capability->why, sizeof(capability->why), "%s", strerror(-r));
	vg_program_forget();
}

bool vg_feature_is_off(struct vg_features *features, enum vg_feature feature, uint32_t without)
{
	struct vg_capability *capability = &features->of[feature];

	if (!(without & (1U << feature)))
		return false;
	*capability = (struct vg_capability){ .tried = true, .why = "switched off by --without" };
	return true;
}

uint32_t vg_program_id(int prog_fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) < 0 ? 0 : info.id;
}

bool vg_program_is_named(uint32_t id, const char *name)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0 && strcmp(info.name, name) == 0;
}
