/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "conf/file.h"
#include "conf/yaml_json.h"
#include "conf/yaml_lines.h"
#include "kube/reduce_parts.h"
#include "kube/reduce_pod.h"

#define FILES_MAX 256
#define NAME_SIZE 512

/* ---- files */

/* kubelet passes over such files, too; editors leave them. */
static int is_wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int visit(const char *folder, struct dirent **entries, int n, int (*fn)(void *ctx, const char *path), void *ctx)
{
	char path[VG_MANIFEST_PATH_MAX];
	struct stat st;
	int r = 0;

	for (int i = 0; i < n && i < FILES_MAX && r == 0; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) >= sizeof(path))
			continue;
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			r = fn(ctx, path);
	}
	return r;
}

int vg_manifest_for_each(const char *folder, int (*fn)(void *ctx, const char *path), void *ctx)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_wanted, alphasort), r;

	if (n < 0)
		return -errno;
	if (n > FILES_MAX)
		vg_log(VG_LOG_WARNING, "%s: has %d files; static Pods are looked for in the first %d of them only", folder, n, FILES_MAX);
	r = visit(folder, entries, n, fn, ctx);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return r;
}

/* ---- places. json and lines are the same shape, but for what is a scalar in one. */

static void place(struct vg_manifest_place *place, const json_t *lines, const json_t *value_line, const char *value)
{
	vg_yaml_lines_span(lines, &place->first, &place->last);
	place->line = (unsigned)json_integer_value(value_line);
	snprintf(place->value, sizeof(place->value), "%s", value);
}

/* The last entry of that name counts, as it does for kubelet. */
static void find_env(const json_t *env, const json_t *lines, const char *name, struct vg_manifest_place *ret_place)
{
	const json_t *entry;
	size_t i;

	json_array_foreach((json_t *)env, i, entry)
	{
		const json_t *at = json_array_get(lines, i);

		if (!strcmp(vg_json_member(entry, "name"), name))
			place(ret_place, at, json_object_get(at, "value"), vg_json_member(entry, "value"));
	}
}

static void find_services(const json_t *list, const json_t *lines, struct vg_manifest_place *ret_place)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
	{
		const char *text = vg_json_text_of(item), *flag = text + strspn(text, "-");

		if (flag == text || strncmp(flag, "services", 8) || (flag[8] && flag[8] != '='))
			continue;
		place(ret_place, json_array_get(lines, i), json_array_get(lines, i), text);
	}
}

static void find_places(const json_t *container, const json_t *lines, struct vg_manifest *manifest)
{
	const json_t *env = json_object_get(container, "env"), *env_lines = json_object_get(lines, "env");

	find_env(env, env_lines, "svc_enable", &manifest->of[VG_WORD_SVC_ENABLE]);
	find_env(env, env_lines, "lb_class_only", &manifest->of[VG_WORD_CLASS_ONLY]);
	find_services(json_object_get(container, "command"), json_object_get(lines, "command"), &manifest->of[VG_WORD_SERVICES]);
	find_services(json_object_get(container, "args"), json_object_get(lines, "args"), &manifest->of[VG_WORD_SERVICES]);
	if (json_is_array(env))
		place(&manifest->of[VG_WORD_ENV], env_lines, NULL, "");
	place(&manifest->of[VG_WORD_IMAGE], json_object_get(lines, "image"), json_object_get(lines, "image"), vg_json_member(container, "image"));
}

static bool is_called(const json_t *pod, const char *node, const char *key)
{
	const char *namespace = vg_json_text_at(pod, "metadata.namespace");
	char mirror[NAME_SIZE];

	snprintf(mirror, sizeof(mirror), "%s/%s-%s", *namespace ? namespace : "default", vg_json_text_at(pod, "metadata.name"), node);
	return !strcmp(vg_json_member(pod, "kind"), "Pod") && !strcmp(mirror, key);
}

static int find_container(const json_t *pod, const json_t *lines, struct vg_manifest *manifest)
{
	const json_t *containers = vg_json_at(pod, "spec.containers"), *container;
	const json_t *at = vg_json_at(lines, "spec.containers");
	size_t i;

	json_array_foreach((json_t *)containers, i, container)
	{
		if (!vg_container_is_kube_vip(container))
			continue;
		find_places(container, json_array_get(at, i), manifest);
		return 1;
	}
	return 0;
}

int vg_manifest_read(const char *text, size_t size, const char *path, const char *node, const char *key, struct vg_manifest *ret_manifest)
{
	json_auto_t *documents = NULL, *lines = NULL;
	const json_t *document;
	struct vg_error error;
	size_t i;
	int r = vg_yaml_to_json(text, size, path, &error, &documents);

	if (r == 0)
		r = vg_yaml_lines(text, size, path, &error, &lines);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	json_array_foreach(documents, i, document)
	{
		if (!is_called(document, node, key))
			continue;
		memset(ret_manifest, 0, sizeof(*ret_manifest));
		snprintf(ret_manifest->path, sizeof(ret_manifest->path), "%s", path);
		return find_container(document, json_array_get(lines, i), ret_manifest);
	}
	return 0;
}

struct search {
	const char *node, *key;
	struct vg_manifest *manifest;
};

static int search_file(void *ctx, const char *path)
{
	const struct search *search = ctx;
	_cleanup_free_ char *text = NULL;
	struct vg_error error;
	size_t size;
	int r = vg_file_read(path, &error, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return vg_manifest_read(text, size, path, search->node, search->key, search->manifest);
}

int vg_manifest_find(const char *folder, const char *node, const char *key, struct vg_manifest *ret_manifest)
{
	struct search search = { .node = node, .key = key, .manifest = ret_manifest };
	int r = vg_manifest_for_each(folder, search_file, &search);

	return r < 0 && r != -ENOMEM ? 0 : r;
}
