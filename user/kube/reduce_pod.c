/* SPDX-License-Identifier: Apache-2.0 */
/* Which Pods play a part, and what MetalLB's say on their command line. kube-vip's are in reduce_kube_vip.c. */
#include "kube/reduce_parts.h"
#include "kube/reduce_pod.h"

#include <string.h>

/* The repository of an image: "registry:5000/kube-vip/kube-vip:v1@sha256:..." without registry port, tag and digest. */
static size_t repository_length(const char *image)
{
	size_t n = strcspn(image, "@");
	const char *colon = memrchr(image, ':', n), *slash = memrchr(image, '/', n);

	return colon && (!slash || colon > slash) ? (size_t)(colon - image) : n;
}

bool vg_image_is(const char *image, const char *path)
{
	size_t n = repository_length(image), tail = strlen(path);

	if (n < tail || memcmp(image + n - tail, path, tail))
		return false;
	return n == tail || image[n - tail - 1] == '/';
}

/* What follows the dashes and the name of a flag: "" or "=value"; NULL: it is another one. */
static const char *match_flag(const char *argument, const char *name)
{
	size_t n = strlen(name);

	if (*argument != '-')
		return NULL;
	argument += argument[1] == '-' ? 2 : 1;
	if (strncmp(argument, name, n) || (argument[n] && argument[n] != '='))
		return NULL;
	return argument + n;
}

static const char *find_in(const json_t *list, const char *name, bool is_switch)
{
	const char *found = NULL, *rest;
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
	{
		rest = match_flag(vg_json_text_of(item), name);
		if (!rest)
			continue;
		if (*rest == '=')
			found = rest + 1;
		else
			found = is_switch ? "true" : vg_json_text_of(json_array_get(list, i + 1));
	}
	return found;
}

const char *vg_container_flag(const json_t *container, const char *name, bool is_switch)
{
	const char *found = find_in(json_object_get(container, "args"), name, is_switch);

	return found ? found : find_in(json_object_get(container, "command"), name, is_switch);
}

const char *vg_container_env(const json_t *container, const char *name)
{
	const char *found = NULL;
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(container, "env"), i, item)
	{
		if (!strcmp(vg_json_member(item, "name"), name))
			found = json_object_get(item, "valueFrom") ? NULL : vg_json_member(item, "value");
	}
	return found;
}

/* ---- MetalLB */

static uint32_t metallb_component(const char *component)
{
	return !strcmp(component, "speaker") ? VG_POD_METALLB_SPEAKER : !strcmp(component, "controller") ? VG_POD_METALLB_CONTROLLER : 0;
}

/* Labels of its manifests, and of its Helm chart. */
static uint32_t metallb_by_labels(const json_t *labels)
{
	uint32_t role = 0;

	if (!strcmp(vg_json_member(labels, "app"), "metallb"))
		role = metallb_component(vg_json_member(labels, "component"));
	if (!role && !strcmp(vg_json_member(labels, "app.kubernetes.io/name"), "metallb"))
		role = metallb_component(vg_json_member(labels, "app.kubernetes.io/component"));
	return role;
}

static uint32_t metallb_by_image(const char *image)
{
	if (vg_image_is(image, "metallb/speaker") || vg_image_is(image, "metallb-speaker"))
		return VG_POD_METALLB_SPEAKER;
	if (vg_image_is(image, "metallb/controller") || vg_image_is(image, "metallb-controller"))
		return VG_POD_METALLB_CONTROLLER;
	return 0;
}

static void read_metallb(struct vg_pod *pod, const json_t *containers)
{
	const json_t *container;
	size_t i;

	json_array_foreach((json_t *)containers, i, container)
	{
		const char *class = vg_container_flag(container, "lb-class", false);

		if (class)
			pod->class = class;
		if (!strcmp(vg_container_flag(container, "ignore-exclude-lb", true) ?: "", "true"))
			pod->flags |= VG_POD_METALLB_ALL_NODES;
	}
}

/* ---- others */

