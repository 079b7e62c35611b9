/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder in bpffs that belongs to one guard at a time: its maps, under links/ what keeps its programs attached when it dies, and under
 * qdiscs/ an empty folder for each clsact qdisc that it made. What is pinned is remembered, so that it can be put back.
 *
 * Every function but vg_pins_new() takes NULL for "nothing is pinned".
 */
#ifndef KERN_PINS_H
#define KERN_PINS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

#define VG_PINS_LINKS "links"
#define VG_PINS_QDISCS "qdiscs"
#define VG_PINS_NAME_MAX 48

struct vg_pins;

/*
 * Makes the folder (its parent must be in a bpffs) and locks it until it is freed.
 * -EBUSY: another guard holds it, the error names its pid if it can be told.
 */
int vg_pins_new(const char *dir, struct vg_error *ret_error, struct vg_pins **ret_pins);
/* Pins stay. */
void vg_pins_free(struct vg_pins *pins);
/* From now on what is dropped is only forgotten: the guard ends, and the kernel goes on. */
void vg_pins_leave(struct vg_pins *pins);
bool vg_pins_are_left(const struct vg_pins *pins);

/* A map or link that is pinned already, to be used. -errno. */
int vg_pins_get(const struct vg_pins *pins, const char *name, int *ret_fd);
/* Pins fd (borrowed until it is dropped) under this name, in one step in place of what an earlier guard has there. -errno: also kept as trouble. */
int vg_pins_put(struct vg_pins *pins, const char *name, int fd);
/* It is there already, by an earlier guard, and ours from now on. */
void vg_pins_adopt(struct vg_pins *pins, const char *name, int fd);
void vg_pins_drop(struct vg_pins *pins, const char *name);
/* What could not be pinned first, "" if nothing. */
const char *vg_pins_trouble(const struct vg_pins *pins);

/* Takes away what an earlier guard pinned under links/ and this one has not put there. */
void vg_pins_sweep(struct vg_pins *pins);
/* Puts back what somebody took away. 0: all is there, 1: something had to be put back, -errno: it cannot be. */
int vg_pins_repair(struct vg_pins *pins, struct vg_error *ret_error);
/* Takes everything away, the folder too. -errno: the first that cannot be. */
int vg_pins_remove(struct vg_pins *pins, struct vg_error *ret_error);

/* The clsact qdisc of this link is ours, whichever guard made it. */
void vg_pins_mark_qdisc(struct vg_pins *pins, uint32_t ifindex);
void vg_pins_unmark_qdisc(struct vg_pins *pins, uint32_t ifindex);
bool vg_pins_has_qdisc(const struct vg_pins *pins, uint32_t ifindex);

VG_DEFINE_CLEANUP(struct vg_pins *, vg_pins_free)

#endif
