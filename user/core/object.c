/* SPDX-License-Identifier: Apache-2.0 */
#include "core/object.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "core/hash.h"

#define FIELD(shape, type, member, name) \
	{ \
		name, type, offsetof(struct shape, member), false \
	}
#define HEARTBEAT(shape, type, member, name) \
	{ \
		name, type, offsetof(struct shape, member), true \
	}

static const struct vg_field service_fields[] = {
	FIELD(vg_service, VG_FIELD_CARRIED, carried, "addresses"),
	FIELD(vg_service, VG_FIELD_TEXT, class, "loadBalancerClass"),
	FIELD(vg_service, VG_FIELD_FLAGS, flags, "flags"),
	FIELD(vg_service, VG_FIELD_TEXT, metallb_pool, "ip-allocated-from-pool"),
	FIELD(vg_service, VG_FIELD_TEXT, kube_vip_lease, "leaseName"),
	FIELD(vg_service, VG_FIELD_TEXT, vip_host, "vipHost"),
	FIELD(vg_service, VG_FIELD_HELD, held, "announcing"),
	FIELD(vg_service, VG_FIELD_HASH, uid, "uid"),
};

static const struct vg_field node_fields[] = {
	FIELD(vg_node, VG_FIELD_TEXT, hostname, "hostname"),	FIELD(vg_node, VG_FIELD_ADDRS, internal, "InternalIP"),
	FIELD(vg_node, VG_FIELD_ADDRS, external, "ExternalIP"), FIELD(vg_node, VG_FIELD_ADDRS, provided, "provided-node-ip"),
	FIELD(vg_node, VG_FIELD_FLAGS, flags, "flags"),
};

static const struct vg_field lease_fields[] = {
	FIELD(vg_lease, VG_FIELD_TEXT, holder, "holderIdentity"),	  FIELD(vg_lease, VG_FIELD_TIME, acquired_ns, "acquireTime"),
	HEARTBEAT(vg_lease, VG_FIELD_TIME, renewed_ns, "renewTime"),	  FIELD(vg_lease, VG_FIELD_DURATION, duration_ns, "leaseDurationSeconds"),
	FIELD(vg_lease, VG_FIELD_COUNT, transitions, "leaseTransitions"), FIELD(vg_lease, VG_FIELD_FLAGS, flags, "flags"),
};

static const struct vg_field pod_fields[] = {
	FIELD(vg_pod, VG_FIELD_TEXT, node, "nodeName"),
	FIELD(vg_pod, VG_FIELD_FLAGS, flags, "flags"),
	FIELD(vg_pod, VG_FIELD_TEXT, class, "lb-class"),
	FIELD(vg_pod, VG_FIELD_TEXT, lease, "svc_leasename"),
	FIELD(vg_pod, VG_FIELD_TEXT, lease_namespace, "lease-namespace"),
	FIELD(vg_pod, VG_FIELD_ADDRS, addresses, "addresses"),
	FIELD(vg_pod, VG_FIELD_TEXTS, hosts, "hosts"),
	FIELD(vg_pod, VG_FIELD_TEXT, balancer, "balancer"),
	FIELD(vg_pod, VG_FIELD_TEXT, uid, "uid"),
	FIELD(vg_pod, VG_FIELD_TEXT, image, "image"),
	FIELD(vg_pod, VG_FIELD_TEXT, controller, "ownerReferences"),
	FIELD(vg_pod, VG_FIELD_TEXT, config_hash, "config.hash"),
};

static const struct vg_field claims_fields[] = {
	FIELD(vg_claims, VG_FIELD_ADDRS, addresses, "addresses"), FIELD(vg_claims, VG_FIELD_TEXTS, hosts, "hosts"),
	FIELD(vg_claims, VG_FIELD_RANGES, ranges, "ranges"),	  FIELD(vg_claims, VG_FIELD_TEXT, link, "interface"),
	FIELD(vg_claims, VG_FIELD_TEXT, protocol, "protocol"),	  FIELD(vg_claims, VG_FIELD_FLAGS, flags, "flags"),
};

static const struct vg_field advertisement_fields[] = {
	FIELD(vg_advertisement, VG_FIELD_TEXTS, pools, "ipAddressPools"),
	FIELD(vg_advertisement, VG_FIELD_SELECTORS, pool_selectors, "ipAddressPoolSelectors"),
	FIELD(vg_advertisement, VG_FIELD_SELECTORS, node_selectors, "nodeSelectors"),
	FIELD(vg_advertisement, VG_FIELD_SELECTORS, service_selectors, "serviceSelectors"),
	FIELD(vg_advertisement, VG_FIELD_FLAGS, flags, "flags"),
};

static const struct vg_field placement_fields[] = {
	FIELD(vg_placement, VG_FIELD_TEXT, service, "service"),
	FIELD(vg_placement, VG_FIELD_TEXT, node, "node"),
	FIELD(vg_placement, VG_FIELD_TEXT, status_node, "status.node"),
	FIELD(vg_placement, VG_FIELD_HASH, uid, "uid"),
	FIELD(vg_placement, VG_FIELD_TIME, at_ns, "time"),
	FIELD(vg_placement, VG_FIELD_FLAGS, flags, "flags"),
};

static const struct vg_shape shapes[VG_SHAPE_MAX] = {
	[VG_SHAPE_SERVICE] = { sizeof(struct vg_service), service_fields, ARRAY_SIZE(service_fields) },
	[VG_SHAPE_NODE] = { sizeof(struct vg_node), node_fields, ARRAY_SIZE(node_fields) },
	[VG_SHAPE_LEASE] = { sizeof(struct vg_lease), lease_fields, ARRAY_SIZE(lease_fields) },
	[VG_SHAPE_POD] = { sizeof(struct vg_pod), pod_fields, ARRAY_SIZE(pod_fields) },
	[VG_SHAPE_CLAIMS] = { sizeof(struct vg_claims), claims_fields, ARRAY_SIZE(claims_fields) },
	[VG_SHAPE_ADVERTISEMENT] = { sizeof(struct vg_advertisement), advertisement_fields, ARRAY_SIZE(advertisement_fields) },
	[VG_SHAPE_PLACEMENT] = { sizeof(struct vg_placement), placement_fields, ARRAY_SIZE(placement_fields) },
};

#define X(name, text, shape) [name] = { text, shape },
static const struct {
	const char *text;
	enum vg_shape_id shape;
} kinds[VG_KIND_MAX] = { VG_KIND_LIST(X) };
#undef X

const struct vg_shape *vg_shape_of(enum vg_kind kind)
{
	return &shapes[kinds[kind].shape];
}

const char *vg_kind_to_str(enum vg_kind kind)
{
	return kind < VG_KIND_MAX ? kinds[kind].text : "object";
}

int vg_kind_from_str(const char *text, enum vg_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].text, text)) {
			*ret_kind = (enum vg_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *vg_object_name(const struct vg_object *object)
{
	return object->key + (object->namespace_len ? object->namespace_len + 1 : 0);
}

bool vg_object_in(const struct vg_object *object, const char *namespace)
{
	size_t n = strlen(namespace);

	return n == object->namespace_len && !memcmp(object->key, namespace, n);
}

bool vg_object_same_namespace(const struct vg_object *a, const struct vg_object *b)
{
	return a->namespace_len == b->namespace_len && !memcmp(a->key, b->key, a->namespace_len);
}

uint64_t vg_uid_hash(const char *uid)
{
	uint64_t hash;

	if (!*uid)
		return 0;
	hash = vg_hash_bytes(0, uid, strlen(uid));
	return hash ? hash : 1;
}
