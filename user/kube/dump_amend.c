/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/dump_amend.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "conf/file.h"
#include "conf/text.h"
#include "conf/yaml_json.h"

#define REFLECTOR 0 /* that of vg_dump_read() */

/* ---- adding and replacing */

/* kubectl would ask the API server for its own default; a cluster-scoped object does not mind. */
static int dress(json_t *object)
{
	json_t *metadata = json_object_get(object, "metadata");

	if (!json_is_object(metadata) || json_object_get(metadata, "namespace"))
		return 0;
	return json_object_set_new(metadata, "namespace", json_string("default")) < 0 ? -ENOMEM : 0;
}

static int dress_all(json_t *document)
{
	json_t *item;
	size_t i;
	int r = dress(document);

	json_array_foreach(json_object_get(document, "items"), i, item) r |= dress(item);
	return r < 0 ? -ENOMEM : 0;
}

/* By the reader of dumps, so that a document is taken exactly as kubectl's JSON of it would be. */
static int put_document(struct vg_cluster *cluster, json_t *document, const char *path, const struct vg_moment *now, struct vg_error *ret_error,
			struct vg_dump_result *result)
{
	_cleanup_free_ char *text = NULL;

	if (json_is_null(document))
		return 0;
	if (!json_is_object(document))
		return vg_error_set(ret_error, -EINVAL, "%s: expected Kubernetes objects, found something else", path);
	if (dress_all(document) < 0)
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	text = json_dumps(document, JSON_COMPACT);
	if (!text)
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	return vg_dump_parse(cluster, text, strlen(text), path, now, ret_error, result);
}

static int put_yaml(struct vg_cluster *cluster, const char *text, size_t size, const char *path, const struct vg_moment *now,
		    struct vg_error *ret_error, struct vg_dump_result *result)
{
	json_auto_t *documents = NULL;
	json_t *document;
	size_t i;
	int r = vg_yaml_to_json(text, size, path, ret_error, &documents);

	if (r < 0)
		return r;
	json_array_foreach(documents, i, document)
	{
		r = put_document(cluster, document, path, now, ret_error, result);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_json(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '{';
}

static int check(const struct vg_dump_result *result, const char *path, struct vg_error *ret_error)
{
	if (result->odd)
		return vg_error_set(ret_error, -EINVAL, "%s", result->first_odd);
	if (!result->objects && !result->ignored)
		return vg_error_set(ret_error, -EINVAL, "%s: expected Kubernetes objects, found none", path);
	if (!result->objects)
		vg_log(VG_LOG_WARNING, "%s: no verdict depends on what it holds", path);
	return 0;
}

int vg_dump_amend(struct vg_cluster *cluster, const char *path, const struct vg_moment *now, struct vg_error *ret_error)
{
	_cleanup_free_ char *text = NULL;
	struct vg_dump_result result = { 0 };
	size_t size;
	int r = vg_file_read(path, ret_error, &text, &size);

	if (r < 0)
		return r;
	if (is_json(text))
		r = vg_dump_parse(cluster, text, size, path, now, ret_error, &result);
	else
		r = put_yaml(cluster, text, size, path, now, ret_error, &result);
	return r < 0 ? r : check(&result, path, ret_error);
}

/* ---- removing */

/* *ret_key points into what. */
static int parse(const char *what, struct vg_error *ret_error, enum vg_kind *ret_kind, const char **ret_key)
{
	const char *slash = strchr(what, '/');
	char quote[VG_QUOTE_MAX];

	for (unsigned kind = 0; slash && slash[1] && kind < VG_KIND_MAX; kind++) {
		const char *name = vg_kind_to_str((enum vg_kind)kind);

		if (strlen(name) != (size_t)(slash - what) || strncasecmp(name, what, strlen(name)))
			continue;
		*ret_kind = (enum vg_kind)kind;
		*ret_key = slash + 1;
		return 0;
	}
	vg_text_quote(what, quote);
	return vg_error_set(ret_error, -EINVAL,
			    "--without-object: found %s, expected KIND/NAMESPACE/NAME or KIND/NAME, of a kind that verdicts depend on", quote);
}

int vg_dump_check_name(const char *what, struct vg_error *ret_error)
{
	enum vg_kind kind;
	const char *key;

	return parse(what, ret_error, &kind, &key);
}

int vg_dump_remove(struct vg_cluster *cluster, const char *what, struct vg_error *ret_error)
{
	char quote[VG_QUOTE_MAX];
	enum vg_kind kind;
	const char *key;
	int r = parse(what, ret_error, &kind, &key);

	if (r < 0)
		return r;
	if (!vg_cluster_get(cluster, kind, key)) {
		vg_text_quote(what, quote);
		return vg_error_set(ret_error, -ENOENT, "--without-object: %s is not among the objects", quote);
	}
	vg_cluster_delete(cluster, REFLECTOR, kind, key);
	return 0;
}
