/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor_edit.h"

#include <errno.h>
#include <string.h>

#include "app/access.h"
#include "base/cleanup.h"
#include "kube/manifest.h"
#include "report/doctor.h"
#include "report/json.h"

#define ALIKE_MAX 8 /* Pods named in the evidence; the number of all is told anyway */

/* What svc_enable and lb_class_only shall be; NULL: left alone. Environment beats flags (kube-vip, pkg/kubevip). */
struct wish {
	const char *services;
	const char *class_only;
	bool image;
};

static struct wish wish_for(const struct vg_diagnosis *diagnosis)
{
	switch (diagnosis->ailment) {
	case VG_AIL_KUBE_VIP_TAKES:
		if (diagnosis->cure == VG_CURE_SEPARATE_RANGES)
			return (struct wish){ .services = "true", .class_only = "true" };
		return (struct wish){ .services = "false" };
	case VG_AIL_KUBE_VIP_NODES: return (struct wish){ .services = "false" };
	case VG_AIL_CLASS_TRAP: return (struct wish){ .services = "true", .class_only = "true" };
	case VG_AIL_KUBE_VIP_VERSION: return (struct wish){ .image = true };
	default: return (struct wish){ .services = NULL };
	}
}

/* ---- lines of a manifest */

static int change_line(json_t *finding, const struct vg_manifest *manifest, const struct vg_manifest_place *place, const char *setting,
		       const char *wanted)
{
	char found[VG_MANIFEST_VALUE_MAX + 2], change[64];

	if (!strcmp(place->value, wanted))
		return 0;
	snprintf(found, sizeof(found), "\"%s\"", place->value);
	snprintf(change, sizeof(change), "make it value: \"%s\"", wanted);
	return vg_doctor_add_edit(finding, manifest->path, place->line ?: place->first, place->line ?: place->last, setting,
				  *place->value ? found : "", change);
}

/* Behind the entry of svc_enable, else behind the last one of env; the image's line stands for a container without env. */
static int insert_line(json_t *finding, const struct vg_manifest *manifest, const char *setting, const char *wanted)
{
	const struct vg_manifest_place *at = &manifest->of[VG_WORD_SVC_ENABLE];
	char change[160];

	if (!at->last)
		at = &manifest->of[VG_WORD_ENV];
	if (at->last)
		snprintf(change, sizeof(change), "insert behind it: - {name: %s, value: \"%s\"}", setting, wanted);
	else
		snprintf(change, sizeof(change), "insert behind it: env: [{name: %s, value: \"%s\"}]", setting, wanted);
	if (!at->last)
		at = &manifest->of[VG_WORD_IMAGE];
	return vg_doctor_add_edit(finding, manifest->path, at->last, at->last, setting, "", change);
}

static int wish_setting(json_t *finding, const struct vg_manifest *manifest, enum vg_manifest_word word, const char *setting, const char *wanted)
{
	const struct vg_manifest_place *place = &manifest->of[word];

	if (!wanted)
		return 0;
	return place->first ? change_line(finding, manifest, place, setting, wanted) : insert_line(finding, manifest, setting, wanted);
}

static int edit_manifest(json_t *finding, const struct vg_manifest *manifest, const struct wish *wish)
{
	const struct vg_manifest_place *flag = &manifest->of[VG_WORD_SERVICES], *image = &manifest->of[VG_WORD_IMAGE];
	bool by_flag = flag->first && !manifest->of[VG_WORD_SVC_ENABLE].first, off = wish->services && !strcmp(wish->services, "false");
	int r = 0;

	if (wish->image)
		return vg_doctor_add_edit(finding, manifest->path, image->first, image->last, "image", image->value,
					  vg_json_get_text(finding, "change"));
	if (!(by_flag && off))
		r = wish_setting(finding, manifest, VG_WORD_SVC_ENABLE, "svc_enable", wish->services);
	if (r == 0)
		r = wish_setting(finding, manifest, VG_WORD_CLASS_ONLY, "lb_class_only", wish->class_only);
	if (r == 0 && flag->first)
		r = vg_doctor_add_edit(finding, manifest->path, flag->first, flag->last, "argument", flag->value, "take it out");
	return r;
}

/* ---- whose settings */

static int add_command(json_t *finding, const struct vg_pod *pod, const struct wish *wish)
{
	static const char *const kinds[][2] = { { "DaemonSet/", "daemonset" }, { "Deployment/", "deployment" }, { "StatefulSet/", "statefulset" } };
	char command[1024];

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && wish->services; i++) {
		size_t n = strlen(kinds[i][0]);

		if (strncmp(pod->controller, kinds[i][0], n))
			continue;
		snprintf(command, sizeof(command), "kubectl -n %.*s set env %s/%s svc_enable=%s%s%s", (int)pod->object.namespace_len, pod->object.key,
			 kinds[i][1], pod->controller + n, wish->services, wish->class_only ? " lb_class_only=" : "",
			 wish->class_only ? wish->class_only : "");
		return vg_doctor_add_command(finding, command);
	}
	return 0;
}

/* 1: it is among this host's static Pods, and the finding says what to change. */
static int try_manifests(const struct vg_config_options *options, const struct vg_pod *pod, const struct wish *wish, json_t *finding)
{
	_cleanup_free_ struct vg_manifest *manifest = calloc(1, sizeof(*manifest));
	const char *folder;
	int r = manifest ? 0 : -ENOMEM;

	if (strcasecmp(pod->node, options->node)) /* the folders are this node's */
		return 0;
	for (size_t i = 0; r == 0 && (folder = vg_manifests_of_options(options, i)); i++)
		r = vg_manifest_find(folder, pod->node, pod->object.key, manifest);
	if (r == 1 && edit_manifest(finding, manifest, wish) < 0)
		r = -ENOMEM;
	return r;
}

static bool is_alike(const struct vg_pod *pod, const struct vg_pod *other)
{
	return pod->flags == other->flags && !strcmp(pod->class, other->class) && !strcmp(pod->controller, other->controller);
}

/* The finding names one of several Pods; the one of this node may be another of them. */
static int edit_alike(const struct vg_config_options *options, const struct vg_cluster *cluster, const struct vg_pod *pod, const struct wish *wish,
		      json_t *finding)
{
	const struct vg_object *object = NULL;
	int r = try_manifests(options, pod, wish, finding);
	size_t n = 0;

	while (r >= 0 && (object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *other = (const struct vg_pod *)object;

		if (other == pod || !is_alike(other, pod))
			continue;
		if (r == 0)
			r = try_manifests(options, other, wish, finding);
		if (r >= 0 && n++ < ALIKE_MAX && vg_doctor_add_evidence(finding, "Pod", object->key, "nodeName", other->node) < 0)
			r = -ENOMEM;
	}
	return r;
}

int vg_doctor_edit(const struct vg_config_options *options, const struct vg_cluster *cluster, const struct vg_diagnosis *diagnosis, json_t *finding)
{
	const struct vg_pod *pod = (const struct vg_pod *)diagnosis->evidence.object;
	struct wish wish = wish_for(diagnosis);
	int r;

	if (!wish.services && !wish.image)
		return 0;
	r = edit_alike(options, cluster, pod, &wish, finding);
	return r == 0 ? add_command(finding, pod, &wish) : r < 0 ? r : 0;
}
