/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor_edit.h"

#include <errno.h>
#include <string.h>

#include "app/access.h"
#include "core/doctor.h"
#include "base/cleanup.h"
#include "kube/manifest.h"
#include "report/doctor.h"
#include "report/json.h"

/* What svc_enable and lb_class_only shall be; NULL: left alone. Environment beats flags (kube-vip, pkg/kubevip). */
struct wish {
	const char *services;
	const char *class_only;
	bool image;
};

static struct wish wish_for(const json_t *finding)
{
	bool separate = !strcmp(vg_json_get_text(finding, "cure"), vg_cure_to_str(VG_CURE_SEPARATE_RANGES));
	enum vg_ailment ailment;

	if (vg_ailment_from_str(vg_json_get_text(finding, "id"), &ailment) < 0)
		return (struct wish){ .services = NULL };
	switch (ailment) {
	case VG_AIL_KUBE_VIP_TAKES:
		if (separate)
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

static int add_command(json_t *finding, const json_t *pod, const struct wish *wish)
{
	static const char *const kinds[][2] = { { "DaemonSet/", "daemonset" }, { "Deployment/", "deployment" }, { "StatefulSet/", "statefulset" } };
	const char *controller = vg_json_get_text(pod, "controller"), *key = vg_json_get_text(pod, "name");
	char command[1024];

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && wish->services; i++) {
		size_t n = strlen(kinds[i][0]);

		if (strncmp(controller, kinds[i][0], n))
			continue;
		snprintf(command, sizeof(command), "kubectl -n %.*s set env %s/%s svc_enable=%s%s%s", (int)strcspn(key, "/"), key, kinds[i][1],
			 controller + n, wish->services, wish->class_only ? " lb_class_only=" : "", wish->class_only ? wish->class_only : "");
		return vg_doctor_add_command(finding, command);
	}
	return 0;
}

/* 1: it is among this host's static Pods, and the finding says what to change. */
static int try_manifests(const struct vg_config_options *options, const json_t *pod, const struct wish *wish, json_t *finding)
{
	_cleanup_free_ struct vg_manifest *manifest = calloc(1, sizeof(*manifest));
	const char *folder, *node = vg_json_get_text(pod, "node");
	int r = manifest ? 0 : -ENOMEM;

	if (strcasecmp(node, options->node)) /* the folders are this node's */
		return 0;
	for (size_t i = 0; r == 0 && (folder = vg_manifests_of_options(options, i)); i++)
		r = vg_manifest_find(folder, node, vg_json_get_text(pod, "name"), manifest);
	if (r == 1 && edit_manifest(finding, manifest, wish) < 0)
		r = -ENOMEM;
	return r;
}

/* The finding is of several Pods; the one of this node may be any of them. */
static int edit(const struct vg_config_options *options, json_t *finding)
{
	const json_t *evidence = json_object_get(finding, "evidence"), *pod;
	struct wish wish = wish_for(finding);
	size_t i;
	int r = 0;

	if (!wish.services && !wish.image)
		return 0;
	json_array_foreach((json_t *)evidence, i, pod)
	{
		if (r == 0 && !strcmp(vg_json_get_text(pod, "kind"), "Pod"))
			r = try_manifests(options, pod, &wish, finding);
	}
	return r == 0 ? add_command(finding, json_array_get(evidence, 0), &wish) : r < 0 ? r : 0;
}

int vg_doctor_edit(const struct vg_config_options *options, json_t *doctor)
{
	json_t *finding;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(doctor, "findings"), i, finding)
	{
		if (r == 0)
			r = edit(options, finding);
	}
	return r;
}
