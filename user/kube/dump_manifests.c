/* SPDX-License-Identifier: Apache-2.0 */
/* A static Pod is put under the name that its mirror has in the API, so that both are one object. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/file.h"
#include "conf/yaml_json.h"
#include "kube/dump_put.h"
#include "kube/manifest.h"

#define NAME_SIZE 512

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

struct reading {
	struct vg_dump_put put;
	const char *node;
};

/* One that cannot be read is no Pod of kubelet's either. */
static int put_file(void *ctx, const char *path)
{
	struct reading *reading = ctx;
	_cleanup_free_ char *text = NULL;
	json_auto_t *documents = NULL;
	struct vg_error error;
	size_t size;
	int r = vg_file_read(path, &error, &text, &size);

	if (r == 0)
		r = vg_yaml_to_json(text, size, path, &error, &documents);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return put_documents(&reading->put, documents, reading->node);
}

int vg_dump_read_manifests(struct vg_cluster *cluster, unsigned reflector, const char *folder, const char *node, const struct vg_moment *now)
{
	VG_CLEANUP(vg_reducer_freep) struct vg_reducer *reducer = NULL;
	struct vg_dump_result result = { 0 };
	struct reading reading = { .put = { .cluster = cluster, .reflector = reflector, .now = now, .result = &result, .name = folder },
				   .node = node };
	int r = vg_reducer_new(&reducer);

	if (r < 0)
		return r;
	reading.put.reducer = reducer;
	r = vg_manifest_for_each(folder, put_file, &reading);
	return r < 0 ? r : (int)result.objects;
}
