/* SPDX-License-Identifier: Apache-2.0 */
/* ConfigMaps and the Infrastructure object: where the API server is, and what kube-vip's cloud provider hands out. */
#include "kube/reduce_parts.h"

#include <string.h>

#include "conf/yaml_json.h"

static const char KUBEADM[] = "kube-system/kubeadm-config", CLUSTER_INFO[] = "kube-public/cluster-info", KUBEVIP[] = "kube-system/kubevip";

bool vg_reduce_wants_config_map(const char *key)
{
	return !strcmp(key, KUBEADM) || !strcmp(key, CLUSTER_INFO) || !strcmp(key, KUBEVIP);
}

static void add_server(struct vg_reducer *reducer, const json_t *json)
{
	struct vg_claims *claims = &reducer->view.claims;

	if (vg_json_is_absent(json))
		return;
	if (!vg_add_server(reducer, &claims->addresses, &claims->hosts, vg_json_text_of(json)))
		claims->flags |= VG_CLAIMS_ODD;
}

/* kubeadm writes "" where there is none. */
static void read_cluster_configuration(struct vg_reducer *reducer, const json_t *document)
{
	const json_t *endpoint = json_object_get(document, "controlPlaneEndpoint");

	if (!json_is_string(endpoint) || *json_string_value(endpoint))
		add_server(reducer, endpoint);
}

static void read_kubeconfig(struct vg_reducer *reducer, const json_t *document)
{
	const json_t *cluster;
	size_t i;

	json_array_foreach(json_object_get(document, "clusters"), i, cluster) add_server(reducer, vg_json_at(cluster, "cluster.server"));
}

static void read_documents(struct vg_reducer *reducer, const char *text, void (*read)(struct vg_reducer *reducer, const json_t *document))
{
	json_t *documents = NULL, *document;
	struct vg_error error;
	size_t i;

	reducer->view.claims.flags |= VG_CLAIMS_CONTROL_PLANE;
	if (vg_yaml_to_json(text, strlen(text), "data", &error, &documents) < 0) {
		reducer->view.claims.flags |= VG_CLAIMS_ODD;
		return;
	}
	json_array_foreach(documents, i, document) read(reducer, document);
	json_decref(documents);
}

/* 0.0.0.0/32 stands for DHCP. */
static void read_pool(struct vg_reducer *reducer, struct vg_claims *claims, const char *list)
{
	char *part;

	while ((part = vg_next_part(reducer, &list, ","))) {
		if (strcmp(part, "0.0.0.0/32") && strcmp(part, "::/128") && !vg_add_range(reducer, &claims->ranges, part, false))
			claims->flags |= VG_CLAIMS_ODD;
	}
}

/* Its ranges in order of their keys: that of a JSON object's members says nothing. */
static void read_cloud_provider(struct vg_reducer *reducer, const json_t *data)
{
	struct vg_claims *claims = &reducer->view.claims;
	struct vg_labels pools = { 0 };

	claims->flags |= VG_CLAIMS_KUBE_VIP_POOL;
	vg_reduce_labels(reducer, &pools, data);
	for (uint32_t i = 0; i < pools.n; i++) {
		const char *key = pools.list[i].key;

		if (!strncmp(key, "cidr-", 5) || !strncmp(key, "range-", 6))
			read_pool(reducer, claims, pools.list[i].value);
	}
}

static int has_something(const struct vg_claims *claims)
{
	return claims->addresses.n || claims->hosts.n || claims->ranges.n || (claims->flags & VG_CLAIMS_ODD);
}

int vg_reduce_config_map(struct vg_reducer *reducer, const json_t *json)
{
	const json_t *data = json_object_get(json, "data");
	const char *key = reducer->view.object.key;

	if (!strcmp(key, KUBEADM))
		read_documents(reducer, vg_json_member(data, "ClusterConfiguration"), read_cluster_configuration);
	else if (!strcmp(key, CLUSTER_INFO))
		read_documents(reducer, vg_json_member(data, "kubeconfig"), read_kubeconfig);
	else if (!strcmp(key, KUBEVIP))
		read_cloud_provider(reducer, data);
	return has_something(&reducer->view.claims);
}

/* One member for each platform, of which one is there; older releases had one address only. */
int vg_reduce_infrastructure(struct vg_reducer *reducer, const json_t *json)
{
	static const char *const keys[] = { "apiServerInternalIPs", "apiServerInternalIP", "ingressIPs", "ingressIP" };
	struct vg_claims *claims = &reducer->view.claims;
	const char *name;
	json_t *platform;

	claims->flags |= VG_CLAIMS_CONTROL_PLANE;
	json_object_foreach((json_t *)vg_json_at(json, "status.platformStatus"), name, platform)
	{
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			vg_add_addrs_of(reducer, &claims->addresses, json_object_get(platform, keys[i]), &claims->flags, VG_CLAIMS_ODD);
	}
	return has_something(claims);
}
