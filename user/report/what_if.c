/* SPDX-License-Identifier: Apache-2.0 */
#include "report/what_if.h"

#include <errno.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "report/json.h"

/* What an operator asks for: evidence may be another one and say the same. */
static const char *const keys[] = { "bind", "announce", "owner", "assigned_nodes", "services", "source", "rule" };

static bool differ(const json_t *a, const json_t *b)
{
	return a && b ? !json_equal(a, b) : a || b;
}

static int merge(const json_t *before, json_t *after)
{
	json_auto_t *was = json_object(), *changed = json_array();
	int r = was && changed ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && r == 0; i++) {
		json_t *one = json_object_get(before, keys[i]);

		if (one)
			r = vg_json_set(was, keys[i], json_incref(one));
		if (r == 0 && differ(one, json_object_get(after, keys[i])))
			r = json_array_append_new(changed, json_string(keys[i])) < 0 ? -ENOMEM : 0;
	}
	if (r < 0)
		return r;
	r |= vg_json_set(after, "before", TAKE_PTR(was));
	return r | vg_json_set(after, "changed", TAKE_PTR(changed));
}

int vg_what_if_merge(const json_t *before, json_t *after)
{
	size_t i;
	json_t *one;
	int r = 0;

	json_array_foreach(after, i, one) r |= merge(json_array_get(before, i), one);
	return r < 0 ? -ENOMEM : 0;
}
