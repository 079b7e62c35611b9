/* SPDX-License-Identifier: Apache-2.0 */
/* A process as keys of docs/contract.md section 6. */
#ifndef REPORT_WHO_H
#define REPORT_WHO_H

#include <jansson.h>

#include "core/doer.h"
#include "core/fact.h"

/* None for one that is not known (pid 0, or NULL). -ENOMEM. */
int vg_json_set_who(json_t *o, const struct vg_who *who, const struct vg_doer *doer);

#endif
