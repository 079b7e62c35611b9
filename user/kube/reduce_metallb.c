/* SPDX-License-Identifier: Apache-2.0 */
/* MetalLB's own objects, and the Event by which its older releases say who announces. */
#include "kube/reduce_parts.h"

#include <string.h>

int vg_reduce_pool(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_claims *claims = &reducer->view.claims;

	/* an address without its length is refused by MetalLB */
	vg_add_ranges_of(reducer, &claims->ranges, vg_json_at(json, "spec.addresses"), false, &claims->flags);
	if (json_is_false(vg_json_at(json, "spec.autoAssign")))
		claims->flags |= VG_CLAIMS_NO_AUTO_ASSIGN;
	return 1;
}

/* An empty list means all pools, so one that cannot be read must not look like it. */
static void read_pools(struct vg_reducer *reducer, struct vg_advertisement *advertisement, const json_t *list)
{
	const json_t *name;
	size_t i;

	if (!vg_json_is_absent(list) && !json_is_array(list))
		advertisement->flags |= VG_CLAIMS_ODD;
	json_array_foreach((json_t *)list, i, name)
	{
		if (!json_is_string(name))
			advertisement->flags |= VG_CLAIMS_ODD;
		vg_add_text(reducer, &advertisement->pools, vg_json_text_of(name));
	}
}

int vg_reduce_metallb_advertisement(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_advertisement *advertisement = &reducer->view.advertisement;
	const json_t *spec = json_object_get(json, "spec");

	if (!vg_json_is_absent(spec) && !json_is_object(spec))
		advertisement->flags |= VG_CLAIMS_ODD;
	read_pools(reducer, advertisement, json_object_get(spec, "ipAddressPools"));
	vg_reduce_selectors(reducer, &advertisement->pool_selectors, json_object_get(spec, "ipAddressPoolSelectors"), &advertisement->flags);
	vg_reduce_selectors(reducer, &advertisement->node_selectors, json_object_get(spec, "nodeSelectors"), &advertisement->flags);
	vg_reduce_selectors(reducer, &advertisement->service_selectors, json_object_get(spec, "serviceSelectors"), &advertisement->flags);
	return 1;
}

/* ServiceL2Status, ServiceBGPStatus. Up to v0.14.5 they lived with their Service and had no label for its namespace. */
int vg_reduce_status(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_placement *placement = &reducer->view.placement;
	const json_t *labels = vg_json_at(json, "metadata.labels");
	const char *name = vg_json_member(labels, "metallb.io/service-name"), *namespace = vg_json_member(labels, "metallb.io/service-namespace");

	if (!*namespace)
	namespace = vg_json_text_at(json, "metadata.namespace");
	placement->status_node = vg_json_text_at(json, "status.node");
	placement->node = vg_json_member(labels, "metallb.io/node");
	if (!*placement->node)
		placement->node = placement->status_node;
	if (!*name || !*placement->node)
		return 0;
	placement->service = vg_reducer_join(reducer, namespace, name);
	return 1;
}

/* Objects "controller" and "speaker-<node>". */
int vg_reduce_configuration_state(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_placement *placement = &reducer->view.placement;
	const json_t *labels = vg_json_at(json, "metadata.labels");

	if (strcmp(vg_json_member(labels, "metallb.io/component-type"), "controller"))
		placement->node = vg_json_member(labels, "metallb.io/node-name");
	if (!strcmp(vg_json_text_at(json, "status.result"), "Invalid"))
		placement->flags |= VG_PLACEMENT_INVALID;
	return 1;
}

/* announcing from node "worker1" with protocol "layer2" */
static bool read_message(struct vg_reducer *reducer, struct vg_placement *placement, const char *message)
{
	static const char before[] = "announcing from node \"", between[] = "\" with protocol \"";
	const char *node = message + sizeof(before) - 1, *end;

	if (strncmp(message, before, sizeof(before) - 1))
		return false;
	end = strchr(node, '"');
	if (!end || end == node || strncmp(end, between, sizeof(between) - 1))
		return false;
	placement->node = vg_reducer_text(reducer, node, (size_t)(end - node));
	end += sizeof(between) - 1;
	if (!strcmp(end, "layer2\""))
		placement->flags |= VG_PLACEMENT_LAYER2;
	else if (!strcmp(end, "bgp\""))
		placement->flags |= VG_PLACEMENT_BGP;
	return placement->flags;
}

int vg_reduce_event(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_placement *placement = &reducer->view.placement;
	const json_t *about = json_object_get(json, "involvedObject");
	const char *name = vg_json_member(about, "name");

	if (strcmp(vg_json_member(json, "reason"), "nodeAssigned") || strcmp(vg_json_member(about, "kind"), "Service") || !*name)
		return 0;
	if (!read_message(reducer, placement, vg_json_member(json, "message")))
		return 0;
	placement->service = vg_reducer_join(reducer, vg_json_member(about, "namespace"), name);
	placement->uid = vg_uid_hash(vg_json_member(about, "uid"));
	placement->at_ns = vg_json_time_at(json, "lastTimestamp");
	if (!placement->at_ns)
		placement->at_ns = vg_json_time_at(json, "eventTime");
	return 1;
}
