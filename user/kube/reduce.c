/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/reduce_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/text.h"

#define KEEP_BYTES ((size_t)16 * 1024) /* of the arena, for the next object */
#define NAMESPACE_MAX 63
#define NAME_MAX_BYTES 253

struct reducer_of_kind {
	const char *group;
	bool namespaced;
	int (*reduce)(struct vg_reducer *reducer, const json_t *json);
};

#define METALLB "metallb.io"

static const struct reducer_of_kind reducers[VG_KIND_MAX] = {
	[VG_KIND_SERVICE] = { "", true, vg_reduce_service },
	[VG_KIND_NODE] = { "", false, vg_reduce_node },
	[VG_KIND_LEASE] = { "coordination.k8s.io", true, vg_reduce_lease },
	[VG_KIND_POD] = { "", true, vg_reduce_pod },
	[VG_KIND_CONFIG_MAP] = { "", true, vg_reduce_config_map },
	[VG_KIND_INFRASTRUCTURE] = { "config.openshift.io", false, vg_reduce_infrastructure },
	[VG_KIND_POOL] = { METALLB, true, vg_reduce_pool },
	[VG_KIND_L2_ADVERTISEMENT] = { METALLB, true, vg_reduce_metallb_advertisement },
	[VG_KIND_BGP_ADVERTISEMENT] = { METALLB, true, vg_reduce_metallb_advertisement },
	[VG_KIND_L2_STATUS] = { METALLB, true, vg_reduce_status },
	[VG_KIND_BGP_STATUS] = { METALLB, true, vg_reduce_status },
	[VG_KIND_CONFIGURATION_STATE] = { METALLB, true, vg_reduce_configuration_state },
	[VG_KIND_EVENT] = { "", true, vg_reduce_event },
	[VG_KIND_CILIUM_POLICY] = { "cilium.io", false, vg_reduce_cilium_policy },
	[VG_KIND_CILIUM_POOL] = { "cilium.io", false, vg_reduce_cilium_pool },
	[VG_KIND_PURELB_GROUP] = { "purelb.io", true, vg_reduce_purelb_group },
	[VG_KIND_PURELB_AGENT] = { "purelb.io", true, vg_reduce_purelb_agent },
	[VG_KIND_OPENELB_EIP] = { "network.kubesphere.io", false, vg_reduce_openelb_eip },
	[VG_KIND_EGRESS_IP] = { "k8s.ovn.org", false, vg_reduce_egress_ip },
};

int vg_reducer_new(struct vg_reducer **ret_reducer)
{
	struct vg_reducer *reducer = calloc(1, sizeof(*reducer));

	if (!reducer)
		return -ENOMEM;
	*ret_reducer = reducer;
	return 0;
}

void vg_reducer_free(struct vg_reducer *reducer)
{
	if (!reducer)
		return;
	vg_arena_deinit(&reducer->arena);
	free(reducer);
}

/* An arena that took little is used again from its start; one that took much goes. */
static void empty_reducer(struct vg_reducer *reducer)
{
	if (reducer->taken > KEEP_BYTES)
		vg_arena_deinit(&reducer->arena);
	reducer->arena.used = 0;
	reducer->taken = 0;
	reducer->no_memory = false;
	memset(&reducer->view, 0, sizeof(reducer->view));
}

static bool group_is(const char *version, const char *group)
{
	const char *slash = strchr(version, '/');
	size_t n = slash ? (size_t)(slash - version) : 0;

	return n == strlen(group) && !memcmp(version, group, n);
}

/* What an object calls itself may be left out where the kind is known from elsewhere: items of a list do. */
static int tell_kind(enum vg_kind kind, const json_t *json, struct vg_error *error, enum vg_kind *ret_kind)
{
	const json_t *text = json_object_get(json, "kind"), *version = json_object_get(json, "apiVersion");

	*ret_kind = kind;
	if (vg_json_is_absent(text)) {
		if (kind == VG_KIND_MAX)
			return vg_error_set(error, -EINVAL, "object: kind: expected a string, found nothing");
	} else if (!json_is_string(text)) {
		return vg_error_set(error, -EINVAL, "%s: kind: expected a string", vg_kind_to_str(kind));
	} else if (vg_kind_from_str(json_string_value(text), ret_kind) < 0) {
		*ret_kind = VG_KIND_MAX;
	}
	if (*ret_kind < VG_KIND_MAX && json_is_string(version) && !group_is(json_string_value(version), reducers[*ret_kind].group))
		*ret_kind = VG_KIND_MAX; /* a Service of knative.dev is none */
	if (kind != VG_KIND_MAX && *ret_kind != kind)
		return vg_error_set(error, -EINVAL, "%s: kind and apiVersion: expected one, found something else", vg_kind_to_str(kind));
	return 0;
}

