/* SPDX-License-Identifier: Apache-2.0 */
/* Label selectors as apimachinery evaluates them (labels.Requirement.Matches): NotIn holds for a key that is not there. */
#include "core/object.h"

#include <stdlib.h>
#include <string.h>

static int compare_key(const void *key, const void *label)
{
	return strcmp(key, ((const struct vg_label *)label)->key);
}

const char *vg_labels_get(const struct vg_labels *labels, const char *key)
{
	const struct vg_label *found = labels->n ? bsearch(key, labels->list, labels->n, sizeof(*labels->list), compare_key) : NULL;

	return found ? found->value : NULL;
}

static bool is_one_of(const struct vg_texts *values, const char *value)
{
	for (uint32_t i = 0; i < values->n; i++) {
		if (!strcmp(values->list[i], value))
			return true;
	}
	return false;
}

static bool holds(const struct vg_requirement *requirement, const struct vg_labels *labels)
{
	const char *value = vg_labels_get(labels, requirement->key);

	switch (requirement->op) {
	case VG_OP_IN: return value && is_one_of(&requirement->values, value);
	case VG_OP_NOT_IN: return !value || !is_one_of(&requirement->values, value);
	case VG_OP_EXISTS: return value;
	case VG_OP_DOES_NOT_EXIST: return !value;
	case VG_OP_INVALID: return false;
	}
	return false;
}

bool vg_selector_matches(const struct vg_selector *selector, const struct vg_labels *labels)
{
	for (uint32_t i = 0; i < selector->n; i++) {
		if (!holds(&selector->list[i], labels))
			return false;
	}
	return true;
}

bool vg_selectors_match(const struct vg_selectors *selectors, const struct vg_labels *labels)
{
	for (uint32_t i = 0; i < selectors->n; i++) {
		if (vg_selector_matches(&selectors->list[i], labels))
			return true;
	}
	return false;
}
