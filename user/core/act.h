/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be done about a judged fact. Pure; only a violation is ever acted on. */
#ifndef CORE_ACT_H
#define CORE_ACT_H

#include "core/fact.h"

struct vg_stance {
	enum vg_mode mode;
	bool deny, drop, remove; /* --act */
	bool suspended; /* paused: as in audit */
	bool held; /* this address, by the breaker: said, and left alone in any mode */
};

/*
 * VG_ACTION_REMOVED means: try to remove it now; what came of it is the caller's to report. Everything else is final: what the
 * kernel did already (denied, dropped), what enforce would have done (would-…), logged for what is only said, none.
 */
enum vg_action vg_act_on(const struct vg_stance *stance, const struct vg_fact *fact, const struct vg_judgement *judgement);

#endif
