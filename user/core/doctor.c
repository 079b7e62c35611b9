/* SPDX-License-Identifier: Apache-2.0 */
#include "core/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define X(name, text, part, severity) [name] = { text, VG_PART_##part, VG_SEVERITY_##severity },
static const struct {
	const char *text;
	enum vg_part part;
	enum vg_severity severity;
} ailments[VG_AIL_MAX] = { VG_AILMENT_LIST(X) };
#undef X

const char *vg_ailment_to_str(enum vg_ailment ailment)
{
	return ailment < VG_AIL_MAX ? ailments[ailment].text : NULL;
}

int vg_ailment_from_str(const char *text, enum vg_ailment *ret_ailment)
{
	for (size_t i = 0; i < ARRAY_SIZE(ailments); i++) {
		if (!strcmp(ailments[i].text, text)) {
			*ret_ailment = (enum vg_ailment)i;
			return 0;
		}
	}
	return -EINVAL;
}

enum vg_part vg_ailment_part(enum vg_ailment ailment)
{
	return ailments[ailment].part;
}

enum vg_severity vg_ailment_severity(enum vg_ailment ailment)
{
	return ailments[ailment].severity;
}

const char *vg_part_to_str(enum vg_part part)
{
	static const char *const names[] = { [VG_PART_KERNEL] = "kernel", [VG_PART_NODE] = "node", [VG_PART_CLUSTER] = "cluster" };

	_Static_assert(ARRAY_SIZE(names) == VG_PART_MAX, "one for each");
	return part < VG_PART_MAX ? names[part] : NULL;
}

const char *vg_severity_to_str(enum vg_severity severity)
{
	static const char *const names[] = { [VG_SEVERITY_FAULT] = "fault", [VG_SEVERITY_RISK] = "risk", [VG_SEVERITY_NOTE] = "note" };

	_Static_assert(ARRAY_SIZE(names) == VG_SEVERITY_MAX, "one for each");
	return severity < VG_SEVERITY_MAX ? names[severity] : NULL;
}

const char *vg_cure_to_str(enum vg_cure cure)
{
	static const char *const names[] = { [VG_CURE_NONE] = "",
					     [VG_CURE_SERVICES_OFF] = "services-off",
					     [VG_CURE_SEPARATE_RANGES] = "separate-ranges",
					     [VG_CURE_ONE_SOLUTION] = "one-solution" };

	_Static_assert(ARRAY_SIZE(names) == VG_CURE_MAX, "one for each");
	return cure < VG_CURE_MAX ? names[cure] : NULL;
}

int vg_diagnoses_init(struct vg_diagnoses *diagnoses)
{
	*diagnoses = (struct vg_diagnoses){ .list = calloc(VG_DIAGNOSES_MAX, sizeof(*diagnoses->list)) };
	return diagnoses->list ? 0 : -ENOMEM;
}

void vg_diagnoses_deinit(struct vg_diagnoses *diagnoses)
{
	free(diagnoses->list);
	*diagnoses = (struct vg_diagnoses){ .n = 0 };
}

struct vg_diagnosis *vg_diagnose(struct vg_diagnoses *diagnoses, enum vg_ailment ailment)
{
	struct vg_diagnosis *diagnosis;

	if (diagnoses->n == VG_DIAGNOSES_MAX || diagnoses->alike[ailment] == VG_DIAGNOSES_ALIKE) {
		diagnoses->left_out++;
		return NULL;
	}
	diagnoses->alike[ailment]++;
	diagnosis = &diagnoses->list[diagnoses->n++];
	*diagnosis = (struct vg_diagnosis){ .ailment = ailment };
	return diagnosis;
}