static const char *type_of(const json_t *json)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list", [JSON_STRING] = "a string", [JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number",    [JSON_TRUE] = "true",    [JSON_FALSE] = "false",	  [JSON_NULL] = "null",
	};

	return json ? names[json_typeof(json)] : "nothing";
}

/* A name that the object is nothing without. */
static int read_name(enum vg_kind kind, const json_t *metadata, const char *member, size_t max, struct vg_error *error, const char **ret_name)
{
	const json_t *json = json_object_get(metadata, member);
	const char *name = json_string_value(json);
	char quoted[VG_QUOTE_MAX];

	if (!name)
		return vg_error_set(error, -EINVAL, "%s: metadata.%s: expected a string, found %s", vg_kind_to_str(kind), member, type_of(json));
	if (!*name || strlen(name) > max || strchr(name, '/')) {
		vg_text_quote(name, quoted);
		return vg_error_set(error, -EINVAL, "%s: metadata.%s: expected 1 to %zu characters without a slash, found %s", vg_kind_to_str(kind),
				    member, max, quoted);
	}
	*ret_name = name;
	return 0;
}

static int reduce_head(struct vg_reducer *reducer, enum vg_kind kind, const json_t *json, struct vg_error *error)
{
	const json_t *metadata = json_object_get(json, "metadata");
	struct vg_object *object = &reducer->view.object;
	const char *name, *namespace = "";
	int r;

	r = read_name(kind, metadata, "name", NAME_MAX_BYTES, error, &name);
	if (r == 0 && reducers[kind].namespaced)
		r = read_name(kind, metadata, "namespace", NAMESPACE_MAX, error, &namespace);
	if (r < 0)
		return r;
	object->kind = (uint8_t)kind;
	object->namespace_len = (uint8_t)strlen(namespace);
	object->key = vg_reducer_join(reducer, namespace, name);
	object->version = vg_json_member(metadata, "resourceVersion");
	object->created_ns = vg_json_time_at(metadata, "creationTimestamp");
	if (kind == VG_KIND_SERVICE || kind == VG_KIND_POOL)
		vg_reduce_labels(reducer, &object->labels, json_object_get(metadata, "labels"));
	return 0;
}

/* Texts that the reducer of the kind did not set. */
static void fill_texts(struct vg_object *object)
{
	const struct vg_shape *shape = vg_shape_of(object->kind);

	for (size_t i = 0; i < shape->n; i++) {
		const char **text = (const char **)((char *)object + shape->fields[i].offset);

		if (shape->fields[i].type == VG_FIELD_TEXT && !*text)
			*text = "";
	}
}

/* Nobody's kind: it has neither key nor shape. */
static const struct vg_object nobodys = { .kind = VG_KIND_MAX, .key = "", .version = "" };

int vg_reduce(struct vg_reducer *reducer, enum vg_kind kind, const json_t *json, struct vg_error *ret_error, const struct vg_object **ret_object)
{
	enum vg_kind told;
	int r, needed;

	empty_reducer(reducer);
	if (!json_is_object(json))
		return vg_error_set(ret_error, -EINVAL, "%s: expected an object, found %s", vg_kind_to_str(kind), type_of(json));
	r = tell_kind(kind, json, ret_error, &told);
	if (r < 0)
		return r;
	if (told == VG_KIND_MAX) {
		*ret_object = &nobodys;
		return 0;
	}
	r = reduce_head(reducer, told, json, ret_error);
	if (r < 0)
		return r;
	needed = reducers[told].reduce(reducer, json);
	if (reducer->no_memory)
		return vg_error_set(ret_error, -ENOMEM, "%s: out of memory", vg_kind_to_str(told));
	fill_texts(&reducer->view.object);
	*ret_object = &reducer->view.object;
	return needed;
}
