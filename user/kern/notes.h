/* SPDX-License-Identifier: Apache-2.0 */
/* What user space writes into the maps for the kernel or for a reader of bpffs: links and binds. */
#ifndef KERN_NOTES_H
#define KERN_NOTES_H

#include "core/fact.h"
#include "kern/links.h"
#include "kern/maps.h"

void vg_note_link(const struct vg_maps *maps, const struct vg_link *link);
/* Takes away what is left of links that are gone; what cannot be is logged. */
void vg_note_no_other_links(const struct vg_maps *maps, const struct vg_links *links);
/* The names of links that hold service addresses, known ones and these, and no others. -errno. */
int vg_note_dummies(const struct vg_maps *maps, const struct vg_dummies *dummies);
/* Those of them that are not known by name: what an earlier guard put there. -errno. */
int vg_note_kept_dummies(const struct vg_maps *maps, struct vg_dummies *ret_dummies);
/* -errno: -ENOSPC or -E2BIG if vg_binds is full. */
int vg_note_bind(const struct vg_maps *maps, const struct vg_fact *fact, const struct vg_judgement *judgement);

#endif
