/* SPDX-License-Identifier: Apache-2.0 */
/* Which links are guarded, and what vg_links says of them. */
#include "kern/notes.h"
#include "kern/sense_state.h"

void vg_sense_choose(struct vg_sense *sense)
{
	const struct vg_link *link;

	sense->links_dirty = false;
	vg_links_choose(sense->links, sense->config.interfaces, sense->config.n_interfaces);
	for (size_t i = 0; (link = vg_links_at(sense->links, i)); i++) {
		if (link->changed)
			vg_note_link(sense->config.maps, link);
	}
	sense->config.guarded_changed(sense->config.ctx);
}

void vg_sense_choose_first(struct vg_sense *sense)
{
	const struct vg_link *link;

	vg_links_choose(sense->links, sense->config.interfaces, sense->config.n_interfaces);
	for (size_t i = 0; (link = vg_links_at(sense->links, i)); i++)
		vg_note_link(sense->config.maps, link);
	sense->chosen = true;
	vg_note_no_other_links(sense->config.maps, sense->links);
}
