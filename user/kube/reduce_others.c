/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes, Leases, and the objects of balancers other than MetalLB. */
#include "kube/reduce_parts.h"

#include <string.h>

#include "base/time.h"

static void read_provided(struct vg_reducer *reducer, struct vg_node *node, const json_t *annotations)
{
	static const char *const keys[] = { "alpha.kubernetes.io/provided-node-ip", "k3s.io/internal-ip", "rke2.io/internal-ip" };
	char *part;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *text = vg_json_member(annotations, keys[i]);

		while ((part = vg_next_part(reducer, &text, ",")))
			vg_add_addr_text(reducer, &node->provided, part);
	}
}

int vg_reduce_node(struct vg_reducer *reducer, const json_t *json)
{
	const json_t *list = vg_json_at(json, "status.addresses"), *labels = vg_json_at(json, "metadata.labels"), *item;
	struct vg_node *node = &reducer->view.node;
	size_t i;

	node->hostname = vg_json_member(labels, "kubernetes.io/hostname");
	if (json_object_get(labels, "node.kubernetes.io/exclude-from-external-load-balancers"))
		node->flags |= VG_NODE_EXCLUDED;
	json_array_foreach((json_t *)list, i, item)
	{
		const char *type = vg_json_member(item, "type");

		if (!strcmp(type, "InternalIP"))
			vg_add_addr_text(reducer, &node->internal, vg_json_member(item, "address"));
		else if (!strcmp(type, "ExternalIP"))
			vg_add_addr_text(reducer, &node->external, vg_json_member(item, "address"));
	}
	read_provided(reducer, node, vg_json_at(json, "metadata.annotations"));
	return 1;
}

/* Not negative, and within int32 as in the API; false: not there, or odd. */
static bool read_count(const json_t *json, uint32_t *ret_count)
{
	json_int_t number = json_integer_value(json);

	if (!json_is_integer(json) || number < 0 || number > INT32_MAX)
		return false;
	*ret_count = (uint32_t)number;
	return true;
}

/* kubelets' own are many, and nobody's holder. */
int vg_reduce_lease(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_lease *lease = &reducer->view.lease;
	const json_t *spec = json_object_get(json, "spec");
	uint32_t seconds = 0;

	if (vg_object_in(&lease->object, "kube-node-lease"))
		return 0;
	lease->holder = vg_json_member(spec, "holderIdentity");
	lease->acquired_ns = vg_json_time_at(spec, "acquireTime");
	lease->renewed_ns = vg_json_time_at(spec, "renewTime");
	read_count(json_object_get(spec, "leaseDurationSeconds"), &seconds);
	lease->duration_ns = seconds * VG_NS_PER_SEC;
	if (read_count(json_object_get(spec, "leaseTransitions"), &lease->transitions))
		lease->flags |= VG_LEASE_TRANSITIONS_KNOWN;
	return 1;
}

/* A policy has one selector of a sort, which may be missing: then everything. */
static void read_one(struct vg_reducer *reducer, struct vg_selectors *selectors, const json_t *json, uint32_t *odd)
{
	if (!vg_json_is_absent(json))
		vg_reduce_selector(reducer, selectors, json, odd);
}

int vg_reduce_cilium_policy(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_advertisement *policy = &reducer->view.advertisement;

	read_one(reducer, &policy->node_selectors, vg_json_at(json, "spec.nodeSelector"), &policy->flags);
	read_one(reducer, &policy->service_selectors, vg_json_at(json, "spec.serviceSelector"), &policy->flags);
	return 1;
}

/* {"cidr"}, or {"start", "stop"}, where stop may be missing. */
static bool add_block(struct vg_reducer *reducer, struct vg_ranges *ranges, const json_t *block)
{
	const char *cidr = vg_json_member(block, "cidr"), *start = vg_json_member(block, "start"), *stop = vg_json_member(block, "stop");
	char *text;

	if (*cidr)
		return vg_add_range(reducer, ranges, cidr, true);
	if (!*stop)
		return vg_add_range(reducer, ranges, start, true);
	text = vg_reducer_join(reducer, start, stop);
	if (strlen(text) > strlen(start))
		text[strlen(start)] = '-';
	return vg_add_range(reducer, ranges, text, false);
}

/* "blocks", up to v1.14 "cidrs". */
int vg_reduce_cilium_pool(struct vg_reducer *reducer, const json_t *json)
{
	static const char *const keys[] = { "spec.blocks", "spec.cidrs" };
	struct vg_claims *claims = &reducer->view.claims;
	const json_t *block;
	size_t i;

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		json_array_foreach((json_t *)vg_json_at(json, keys[k]), i, block)
		{
			if (!add_block(reducer, &claims->ranges, block))
				claims->flags |= VG_CLAIMS_ODD;
		}
	}
	return 1;
}

static void read_purelb_pool(struct vg_reducer *reducer, struct vg_claims *claims, const json_t *pool)
{
	const json_t *text = json_object_get(pool, "pool");

	if (!vg_json_is_absent(text) && !vg_add_range(reducer, &claims->ranges, vg_json_text_of(text), true))
		claims->flags |= VG_CLAIMS_ODD;
}

/* spec.local and spec.remote: "pool", "v4pool", "v6pool", "v4pools", "v6pools", as releases went by. */
int vg_reduce_purelb_group(struct vg_reducer *reducer, const json_t *json)
{
	static const char *const sorts[] = { "spec.local", "spec.remote" };
	static const char *const single[] = { "v4pool", "v6pool" }, *const many[] = { "v4pools", "v6pools" };
	const json_t *pool;
	size_t i;

	for (size_t s = 0; s < ARRAY_SIZE(sorts); s++) {
		const json_t *sort = vg_json_at(json, sorts[s]);

		read_purelb_pool(reducer, &reducer->view.claims, sort);
		for (size_t k = 0; k < ARRAY_SIZE(single); k++) {
			read_purelb_pool(reducer, &reducer->view.claims, json_object_get(sort, single[k]));
			json_array_foreach(json_object_get(sort, many[k]), i, pool) read_purelb_pool(reducer, &reducer->view.claims, pool);
		}
	}
	return 1;
}

/* Which dummy link holds its addresses: "dummyInterface", in the first API "extlbint". One that names none still shows that PureLB is there. */
int vg_reduce_purelb_agent(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_claims *claims = &reducer->view.claims;

	claims->link = vg_json_text_at(json, "spec.local.dummyInterface");
	if (!*claims->link)
		claims->link = vg_json_text_at(json, "spec.local.extlbint");
	return 1;
}

int vg_reduce_openelb_eip(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_claims *claims = &reducer->view.claims;
	const json_t *address = vg_json_at(json, "spec.address");

	if (!vg_json_is_absent(address) && !vg_add_range(reducer, &claims->ranges, vg_json_text_of(address), true))
		claims->flags |= VG_CLAIMS_ODD;
	claims->link = vg_json_text_at(json, "spec.interface");
	claims->protocol = vg_json_text_at(json, "spec.protocol");
	return 1;
}

/* Wished for, and held. */
int vg_reduce_egress_ip(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_claims *claims = &reducer->view.claims;
	const json_t *item;
	size_t i;

	vg_add_addrs_of(reducer, &claims->addresses, vg_json_at(json, "spec.egressIPs"), &claims->flags, VG_CLAIMS_ODD);
	json_array_foreach((json_t *)vg_json_at(json, "status.items"), i, item)
		vg_add_addrs_of(reducer, &claims->addresses, json_object_get(item, "egressIP"), &claims->flags, VG_CLAIMS_ODD);
	return 1;
}
