/* SPDX-License-Identifier: Apache-2.0 */
/* What the owners of the BPF programs have in common: choose programs, load, attach, and say why not. */
#ifndef KERN_PROGRAM_H
#define KERN_PROGRAM_H

#include "kern/feature.h"
#include "kern/maps.h"

struct bpf_link;
struct bpf_object;
struct vg_pins;

#define VG_PROGRAMS_MAX 16

/* One line of an owner's table: this program serves this feature. */
struct vg_program {
	enum vg_feature feature;
	const char *name;
};

struct vg_attached {
	struct bpf_link *links[VG_PROGRAMS_MAX];
	const char *names[VG_PROGRAMS_MAX]; /* of the programs */
	size_t n;
	struct vg_pins *pins; /* where they are pinned; NULL: they are not */
};

/* Routes libbpf's own messages to our debug level and keeps the last one that says why. Once, before anything else. */
void vg_program_init(void);
/* True: the kernel describes its types (/sys/kernel/btf/vmlinux). */
bool vg_program_has_btf(void);

/* An object that is opened, perhaps loaded. */
struct vg_program_object {
	struct bpf_object *object; /* NULL: none */
	int btf_fd; /* must stay open until it is loaded; -1: none */
};

/* The object that has all programs, loaded with what is wanted of it; its owner is programs.c. An owner of programs loads its own only without. */
struct vg_program_shared {
	struct vg_program_object object;
	uint64_t generation; /* of vg_config, for vg_program_hold() */
	uint32_t features; /* what is loaded, bits 1 << enum vg_feature; 0: the kernel did not take it all */
};

/* elf: what a skeleton's X__elf_bytes() returns. */
int vg_program_open(const void *elf, size_t size, struct vg_program_object *ret_object);
void vg_program_close(struct vg_program_object *object); /* twice is fine */
/* The constants of an opened object, for its owner to change before it is loaded; NULL if it has none. */
void *vg_program_rodata(const struct vg_program_object *object);
/* Of objects with a switch (maps.bpf.h), before they are loaded: the programs can be attached, but do nothing until they are released.
 * Those that tell of binds are silent also while vg_config names another generation. */
int vg_program_hold(const struct vg_program_object *object, uint64_t generation);
int vg_program_release(const struct vg_program_object *object);
/* Nothing is loaded but the programs of the tables, of as many as are chosen, whose feature is in `features` (bits 1 << enum vg_feature). */
void vg_program_choose(const struct vg_program_object *object, const struct vg_program *table, size_t n, uint32_t features);
/* Gives it our maps and loads what was chosen. -errno. */
int vg_program_load(const struct vg_program_object *object, const struct vg_maps *maps);
/* Makes the maps that are described there, and no program. */
int vg_program_make_maps(const void *elf, size_t size, struct vg_maps *maps);
/* Attaches all chosen ones, or none. */
int vg_program_attach(const struct vg_program_object *object, const struct vg_program *table, size_t n, uint32_t features,
		      struct vg_attached *ret_attached);
/* From now on they outlive the guard; those of an earlier guard under these names are let go. What cannot be pinned is the pins' trouble. */
void vg_program_pin(struct vg_attached *attached, struct vg_pins *pins);
/* Detaches, or leaves attached what is pinned if the pins are left. Twice is fine. */
void vg_program_detach(struct vg_attached *attached);

/* What has been said of a try that counts for nothing. */
void vg_program_forget(void);
/* Records the outcome of a try: r < 0 is no, with strerror and the verifier's last words since the last record. */
void vg_feature_record(struct vg_features *features, enum vg_feature feature, int r);
/* Records "switched off by --without" and returns true if the bit is set. */
bool vg_feature_is_off(struct vg_features *features, enum vg_feature feature, uint32_t without);

/* 0: it cannot be told. */
uint32_t vg_program_id(int prog_fd);
bool vg_program_is_named(uint32_t id, const char *name);

const char *vg_program_libbpf_version(void);

#endif
