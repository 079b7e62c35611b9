/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and what they mean: docs/contract.md section 3. */
#include "kube/reduce_parts.h"

#include <string.h>

#define KUBE_VIP "kube-vip.io/"

struct sink {
	struct vg_reducer *reducer;
	struct vg_service *service;
};

static void add_carried(const struct sink *sink, const struct vg_addr *addr, enum vg_carried_from from)
{
	struct vg_carrieds *carried = &sink->service->carried;
	struct vg_carried *list;

	if (vg_addr_is_unspecified(addr)) /* "by DHCP" of kube-vip */
		return;
	for (uint32_t i = 0; i < carried->n; i++) {
		if (!vg_addr_cmp(&carried->list[i].addr, addr))
			return;
	}
	list = vg_reducer_grow(sink->reducer, carried->list, carried->n, sizeof(*list));
	if (!list)
		return;
	list[carried->n++] = (struct vg_carried){ .addr = *addr, .from = from };
	carried->list = list;
}

static void add_carried_text(const struct sink *sink, const char *text, enum vg_carried_from from)
{
	struct vg_addr addr;

	if (vg_addr_parse(text, &addr) == 0)
		add_carried(sink, &addr, from);
	else
		sink->service->flags |= VG_SERVICE_ODD;
}

static void add_carried_list(const struct sink *sink, const char *text, enum vg_carried_from from)
{
	char *part;

	while ((part = vg_next_part(sink->reducer, &text, ",")))
		add_carried_text(sink, part, from);
}

/* An entry without an address names a host: nothing to judge. */
static void read_ingress(const struct sink *sink, const json_t *ingress)
{
	const json_t *ip = json_object_get(ingress, "ip");

	if (!strcmp(vg_json_member(ingress, "ipMode"), "Proxy"))
		sink->service->flags |= VG_SERVICE_PROXY_MODE;
	if (json_array_size(json_object_get(ingress, "ports")))
		sink->service->flags |= VG_SERVICE_INGRESS_PORTS;
	if (json_is_string(ip) && *json_string_value(ip))
		add_carried_text(sink, json_string_value(ip), VG_FROM_STATUS);
	else if (!json_is_object(ingress) || (!json_is_string(ip) && !vg_json_is_absent(ip)))
		sink->service->flags |= VG_SERVICE_ODD;
}

static void read_status(const struct sink *sink, const json_t *json)
{
	const json_t *list = vg_json_at(json, "status.loadBalancer.ingress"), *ingress;
	size_t i;

	if (!vg_json_is_absent(list) && !json_is_array(list))
		sink->service->flags |= VG_SERVICE_ODD;
	json_array_foreach((json_t *)list, i, ingress) read_ingress(sink, ingress);
}

static void read_external(const struct sink *sink, const json_t *spec)
{
	const json_t *list = json_object_get(spec, "externalIPs"), *ip;
	size_t i;

	if (!vg_json_is_absent(list) && !json_is_array(list))
		sink->service->flags |= VG_SERVICE_ODD;
	json_array_foreach((json_t *)list, i, ip) add_carried_text(sink, vg_json_text_of(ip), VG_FROM_EXTERNAL);
}

static void read_wishes(const struct sink *sink, const json_t *spec, const json_t *annotations)
{
	static const char *const keys[] = {
		"metallb.io/loadBalancerIPs",
		"metallb.universe.tf/loadBalancerIPs",
		"kube-vip.io/loadbalancerIPs",
		"purelb.io/addresses",
	};

	add_carried_list(sink, vg_json_member(spec, "loadBalancerIP"), VG_FROM_SPEC);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		add_carried_list(sink, vg_json_member(annotations, keys[i]), VG_FROM_ANNOTATION);
}

/* value: NULL is any that is not empty; "!false" any but that, too: such a key is a switch. prefix: the key only begins so. */
static const struct mark {
	const char *key;
	const char *value;
	bool prefix;
	uint32_t flag;
} marks[] = {
	{ KUBE_VIP "loadbalancerIPs", NULL, false, VG_SERVICE_KUBE_VIP_ADDRESSES },
	{ KUBE_VIP "ignore", "true", false, VG_SERVICE_KUBE_VIP_IGNORE },
	{ KUBE_VIP "vipHost", NULL, false, VG_SERVICE_KUBE_VIP_TRACE },
	{ KUBE_VIP "hwaddr", NULL, false, VG_SERVICE_KUBE_VIP_TRACE },
	{ KUBE_VIP "requestedIP", NULL, false, VG_SERVICE_KUBE_VIP_TRACE },
	{ KUBE_VIP "active-endpoint", NULL, true, VG_SERVICE_KUBE_VIP_TRACE },
	{ KUBE_VIP "egress-nftables-table", NULL, false, VG_SERVICE_KUBE_VIP_TRACE }, /* written by kube-vip itself; before egress* */
	{ KUBE_VIP "egress", "!false", true, VG_SERVICE_KUBE_VIP_WISH },
	{ KUBE_VIP "serviceVLAN", NULL, false, VG_SERVICE_KUBE_VIP_WISH },
	{ KUBE_VIP "serviceInterface", NULL, false, VG_SERVICE_KUBE_VIP_WISH },
	{ KUBE_VIP "leaseName", NULL, false, VG_SERVICE_KUBE_VIP_WISH },
	{ KUBE_VIP "forcePerServiceElection", "!false", false, VG_SERVICE_KUBE_VIP_WISH },
	{ KUBE_VIP "loadbalancerHostname", NULL, false, VG_SERVICE_KUBE_VIP_WISH },
	{ KUBE_VIP "ddns", "!false", false, VG_SERVICE_KUBE_VIP_WISH },
	{ KUBE_VIP "macvlanName", NULL, false, VG_SERVICE_KUBE_VIP_WISH },
	{ "purelb.io/allocated-by", NULL, false, VG_SERVICE_PURELB },
	{ "purelb.io/pool-type", "remote", false, VG_SERVICE_PURELB_REMOTE },
	{ "lb.kubesphere.io/v1alpha1", "openelb", false, VG_SERVICE_OPENELB },
	{ "eip.openelb", NULL, true, VG_SERVICE_OPENELB },
	{ "service.antrea.io/external-ip-pool", NULL, false, VG_SERVICE_ANTREA },
};

