/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/dump_put.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void vg_dump_odd(struct vg_dump_put *put, const char *format, ...)
{
	char text[VG_ERROR_MAX];
	va_list args;

	if (put->result->odd++)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* a path may be as long as the room for all */
	snprintf(put->result->first_odd, sizeof(put->result->first_odd), "%.255s: %.254s", put->name, text);
}

/* Says by *ret_object NULL that it was odd. */
static int reduce(struct vg_dump_put *put, enum vg_kind kind, const json_t *json, const struct vg_object **ret_object)
{
	struct vg_error error = { "" };
	int r;

	*ret_object = NULL;
	r = vg_reduce(put->reducer, kind, json, &error, ret_object);
	if (r != -EINVAL)
		return r;
	vg_dump_odd(put, "%s", error.text);
	*ret_object = NULL;
	return 0;
}

static void delete_object(struct vg_dump_put *put, const struct vg_object *object)
{
	if (object->kind < VG_KIND_MAX)
		vg_cluster_delete(put->cluster, put->reflector, (enum vg_kind)object->kind, object->key);
}

int vg_dump_put(struct vg_dump_put *put, enum vg_kind kind, const json_t *json)
{
	const struct vg_object *object;
	int r;

	r = reduce(put, kind, json, &object);
	if (r < 0 || !object)
		return r;
	if (r != 1) {
		put->result->ignored++;
		delete_object(put, object);
		return 0;
	}
	r = vg_cluster_put(put->cluster, put->reflector, object, put->now);
	if (r == -E2BIG)
		vg_dump_odd(put, "%s %s: more than %d objects", vg_kind_to_str((enum vg_kind)object->kind), object->key, VG_CLUSTER_OBJECTS_MAX);
	else if (r == 0)
		put->result->objects++;
	return r == -E2BIG ? 0 : r;
}

int vg_dump_put_deletion(struct vg_dump_put *put, const json_t *json)
{
	const struct vg_object *object;
	int r;

	r = reduce(put, VG_KIND_MAX, json, &object);
	if (r < 0 || !object)
		return r;
	delete_object(put, object);
	put->result->ignored++;
	return 0;
}