/* Which one, or NULL. */
static const char *other_balancer(const json_t *container)
{
	static const char *const names[] = { "cilium-agent", "antrea-agent", "kube-router", "lbnodeagent", "openelb-manager", "openelb-speaker" };
	static const char *const images[] = {
		"openelb",     "openelb-speaker", "openelb-controller", "lbnodeagent",	       "purelb/allocator", "loxilb",
		"kube-loxilb", "kube-router",	  "keepalived",		"antrea-agent-ubuntu", "antrea-agent",
	};
	const char *name = vg_json_member(container, "name"), *image = vg_json_member(container, "image");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return names[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		if (vg_image_is(image, images[i]))
			return images[i];
	}
	return NULL;
}

static bool is_servicelb(const struct vg_object *object, const json_t *labels)
{
	return json_object_get(labels, "svccontroller.k3s.cattle.io/svcname") || !strncmp(vg_object_name(object), "svclb-", 6);
}

static uint32_t role_of(struct vg_pod *pod, const json_t *json, const json_t *containers)
{
	const json_t *labels = vg_json_at(json, "metadata.labels"), *container;
	uint32_t roles = metallb_by_labels(labels);
	size_t i;

	json_array_foreach((json_t *)containers, i, container)
	{
		if (!(roles & (VG_POD_METALLB_SPEAKER | VG_POD_METALLB_CONTROLLER)))
			roles |= metallb_by_image(vg_json_member(container, "image"));
		if (vg_container_is_kube_vip(container))
			roles |= VG_POD_KUBE_VIP;
		if (!pod->balancer)
			pod->balancer = other_balancer(container);
	}
	if (is_servicelb(&pod->object, labels))
		pod->balancer = "servicelb";
	return pod->balancer ? roles | VG_POD_OTHER_BALANCER : roles;
}

/* Of the container that gives the Pod its part; where labels do, of the first one. */
static const char *image_of(const json_t *containers)
{
	const json_t *container;
	size_t i;

	json_array_foreach((json_t *)containers, i, container)
	{
		const char *image = vg_json_member(container, "image");

		if (vg_container_is_kube_vip(container) || metallb_by_image(image) || other_balancer(container))
			return image;
	}
	return vg_json_member(json_array_get(containers, 0), "image");
}

/* Who made it: a DaemonSet says how its settings are changed. A static Pod's owner is its Node. */
static const char *controller_of(struct vg_reducer *reducer, const json_t *json)
{
	const json_t *owner = json_array_get(vg_json_at(json, "metadata.ownerReferences"), 0);
	const char *kind = vg_json_member(owner, "kind"), *name = vg_json_member(owner, "name");

	return *kind && *name && strcmp(kind, "Node") ? vg_reducer_join(reducer, kind, name) : "";
}

static bool is_live(const json_t *json)
{
	const char *phase = vg_json_text_at(json, "status.phase");

	return strcmp(phase, "Succeeded") && strcmp(phase, "Failed") && vg_json_is_absent(vg_json_at(json, "metadata.deletionTimestamp"));
}

int vg_reduce_pod(struct vg_reducer *reducer, const json_t *json)
{
	const json_t *containers = vg_json_at(json, "spec.containers");
	struct vg_pod *pod = &reducer->view.pod;

	pod->flags = role_of(pod, json, containers);
	pod->node = vg_json_text_at(json, "spec.nodeName");
	pod->uid = vg_json_text_at(json, "metadata.uid");
	pod->config_hash = vg_json_member(vg_json_at(json, "metadata.annotations"), "kubernetes.io/config.hash");
	pod->controller = "";
	if (!pod->flags)
		return VG_REDUCED_BYSTANDER;
	pod->controller = controller_of(reducer, json);
	pod->image = image_of(containers);
	if (is_live(json))
		pod->flags |= VG_POD_LIVE;
	if (pod->flags & (VG_POD_METALLB_SPEAKER | VG_POD_METALLB_CONTROLLER))
		read_metallb(pod, containers);
	if (pod->flags & VG_POD_KUBE_VIP)
		vg_reduce_kube_vip(reducer, json, containers);
	return 1;
}