static bool mark_applies(const struct mark *mark, const char *value)
{
	if (!mark->value)
		return *value;
	if (mark->value[0] == '!')
		return *value && strcmp(value, mark->value + 1);
	return !strcmp(value, mark->value);
}

/* The first mark whose key it is counts. */
static uint32_t flags_of(const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (marks[i].prefix ? !strncmp(key, marks[i].key, strlen(marks[i].key)) : !strcmp(key, marks[i].key))
			return mark_applies(&marks[i], value) ? marks[i].flag : 0;
	}
	return 0;
}

static void read_marks(struct vg_service *service, const json_t *annotations)
{
	const char *key, *pool = vg_json_member(annotations, "metallb.io/ip-allocated-from-pool");
	json_t *value;

	json_object_foreach((json_t *)annotations, key, value) service->flags |= flags_of(key, vg_json_text_of(value));
	service->metallb_pool = *pool ? pool : vg_json_member(annotations, "metallb.universe.tf/ip-allocated-from-pool");
	service->kube_vip_lease = vg_json_member(annotations, KUBE_VIP "leaseName");
	service->vip_host = vg_json_member(annotations, KUBE_VIP "vipHost");
}

/* "node,interface,address" */
static void read_held(const struct sink *sink, const char *entry)
{
	struct vg_helds *helds = &sink->service->held;
	const char *node = vg_next_part(sink->reducer, &entry, ","), *link = vg_next_part(sink->reducer, &entry, ",");
	const char *text = vg_next_part(sink->reducer, &entry, ",");
	struct vg_held held = { .node = node }, *list;

	if (!node || !link || !text || *entry || vg_addr_parse(text, &held.addr) < 0) {
		sink->service->flags |= VG_SERVICE_ODD;
		return;
	}
	list = vg_reducer_grow(sink->reducer, helds->list, helds->n, sizeof(*list));
	if (!list)
		return;
	list[helds->n++] = held;
	helds->list = list;
}

static void read_announcing(const struct sink *sink, const json_t *annotations)
{
	static const char *const keys[] = { "purelb.io/announcing-IPv4", "purelb.io/announcing-IPv6" };
	char *entry;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *text = vg_json_member(annotations, keys[i]);

		while ((entry = vg_next_part(sink->reducer, &text, " ")))
			read_held(sink, entry);
	}
}

/* The cloud provider's finalizer, which k3s has from the same library: it tells ServiceLB only where nobody else left a mark. */
static bool is_servicelb(const struct vg_service *service, const json_t *json)
{
	const json_t *list = vg_json_at(json, "metadata.finalizers"), *finalizer;
	const uint32_t others =
		VG_SERVICE_KUBE_VIP_ADDRESSES | VG_SERVICE_KUBE_VIP_LABEL | VG_SERVICE_PURELB | VG_SERVICE_OPENELB | VG_SERVICE_ANTREA;
	size_t i;

	if (*service->metallb_pool || *service->class || (service->flags & others))
		return false;
	json_array_foreach((json_t *)list, i, finalizer)
	{
		if (!strcmp(vg_json_text_of(finalizer), "service.kubernetes.io/load-balancer-cleanup"))
			return true;
	}
	return false;
}

/* Only such a Service has an owner; what an earlier type left on another one is no claim on anything. */
static void read_load_balancer(const struct sink *sink, const json_t *json)
{
	const json_t *spec = json_object_get(json, "spec"), *annotations = vg_json_at(json, "metadata.annotations");
	struct vg_service *service = sink->service;
	const char *label = vg_labels_get(&service->object.labels, "implementation");

	service->flags |= VG_SERVICE_LOAD_BALANCER;
	service->class = vg_json_member(spec, "loadBalancerClass");
	read_status(sink, json);
	read_wishes(sink, spec, annotations);
	read_marks(service, annotations);
	read_announcing(sink, annotations);
	if (label && !strcmp(label, "kube-vip"))
		service->flags |= VG_SERVICE_KUBE_VIP_LABEL;
	if (is_servicelb(service, json))
		service->flags |= VG_SERVICE_SERVICELB;
}

int vg_reduce_service(struct vg_reducer *reducer, const json_t *json)
{
	const uint32_t claims = VG_SERVICE_KUBE_VIP_ADDRESSES | VG_SERVICE_KUBE_VIP_LABEL | VG_SERVICE_KUBE_VIP_WISH;
	struct sink sink = { reducer, &reducer->view.service };
	const json_t *spec = json_object_get(json, "spec");

	sink.service->uid = vg_uid_hash(vg_json_text_at(json, "metadata.uid"));
	if (!strcmp(vg_json_member(spec, "type"), "LoadBalancer"))
		read_load_balancer(&sink, json);
	read_external(&sink, spec);
	return sink.service->carried.n || (sink.service->flags & claims);
}
