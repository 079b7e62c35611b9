/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube-vip's configuration as its Pod shows it: environment beats flags beats its file, which cannot be seen from here. Some variables are
 * read only where env svc_enable is not empty, whatever its value (pkg/kubevip/config_environment.go): a class filter beside the flag
 * --services is silently off.
 */
#include "kube/reduce_pod.h"

#include <string.h>

struct setting {
	const char *env;
	const char *flag;
	bool gated; /* the variable is read only with env svc_enable */
};

static const struct setting SERVICES = { "svc_enable", "services", false };
static const struct setting CONTROL_PLANE = { "cp_enable", "controlplane", false };
static const struct setting ARP = { "vip_arp", "arp", false };
static const struct setting BGP = { "bgp_enable", "bgp", false };
static const struct setting TABLE = { "vip_routingtable", "table", false };
static const struct setting LEADER_ELECTION = { "vip_leaderelection", "leaderElection", false };
static const struct setting ELECTION = { "svc_election", "servicesElection", true };
static const struct setting CLASS_ONLY = { "lb_class_only", "lbClassOnly", true };
static const struct setting CLASS_LEGACY = { "lb_class_legacy_handling", "lbClassNameLegacyHandling", true };
static const struct setting CLASS_NAME = { "lb_class_name", "lbClassName", true };
static const struct setting LEASE = { "svc_leasename", "servicesLeaseName", true };
static const struct setting NAMESPACE = { "cp_namespace", "namespace", false };
static const struct setting FILE_NAME = { "config_file", "config-file", false };
static const struct setting ADDRESS = { "address", "address", false };
static const struct setting VIP = { "vip_address", "vip", false };

bool vg_container_is_kube_vip(const json_t *container)
{
	const char *image = vg_json_member(container, "image");

	if (vg_image_is(image, "kube-vip") || vg_image_is(image, "kube-vip-iptables"))
		return true;
	return !strcmp(vg_json_member(container, "name"), "kube-vip") && !vg_image_is(image, "kube-vip-cloud-provider");
}

/* NULL for one that is empty, as kube-vip has it. */
static const char *env_of(const json_t *container, const char *name)
{
	const char *value = vg_container_env(container, name);

	return value && *value ? value : NULL;
}

static bool is_read(const json_t *container, const struct setting *setting)
{
	return !setting->gated || env_of(container, SERVICES.env);
}

/* strconv.ParseBool; false: neither. */
static bool parse_bool(const char *text, bool *ret_value)
{
	static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True" };
	static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
			*ret_value = !strcmp(text, yes[i]);
			return true;
		}
	}
	return false;
}

static bool is_set(const json_t *container, const struct setting *setting, bool otherwise)
{
	const char *env = is_read(container, setting) ? env_of(container, setting->env) : NULL;
	const char *flag = vg_container_flag(container, setting->flag, true);
	bool value;

	if (env && parse_bool(env, &value))
		return value;
	return flag && parse_bool(flag, &value) ? value : otherwise;
}

static const char *text_of(const json_t *container, const struct setting *setting, const char *otherwise)
{
	const char *env = is_read(container, setting) ? env_of(container, setting->env) : NULL;
	const char *flag = vg_container_flag(container, setting->flag, false);

	return env ? env : flag && *flag ? flag : otherwise;
}

static uint32_t modes_of(const json_t *container)
{
	static const struct {
		const struct setting *setting;
		uint32_t flag;
	} modes[] = {
		{ &SERVICES, VG_POD_KV_SERVICES }, { &CONTROL_PLANE, VG_POD_KV_CONTROL_PLANE },
		{ &ARP, VG_POD_KV_ARP },	   { &BGP, VG_POD_KV_BGP },
		{ &TABLE, VG_POD_KV_TABLE },	   { &LEADER_ELECTION, VG_POD_KV_LEADER_ELECTION },
		{ &ELECTION, VG_POD_KV_ELECTION }, { &CLASS_ONLY, VG_POD_KV_CLASS_ONLY },
	};
	uint32_t flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (is_set(container, modes[i].setting, false))
			flags |= modes[i].flag;
	}
	return flags;
}

static uint32_t class_flags_of(const json_t *container, uint32_t modes)
{
	const char *only = env_of(container, CLASS_ONLY.env);
	uint32_t flags = 0;
	bool value = false;

	if (!is_set(container, &CLASS_LEGACY, true))
		flags |= VG_POD_KV_CLASS_STRICT;
	if (only && parse_bool(only, &value) && value && (modes & VG_POD_KV_SERVICES) && !(modes & VG_POD_KV_CLASS_ONLY))
		flags |= VG_POD_KV_CLASS_ONLY_IDLE;
	return flags;
}

/* An empty name is one too: only Services without a class (os.LookupEnv). */
static const char *class_of(const json_t *container)
{
	const char *env = is_read(container, &CLASS_NAME) ? vg_container_env(container, CLASS_NAME.env) : NULL;
	const char *flag = vg_container_flag(container, CLASS_NAME.flag, false);

	return env ? env : flag ? flag : "kube-vip.io/kube-vip-class";
}

static bool is_static(const json_t *pod)
{
	return json_object_get(vg_json_at(pod, "metadata.annotations"), "kubernetes.io/config.mirror");
}

/* A variable that says which Services it serves, or which Lease names the holder. */
static bool decides(const char *name, bool with_namespace)
{
	static const struct setting *const settings[] = { &SERVICES, &BGP, &ELECTION, &CLASS_ONLY, &CLASS_LEGACY, &CLASS_NAME, &LEASE, &FILE_NAME };

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (!strcmp(name, settings[i]->env))
			return true;
	}
	return with_namespace && !strcmp(name, NAMESPACE.env);
}

static bool is_hidden(const json_t *pod, const json_t *container)
{
	const json_t *variable;
	size_t i;

	json_array_foreach(json_object_get(container, "env"), i, variable)
	{
		if (json_object_get(variable, "valueFrom") && decides(vg_json_member(variable, "name"), is_static(pod)))
			return true;
	}
	return json_array_size(json_object_get(container, "envFrom")) || *text_of(container, &FILE_NAME, "");
}

/* Its own namespace, which a static Pod cannot read: there is no token in it. */
static const char *namespace_of(const json_t *pod, const json_t *container)
{
	if (is_static(pod))
		return text_of(container, &NAMESPACE, "kube-system");
	return vg_json_text_at(pod, "metadata.namespace");
}

static void read_addresses(struct vg_reducer *reducer, const char *list)
{
	struct vg_pod *pod = &reducer->view.pod;
	char *part;

	while ((part = vg_next_part(reducer, &list, ",")))
		vg_add_endpoint(reducer, &pod->addresses, &pod->hosts, part);
}

void vg_reduce_kube_vip(struct vg_reducer *reducer, const json_t *pod, const json_t *containers)
{
	struct vg_pod *view = &reducer->view.pod;
	const json_t *container;
	size_t i;

	json_array_foreach((json_t *)containers, i, container)
	{
		uint32_t modes;

		if (!vg_container_is_kube_vip(container))
			continue;
		modes = modes_of(container);
		view->flags |= modes | class_flags_of(container, modes);
		if (is_hidden(pod, container))
			view->flags |= VG_POD_KV_HIDDEN;
		view->class = class_of(container);
		view->lease = text_of(container, &LEASE, "plndr-svcs-lock");
		view->lease_namespace = namespace_of(pod, container);
		read_addresses(reducer, text_of(container, &ADDRESS, ""));
		read_addresses(reducer, text_of(container, &VIP, ""));
	}
}
