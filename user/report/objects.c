/* SPDX-License-Identifier: Apache-2.0 */
#include "report/objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "report/json.h"

#define FLAGS_MAX 32

struct flag_name {
	uint32_t flag;
	const char *name;
};

static const struct flag_name service_flags[] = {
	{ VG_SERVICE_LOAD_BALANCER, "load-balancer" },
	{ VG_SERVICE_KUBE_VIP_ADDRESSES, "kube-vip-addresses" },
	{ VG_SERVICE_KUBE_VIP_LABEL, "kube-vip-label" },
	{ VG_SERVICE_KUBE_VIP_WISH, "kube-vip-wish" },
	{ VG_SERVICE_KUBE_VIP_IGNORE, "kube-vip-ignore" },
	{ VG_SERVICE_KUBE_VIP_TRACE, "kube-vip-trace" },
	{ VG_SERVICE_PURELB, "purelb" },
	{ VG_SERVICE_PURELB_REMOTE, "purelb-remote" },
	{ VG_SERVICE_OPENELB, "openelb" },
	{ VG_SERVICE_ANTREA, "antrea" },
	{ VG_SERVICE_SERVICELB, "servicelb" },
	{ VG_SERVICE_PROXY_MODE, "proxy-mode" },
	{ VG_SERVICE_ODD, "odd" },
	{ VG_SERVICE_INGRESS_PORTS, "ingress-ports" },
	{ 0, NULL },
};

static const struct flag_name node_flags[] = { { VG_NODE_EXCLUDED, "excluded" }, { 0, NULL } };
static const struct flag_name lease_flags[] = { { VG_LEASE_TRANSITIONS_KNOWN, "transitions-known" }, { 0, NULL } };

static const struct flag_name pod_flags[] = {
	{ VG_POD_LIVE, "live" },
	{ VG_POD_METALLB_SPEAKER, "metallb-speaker" },
	{ VG_POD_METALLB_CONTROLLER, "metallb-controller" },
	{ VG_POD_KUBE_VIP, "kube-vip" },
	{ VG_POD_KV_SERVICES, "svc_enable" },
	{ VG_POD_KV_CONTROL_PLANE, "cp_enable" },
	{ VG_POD_KV_ARP, "vip_arp" },
	{ VG_POD_KV_BGP, "bgp_enable" },
	{ VG_POD_KV_TABLE, "vip_routingtable" },
	{ VG_POD_KV_ELECTION, "svc_election" },
	{ VG_POD_KV_LEADER_ELECTION, "vip_leaderelection" },
	{ VG_POD_KV_CLASS_ONLY, "lb_class_only" },
	{ VG_POD_KV_CLASS_ONLY_IDLE, "lb_class_only-not-read" },
	{ VG_POD_KV_CLASS_STRICT, "lb_class_strict" },
	{ VG_POD_OTHER_BALANCER, "other-balancer" },
	{ VG_POD_KV_HIDDEN, "settings-not-seen" },
	{ VG_POD_METALLB_ALL_NODES, "ignore-exclude-lb" },
	{ 0, NULL },
};

static const struct flag_name claims_flags[] = {
	{ VG_CLAIMS_ODD, "odd" },
	{ VG_CLAIMS_CONTROL_PLANE, "control-plane" },
	{ VG_CLAIMS_NO_AUTO_ASSIGN, "no-auto-assign" },
	{ VG_CLAIMS_KUBE_VIP_POOL, "kube-vip-pool" },
	{ 0, NULL },
};

static const struct flag_name placement_flags[] = {
	{ VG_PLACEMENT_LAYER2, "layer2" },
	{ VG_PLACEMENT_BGP, "bgp" },
	{ VG_PLACEMENT_INVALID, "invalid" },
	{ 0, NULL },
};

#define X(name, text, shape) [name] = shape,
static const enum vg_shape_id shapes[VG_KIND_MAX] = { VG_KIND_LIST(X) };
#undef X

