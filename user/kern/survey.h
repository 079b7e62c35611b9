/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this kernel has of what kern/feature.h asks for, read off it without loading or attaching anything and without privileges: /proc/kallsyms,
 * /sys, mounts. A guard tries for real, and knows better. Unknown is said as unknown.
 */
#ifndef KERN_SURVEY_H
#define KERN_SURVEY_H

#include "kern/feature.h"

enum vg_sight {
	VG_SIGHT_UNKNOWN, /* only a try would tell */
	VG_SIGHT_YES,
	VG_SIGHT_NO,
	VG_SIGHT_NOT_NEEDED, /* a fallback whose first choice is there */
};

struct vg_survey {
	struct {
		enum vg_sight sight;
		char why[160]; /* "" if it is there */
		const char *cure; /* what the cause asks for; NULL: vg_feature_cure() */
	} of[VG_FEATURE_MAX];
	char privileges[160]; /* what this process lacks to be a guard; "": nothing */
};

/* pin_dir: where a guard would pin. */
void vg_survey(const char *pin_dir, struct vg_survey *ret_survey);
const char *vg_sight_to_str(enum vg_sight sight); /* "yes", "no", "unknown", "not-needed" */

#endif
