/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels and label selectors. A selector that cannot be read must not match by accident, nor be dropped from a list whose being
 * empty would mean "all": it stays as one that matches nothing, and the object is marked odd.
 */
#include "kube/reduce_parts.h"

#include <stdlib.h>
#include <string.h>

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct vg_label *)a)->key, ((const struct vg_label *)b)->key);
}

void vg_reduce_labels(struct vg_reducer *reducer, struct vg_labels *labels, const json_t *json)
{
	struct vg_label *list;
	const char *key;
	json_t *value;

	if (!json_object_size(json))
		return;
	list = vg_reducer_alloc(reducer, json_object_size(json) * sizeof(*list));
	if (!list)
		return;
	labels->list = list;
	json_object_foreach((json_t *)json, key, value)
	{
		if (json_is_string(value))
			list[labels->n++] = (struct vg_label){ key, json_string_value(value) };
	}
	qsort(list, labels->n, sizeof(*list), compare_labels);
}

static enum vg_operator read_operator(const json_t *json)
{
	static const char *const names[] = {
		[VG_OP_IN] = "In",
		[VG_OP_NOT_IN] = "NotIn",
		[VG_OP_EXISTS] = "Exists",
		[VG_OP_DOES_NOT_EXIST] = "DoesNotExist",
	};
	const char *text = vg_json_text_of(json);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i]))
			return (enum vg_operator)i;
	}
	return VG_OP_INVALID;
}

static const struct vg_requirement invalid = { .key = "", .op = VG_OP_INVALID };

static void add_requirement(struct vg_reducer *reducer, struct vg_selector *selector, const struct vg_requirement *requirement, uint32_t *odd)
{
	struct vg_requirement *list = vg_reducer_grow(reducer, selector->list, selector->n, sizeof(*list));

	if (requirement->op == VG_OP_INVALID)
		*odd |= VG_CLAIMS_ODD;
	if (!list)
		return;
	list[selector->n++] = *requirement;
	selector->list = list;
}

/* In and NotIn need values, the others may have none (labels.NewRequirement). */
static struct vg_requirement read_expression(struct vg_reducer *reducer, const json_t *json)
{
	const json_t *values = json_object_get(json, "values"), *value;
	struct vg_requirement requirement = { .key = vg_json_member(json, "key"), .op = read_operator(json_object_get(json, "operator")) };
	bool wants_values = requirement.op == VG_OP_IN || requirement.op == VG_OP_NOT_IN;
	size_t i;

	if (!*requirement.key || (!vg_json_is_absent(values) && !json_is_array(values)))
		return invalid;
	json_array_foreach((json_t *)values, i, value)
	{
		if (!json_is_string(value))
			return invalid;
		vg_add_text(reducer, &requirement.values, json_string_value(value));
	}
	return wants_values == (requirement.values.n > 0) ? requirement : invalid;
}

static void read_match_labels(struct vg_reducer *reducer, struct vg_selector *selector, const json_t *json, uint32_t *odd)
{
	const char *key;
	json_t *value;

	if (!vg_json_is_absent(json) && !json_is_object(json))
		add_requirement(reducer, selector, &invalid, odd);
	json_object_foreach((json_t *)json, key, value)
	{
		struct vg_requirement requirement = { .key = key, .op = VG_OP_IN };

		if (!json_is_string(value))
			requirement.op = VG_OP_INVALID;
		vg_add_text(reducer, &requirement.values, vg_json_text_of(value));
		add_requirement(reducer, selector, &requirement, odd);
	}
}

static void read_expressions(struct vg_reducer *reducer, struct vg_selector *selector, const json_t *json, uint32_t *odd)
{
	const json_t *item;
	size_t i;

	if (!vg_json_is_absent(json) && !json_is_array(json))
		add_requirement(reducer, selector, &invalid, odd);
	json_array_foreach((json_t *)json, i, item)
	{
		struct vg_requirement requirement = read_expression(reducer, item);

		add_requirement(reducer, selector, &requirement, odd);
	}
}

static int compare_requirements(const void *a, const void *b)
{
	return strcmp(((const struct vg_requirement *)a)->key, ((const struct vg_requirement *)b)->key);
}

/* Its requirements by key: the order of a JSON object's members says nothing. */
static struct vg_selector read_selector(struct vg_reducer *reducer, const json_t *json, uint32_t *odd)
{
	struct vg_selector selector = { 0 };
	const char *key;
	json_t *value;

	if (!json_is_object(json))
		add_requirement(reducer, &selector, &invalid, odd);
	json_object_foreach((json_t *)json, key, value)
	{
		if (!strcmp(key, "matchLabels"))
			read_match_labels(reducer, &selector, value, odd);
		else if (!strcmp(key, "matchExpressions"))
			read_expressions(reducer, &selector, value, odd);
		else
			add_requirement(reducer, &selector, &invalid, odd);
	}
	if (selector.n > 1)
		qsort((void *)selector.list, selector.n, sizeof(*selector.list), compare_requirements);
	return selector;
}

void vg_reduce_selector(struct vg_reducer *reducer, struct vg_selectors *selectors, const json_t *json, uint32_t *odd)
{
	struct vg_selector selector = read_selector(reducer, json, odd);
	struct vg_selector *list = vg_reducer_grow(reducer, selectors->list, selectors->n, sizeof(*list));

	if (!list)
		return;
	list[selectors->n++] = selector;
	selectors->list = list;
}

void vg_reduce_selectors(struct vg_reducer *reducer, struct vg_selectors *selectors, const json_t *json, uint32_t *odd)
{
	const json_t *item;
	size_t i;

	if (vg_json_is_absent(json))
		return;
	if (!json_is_array(json))
		vg_reduce_selector(reducer, selectors, json, odd);
	json_array_foreach((json_t *)json, i, item) vg_reduce_selector(reducer, selectors, item, odd);
}
