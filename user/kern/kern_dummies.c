/* SPDX-License-Identifier: Apache-2.0 */
/* Links that exist to hold service addresses: taken over from the guard before this one, and as the cluster names them from then on. */
#include <string.h>

#include "base/log.h"
#include "kern/kern_state.h"
#include "kern/notes.h"

/* An earlier guard's programs go on by those it knew, and so does this one until it knows better. */
int vg_kern_keep_dummies(struct vg_kern *kern, struct vg_dummies *ret_kept, struct vg_error *ret_error)
{
	int r = vg_note_kept_dummies(&kern->maps, ret_kept);

	if (r == 0)
		r = vg_note_dummies(&kern->maps, ret_kept);
	return r < 0 ? vg_error_set(ret_error, r, "cannot read or write vg_dummies: %s", strerror(-r)) : 0;
}

/* The kernel denies no bind on such a link. */
void vg_kern_note_dummies(const struct vg_kern *kern, const struct vg_dummies *dummies)
{
	struct vg_links *links = vg_sense_links(kern->sense);
	const struct vg_link *link;
	int r;

	if (!vg_links_set_dummies(links, dummies))
		return;
	r = vg_maps_ready(&kern->maps) ? vg_note_dummies(&kern->maps, dummies) : 0;
	if (r < 0)
		vg_log_errno(r, "cannot write the links that hold service addresses to vg_dummies");
	for (size_t i = 0; (link = vg_links_at(links, i)); i++)
		vg_note_link(&kern->maps, link);
	/* frames are not judged on such a link */
	if (kern->attached)
		vg_sense_choose(kern->sense);
}

const struct vg_dummies *vg_kern_earlier_dummies(const struct vg_kern *kern)
{
	return vg_links_dummies(vg_sense_links(kern->sense));
}
