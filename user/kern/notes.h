/* SPDX-License-Identifier: Apache-2.0 */
/* What user space writes into the maps for the kernel or for a reader of bpffs: links and binds. */
#ifndef KERN_NOTES_H
#define KERN_NOTES_H

#include "core/fact.h"
#include "kern/links.h"
#include "kern/maps.h"

void vg_note_link(const struct vg_maps *maps, const struct vg_link *link);
/* The names of links that hold service addresses, known ones and these, and no others. -errno. */
int vg_note_dummies(const struct vg_maps *maps, const struct vg_dummies *dummies);
void vg_note_bind(const struct vg_maps *maps, const struct vg_fact *fact, const struct vg_judgement *judgement);

#endif
