/* SPDX-License-Identifier: Apache-2.0 */
/* Names of verdicts, reasons, actions, ways and modes, each way. NULL or -EINVAL for what is none. */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include <linux/types.h>

#include "vipguard/abi.h"

const char *vg_verdict_to_str(enum vg_verdict verdict);
const char *vg_reason_to_str(enum vg_reason reason);
const char *vg_reason_meaning(enum vg_reason reason);
enum vg_verdict vg_reason_verdict(enum vg_reason reason); /* a reason belongs to one verdict */
const char *vg_action_to_str(enum vg_action action);
const char *vg_how_to_str(enum vg_how how);
const char *vg_mode_to_str(enum vg_mode mode);
int vg_mode_from_str(const char *text, enum vg_mode *ret_mode);
int vg_verdict_from_str(const char *text, enum vg_verdict *ret_verdict);
int vg_reason_from_str(const char *text, enum vg_reason *ret_reason);

/* The judgement that a reason stands for. */
struct vg_judgement vg_judgement_of(enum vg_reason reason);

#endif
