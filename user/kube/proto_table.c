/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/proto_table.h"

#include "base/cleanup.h"

#define MESSAGE(name, ...) \
	static const struct vg_proto_member name##_members[] = { __VA_ARGS__ }; \
	static const struct vg_proto_message name = { name##_members, ARRAY_SIZE(name##_members) }

#define TEXT(number, name) \
	{ \
		number, VG_PROTO_TEXT, name, NULL \
	}
#define TEXTS(number, name) \
	{ \
		number, VG_PROTO_TEXTS, name, NULL \
	}
#define INT(number, name) \
	{ \
		number, VG_PROTO_INT, name, NULL \
	}
#define TIME(number, name) \
	{ \
		number, VG_PROTO_TIME, name, NULL \
	}
#define MAP(number, name) \
	{ \
		number, VG_PROTO_MAP, name, NULL \
	}
#define ONE(number, name, message) \
	{ \
		number, VG_PROTO_MESSAGE, name, message \
	}
#define MANY(number, name, message) \
	{ \
		number, VG_PROTO_MESSAGES, name, message \
	}

/* ---- k8s.io/apimachinery: meta/v1, runtime */

MESSAGE(owner_reference, TEXT(1, "kind"), TEXT(3, "name"));
MESSAGE(object_meta, TEXT(1, "name"), TEXT(3, "namespace"), TEXT(5, "uid"), TEXT(6, "resourceVersion"), TIME(8, "creationTimestamp"),
	TIME(9, "deletionTimestamp"), MAP(11, "labels"), MAP(12, "annotations"), MANY(13, "ownerReferences", &owner_reference),
	TEXTS(14, "finalizers"));
MESSAGE(list_meta, TEXT(2, "resourceVersion"), TEXT(3, "continue"));

#define METADATA ONE(1, "metadata", &object_meta)

static const struct vg_proto_member any_object_members[] = { METADATA };
static const struct vg_proto_member type_meta_members[] = { TEXT(1, "apiVersion"), TEXT(2, "kind") };
static const struct vg_proto_member list_members[] = { ONE(1, "metadata", &list_meta) };
static const struct vg_proto_member status_members[] = { TEXT(3, "message"), INT(6, "code") };

const struct vg_proto_message vg_proto_any_object = { any_object_members, ARRAY_SIZE(any_object_members) };
const struct vg_proto_message vg_proto_type_meta = { type_meta_members, ARRAY_SIZE(type_meta_members) };
const struct vg_proto_message vg_proto_list = { list_members, ARRAY_SIZE(list_members) };
const struct vg_proto_message vg_proto_status = { status_members, ARRAY_SIZE(status_members) };

/* ---- k8s.io/api: core/v1 */

MESSAGE(ingress, TEXT(1, "ip"), TEXT(2, "hostname"), TEXT(3, "ipMode"), MANY(4, "ports", NULL));
MESSAGE(load_balancer, MANY(1, "ingress", &ingress));
MESSAGE(service_status, ONE(1, "loadBalancer", &load_balancer));
MESSAGE(service_spec, TEXT(4, "type"), TEXTS(5, "externalIPs"), TEXT(8, "loadBalancerIP"), TEXT(21, "loadBalancerClass"));
MESSAGE(service, METADATA, ONE(2, "spec", &service_spec), ONE(3, "status", &service_status));

MESSAGE(node_address, TEXT(1, "type"), TEXT(2, "address"));
MESSAGE(node_status, MANY(5, "addresses", &node_address));
MESSAGE(node, METADATA, ONE(3, "status", &node_status));

MESSAGE(variable, TEXT(1, "name"), TEXT(2, "value"), ONE(3, "valueFrom", NULL));
MESSAGE(container, TEXT(1, "name"), TEXT(2, "image"), TEXTS(3, "command"), TEXTS(4, "args"), MANY(7, "env", &variable), MANY(19, "envFrom", NULL));
MESSAGE(pod_spec, MANY(2, "containers", &container), TEXT(10, "nodeName"));
MESSAGE(pod_status, TEXT(1, "phase"));
MESSAGE(pod, METADATA, ONE(2, "spec", &pod_spec), ONE(3, "status", &pod_status));

MESSAGE(config_map, METADATA, MAP(2, "data"));

MESSAGE(reference, TEXT(1, "kind"), TEXT(2, "namespace"), TEXT(3, "name"), TEXT(4, "uid"));
MESSAGE(event, METADATA, ONE(2, "involvedObject", &reference), TEXT(3, "reason"), TEXT(4, "message"), TIME(7, "lastTimestamp"),
	TIME(10, "eventTime"));

/* ---- k8s.io/api: coordination/v1 */

MESSAGE(lease_spec, TEXT(1, "holderIdentity"), INT(2, "leaseDurationSeconds"), TIME(3, "acquireTime"), TIME(4, "renewTime"),
	INT(5, "leaseTransitions"));
MESSAGE(lease, METADATA, ONE(2, "spec", &lease_spec));

const struct vg_proto_message *vg_proto_of_kind(enum vg_kind kind)
{
	switch (kind) {
	case VG_KIND_SERVICE: return &service;
	case VG_KIND_NODE: return &node;
	case VG_KIND_LEASE: return &lease;
	case VG_KIND_POD: return &pod;
	case VG_KIND_CONFIG_MAP: return &config_map;
	case VG_KIND_EVENT: return &event;
	default: return NULL;
	}
}
