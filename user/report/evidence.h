/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an explanation as JSON: evidence, changes, remedies. */
#ifndef REPORT_EVIDENCE_H
#define REPORT_EVIDENCE_H

#include "report/words.h"

/* Each a new reference; NULL: no memory. The subject's evidence is not looked at. */
json_t *vg_evidence_to_json(const struct vg_subject *subject, const struct vg_explanation *explanation);
json_t *vg_changes_to_json(const struct vg_subject *subject, const struct vg_explanation *explanation);
json_t *vg_remedies_to_json(const struct vg_subject *subject, const struct vg_explanation *explanation);
/* One sentence, or both where bind and announcement differ. */
json_t *vg_rules_to_json(const struct vg_subject *subject, const struct vg_explanation *explanation);

#endif