static const struct flag_name *const names[VG_SHAPE_MAX] = {
	[VG_SHAPE_SERVICE] = service_flags,	[VG_SHAPE_NODE] = node_flags,
	[VG_SHAPE_LEASE] = lease_flags,		[VG_SHAPE_POD] = pod_flags,
	[VG_SHAPE_CLAIMS] = claims_flags,	[VG_SHAPE_ADVERTISEMENT] = claims_flags,
	[VG_SHAPE_PLACEMENT] = placement_flags,
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A flag without a name is a mistake here, but it is not hidden. */
static json_t *flags_to_json(uint32_t flags, const struct flag_name *known)
{
	const char *list[FLAGS_MAX + 1];
	char rest[32];
	size_t n = 0;

	for (; known->name; known++) {
		if (flags & known->flag)
			list[n++] = known->name;
		flags &= ~known->flag;
	}
	snprintf(rest, sizeof(rest), "0x%x", flags);
	if (flags)
		list[n++] = rest;
	qsort(list, n, sizeof(*list), compare_names);
	return vg_json_texts(list, n);
}

/* Appends value (stolen) to list; NULL: no memory. */
static int append(json_t *list, json_t *value)
{
	return json_array_append_new(list, value) < 0 ? -1 : 0;
}

static json_t *addr_to_json(const struct vg_addr *addr)
{
	char text[VG_TEXT_MAX];

	vg_addr_to_str(addr, text);
	return json_string(text);
}

static json_t *addrs_to_json(const struct vg_addrs *addrs)
{
	json_auto_t *list = json_array();

	for (uint32_t i = 0; i < addrs->n; i++) {
		if (append(list, addr_to_json(&addrs->list[i])) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

static json_t *ranges_to_json(const struct vg_ranges *ranges)
{
	json_auto_t *list = json_array();

	for (uint32_t i = 0; i < ranges->n; i++) {
		char first[VG_TEXT_MAX], last[VG_TEXT_MAX];

		vg_addr_to_str(&ranges->list[i].first, first);
		vg_addr_to_str(&ranges->list[i].last, last);
		if (append(list, json_sprintf("%s-%s", first, last)) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

static json_t *labels_to_json(const struct vg_labels *labels)
{
	json_auto_t *object = json_object();

	for (uint32_t i = 0; i < labels->n; i++) {
		if (vg_json_set(object, labels->list[i].key, vg_json_text(labels->list[i].value)) < 0)
			return NULL;
	}
	return TAKE_PTR(object);
}

static json_t *requirement_to_json(const struct vg_requirement *requirement)
{
	static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist", "invalid" };
	json_auto_t *object = json_object();

	if (vg_json_set_text(object, "key", requirement->key) < 0 || vg_json_set_text(object, "operator", operators[requirement->op]) < 0)
		return NULL;
	if (requirement->values.n && vg_json_set(object, "values", vg_json_texts(requirement->values.list, requirement->values.n)) < 0)
		return NULL;
	return TAKE_PTR(object);
}

static json_t *selector_to_json(const struct vg_selector *selector)
{
	json_auto_t *list = json_array();

	for (uint32_t i = 0; i < selector->n; i++) {
		if (append(list, requirement_to_json(&selector->list[i])) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

static json_t *selectors_to_json(const struct vg_selectors *selectors)
{
	json_auto_t *list = json_array();

	for (uint32_t i = 0; i < selectors->n; i++) {
		if (append(list, selector_to_json(&selectors->list[i])) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

static json_t *carried_to_json(const struct vg_carrieds *carried)
{
	static const char *const from[] = { "status", "spec", "annotation", "external" };
	json_auto_t *list = json_array();

	for (uint32_t i = 0; i < carried->n; i++) {
		json_t *item = json_pack("{s:o, s:s}", "address", addr_to_json(&carried->list[i].addr), "from", from[carried->list[i].from]);

		if (append(list, item) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

static json_t *helds_to_json(const struct vg_helds *helds)
{
	json_auto_t *list = json_array();

	for (uint32_t i = 0; i < helds->n; i++) {
		json_t *item = json_pack("{s:o, s:o}", "address", addr_to_json(&helds->list[i].addr), "node", vg_json_text(helds->list[i].node));

		if (append(list, item) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

static json_t *time_to_json(uint64_t ns)
{
	char text[VG_RFC3339_MAX];

	vg_time_rfc3339(ns, text);
	return json_string(text);
}

static json_t *number_to_json(enum vg_field_type type, const void *at)
{
	const uint64_t *wide = at;

	switch (type) {
	case VG_FIELD_HASH: return json_sprintf("%016llx", (unsigned long long)*wide);
	case VG_FIELD_TIME: return time_to_json(*wide);
	case VG_FIELD_DURATION: return json_integer((json_int_t)(*wide / VG_NS_PER_SEC));
	default: return json_integer(*(const uint32_t *)at);
	}
}

static bool is_empty(enum vg_field_type type, const void *at)
{
	if (type == VG_FIELD_TEXT)
		return !**(const char *const *)at;
	if (type == VG_FIELD_FLAGS || type == VG_FIELD_COUNT)
		return !*(const uint32_t *)at;
	if (type == VG_FIELD_HASH || type == VG_FIELD_TIME || type == VG_FIELD_DURATION)
		return !*(const uint64_t *)at;
	return !((const struct vg_texts *)at)->n; /* all lists have one form */
}

static json_t *field_to_json(enum vg_kind kind, enum vg_field_type type, const void *at)
{
	const struct vg_texts *texts = at;

	switch (type) {
	case VG_FIELD_TEXT: return vg_json_text(*(const char *const *)at);
	case VG_FIELD_TEXTS: return vg_json_texts(texts->list, texts->n);
	case VG_FIELD_ADDRS: return addrs_to_json(at);
	case VG_FIELD_RANGES: return ranges_to_json(at);
	case VG_FIELD_LABELS: return labels_to_json(at);
	case VG_FIELD_SELECTORS: return selectors_to_json(at);
	case VG_FIELD_CARRIED: return carried_to_json(at);
	case VG_FIELD_HELD: return helds_to_json(at);
	case VG_FIELD_FLAGS: return flags_to_json(*(const uint32_t *)at, names[shapes[kind]]);
	default: return number_to_json(type, at);
	}
}

static int set_head(json_t *json, const struct vg_object *object, bool with_version)
{
	int bad = vg_json_set_text(json, "kind", vg_kind_to_str((enum vg_kind)object->kind));

	if (object->namespace_len)
		bad |= vg_json_set(json, "namespace", json_stringn(object->key, object->namespace_len));
	bad |= vg_json_set_text(json, "name", vg_object_name(object));
	if (object->labels.n)
		bad |= vg_json_set(json, "labels", labels_to_json(&object->labels));
	if (!with_version)
		return bad;
	bad |= vg_json_set_text(json, "resourceVersion", object->version);
	return object->created_ns ? bad | vg_json_set(json, "creationTimestamp", time_to_json(object->created_ns)) : bad;
}

json_t *vg_object_to_json(const struct vg_object *object, bool with_version)
{
	const struct vg_shape *shape = vg_shape_of((enum vg_kind)object->kind);
	json_auto_t *json = json_object();
	int bad = set_head(json, object, with_version);

	for (size_t i = 0; i < shape->n; i++) {
		const struct vg_field *field = &shape->fields[i];
		const void *at = (const char *)object + field->offset;

		if ((!field->heartbeat || with_version) && !is_empty(field->type, at))
			bad |= vg_json_set(json, field->name, field_to_json((enum vg_kind)object->kind, field->type, at));
	}
	return bad ? NULL : TAKE_PTR(json);
}

/* The addresses of a Service that come from where this field is. */
static json_t *carried_in(const struct vg_service *service, const char *field)
{
	static const char *const fields[] = { "status.loadBalancer.ingress", "spec.loadBalancerIP", "loadBalancerIPs", "spec.externalIPs" };
	json_auto_t *list = json_array();

	for (uint32_t i = 0; i < service->carried.n; i++) {
		const struct vg_carried *carried = &service->carried.list[i];

		if (!strcmp(fields[carried->from], field) && append(list, addr_to_json(&carried->addr)) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

/* What the API calls addresses, pools or blocks are ranges here, but where single addresses are meant. */
static json_t *claimed_in(const struct vg_claims *claims)
{
	return claims->addresses.n ? addrs_to_json(&claims->addresses) : ranges_to_json(&claims->ranges);
}

static bool is_carried_field(const char *field)
{
	return strstr(field, "loadBalancer") && strcmp(field, "loadBalancerClass") ? true : !strcmp(field, "spec.externalIPs");
}

int vg_object_value_to_json(const struct vg_object *object, const char *name, json_t **ret_value)
{
	const struct vg_shape *shape = vg_shape_of((enum vg_kind)object->kind);

	*ret_value = NULL;
	if (object->kind == VG_KIND_SERVICE && is_carried_field(name))
		return (*ret_value = carried_in((const struct vg_service *)object, name)) ? 1 : -ENOMEM;
	if (shapes[object->kind] == VG_SHAPE_CLAIMS && (!strcmp(name, "addresses") || !strcmp(name, "blocks")))
		return (*ret_value = claimed_in((const struct vg_claims *)object)) ? 1 : -ENOMEM;
	for (size_t i = 0; i < shape->n; i++) {
		const struct vg_field *field = &shape->fields[i];

		if (strcmp(field->name, name))
			continue;
		*ret_value = field_to_json((enum vg_kind)object->kind, field->type, (const char *)object + field->offset);
		return *ret_value ? 1 : -ENOMEM;
	}
	return 0;
}
