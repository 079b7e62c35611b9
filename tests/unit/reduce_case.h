/* SPDX-License-Identifier: Apache-2.0 */
/* A case of reducing: JSON of the API in, the reduced object as JSON out. Both are written with ' for " to be read at all. */
#ifndef UNIT_REDUCE_CASE_H
#define UNIT_REDUCE_CASE_H

#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include <jansson.h>

#include "kube/reduce.h"
#include "report/objects.h"

struct reduce_case {
	const char *name;
	const char *in;
	int expected;
	const char *out; /* the object without kind, namespace and name (expected 1); the key, or the error's text */
};

static inline char *with_quotes(const char *text)
{
	char *copy = strdup(text);

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return copy;
}

/* The reduced object as text, keys sorted; free() it. */
static inline char *shown(const struct vg_object *object)
{
	json_auto_t *json = vg_object_to_json(object, true);

	json_object_del(json, "kind");
	json_object_del(json, "namespace");
	json_object_del(json, "name");
	json_object_del(json, "image"); /* decides nothing; has a test of its own */
	return json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
}

static inline char *reduced(struct vg_reducer *reducer, enum vg_kind kind, const char *text, int *ret_result)
{
	struct vg_error error = { "" };
	json_auto_t *json = vg_reduce_parse(text, strlen(text), &error);
	const struct vg_object *object = NULL;
	_cleanup_free_ struct vg_object *copy = NULL;

	if (!json) {
		*ret_result = -EINVAL;
		return strdup(error.text);
	}
	*ret_result = vg_reduce(reducer, kind, json, &error, &object);
	if (*ret_result < 0)
		return strdup(error.text);
	if (*ret_result == 0)
		return strdup(object->kind < VG_KIND_MAX ? object->key : "of nobody");
	copy = vg_object_copy(object); /* what is kept of it is a copy: it must be as good */
	assert_true(vg_object_equal(copy, object, true));
	return shown(copy);
}

static inline void check_reduce_case(struct vg_reducer *reducer, enum vg_kind kind, const struct reduce_case *c)
{
	_cleanup_free_ char *in = with_quotes(c->in), *out = NULL, *wanted = NULL;
	int r;

	out = reduced(reducer, kind, in, &r);
	wanted = r > 0 ? with_quotes(c->out) : strdup(c->out);
	if (r != c->expected || strcmp(out, wanted))
		fail_msg("case \"%s\": %d %s\nexpected %d %s", c->name, r, out, c->expected, wanted);
}

/* One reducer for all: what an earlier object left must not be seen. */
#define check_reduce_cases(kind, cases) \
	do { \
		VG_CLEANUP(vg_reducer_freep) struct vg_reducer *reducer_ = NULL; \
		assert_int_equal(vg_reducer_new(&reducer_), 0); \
		for (size_t i_ = 0; i_ < ARRAY_SIZE(cases); i_++) \
			check_reduce_case(reducer_, kind, &(cases)[i_]); \
	} while (0)

#endif
