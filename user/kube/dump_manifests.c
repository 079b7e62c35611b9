/* SPDX-License-Identifier: Apache-2.0 */
/* A static Pod is put under the name that its mirror has in the API, so that both are one object. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "conf/file.h"
#include "conf/yaml_json.h"
#include "kube/dump_put.h"

#define FILES_MAX 256
#define PATH_SIZE 4096
#define NAME_SIZE 512

/* kubelet passes over such files, too; editors leave them. */
static int is_wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static json_t *member_object(json_t *object, const char *key)
{
	if (!json_is_object(json_object_get(object, key)))
		json_object_set_new(object, key, json_object());
	return json_object_get(object, key);
}

/* What kubelet adds. */
static int dress_as_mirror(json_t *pod, const char *node)
{
	json_t *metadata = member_object(pod, "metadata"), *spec = member_object(pod, "spec");
	const char *name = json_string_value(json_object_get(metadata, "name"));
	char mirror[NAME_SIZE];
	int bad = 0;

	snprintf(mirror, sizeof(mirror), "%s-%s", name ? name : "", node);
	bad |= json_object_set_new(metadata, "name", json_string(mirror));
	if (!json_is_string(json_object_get(metadata, "namespace")))
		bad |= json_object_set_new(metadata, "namespace", json_string("default"));
	bad |= json_object_set_new(member_object(metadata, "annotations"), "kubernetes.io/config.mirror", json_string(""));
	bad |= json_object_set_new(spec, "nodeName", json_string(node));
	return bad ? -ENOMEM : 0;
}

static bool is_pod(const json_t *json)
{
	const char *kind = json_string_value(json_object_get(json, "kind"));

	return kind && !strcmp(kind, "Pod");
}

static int put_documents(struct vg_dump_put *put, json_t *documents, const char *node)
{
	json_t *document;
	size_t i;
	int r;

	json_array_foreach(documents, i, document)
	{
		if (!is_pod(document))
			continue;
		r = dress_as_mirror(document, node);
		if (r == 0)
			r = vg_dump_put(put, VG_KIND_POD, document);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One that cannot be read is no Pod of kubelet's either. */
static int put_file(struct vg_dump_put *put, const char *path, const char *node)
{
	_cleanup_free_ char *text = NULL;
	json_t *documents = NULL;
	struct vg_error error;
	struct stat st;
	size_t size;
	int r;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	r = vg_file_read(path, &error, &text, &size);
	if (r == 0)
		r = vg_yaml_to_json(text, size, path, &error, &documents);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = put_documents(put, documents, node);
	json_decref(documents);
	return r;
}

static int put_files(struct vg_dump_put *put, const char *folder, struct dirent **entries, int n, const char *node)
{
	char path[PATH_SIZE];
	int r = 0;

	for (int i = 0; i < n && i < FILES_MAX && r == 0; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) < sizeof(path))
			r = put_file(put, path, node);
	}
	return r;
}

int vg_dump_read_manifests(struct vg_cluster *cluster, unsigned reflector, const char *folder, const char *node, const struct vg_moment *now)
{
	VG_CLEANUP(vg_reducer_freep) struct vg_reducer *reducer = NULL;
	struct vg_dump_result result = { 0 };
	struct vg_dump_put put = { .cluster = cluster, .reflector = reflector, .now = now, .result = &result, .name = folder };
	struct dirent **entries;
	int n, r;

	r = vg_reducer_new(&reducer);
	if (r < 0)
		return r;
	put.reducer = reducer;
	n = scandir(folder, &entries, is_wanted, alphasort);
	if (n < 0)
		return -errno;
	if (n > FILES_MAX)
		vg_log(VG_LOG_WARNING, "%s: has %d files; static Pods are looked for in the first %d of them only", folder, n, FILES_MAX);
	r = put_files(&put, folder, entries, n, node);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return r < 0 ? r : (int)result.objects;
}
