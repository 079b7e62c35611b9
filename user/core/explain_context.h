/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence that decided nothing but names what is to be mended: who takes the Service beside its owner, which ranges overlap. */
#ifndef CORE_EXPLAIN_CONTEXT_H
#define CORE_EXPLAIN_CONTEXT_H

#include "core/explain.h"
#include "core/owner.h"

/* Adds to what the rules said of the inquiry's address. -ENOMEM. */
int vg_explain_context(struct vg_inquiry *inquiry, const struct vg_question *question);

#endif
