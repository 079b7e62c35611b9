/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "kube/proto.h"

#define NAME_SELECTOR "metadata.name="
/* What is preferred comes first: only the server's own kinds have protobuf, of the others it sends JSON. */
#define OBJECTS VG_PROTO_MIME ", application/json"
#define METADATA_ONLY "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
#define METADATA_ONLY_EVENTS "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

/* RFC 3986 unreserved characters stay. */
static void put_escaped(FILE *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++)
		if (strchr(plain, *text))
			fputc(*text, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*text);
}

static void put_parameter(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=", name);
	put_escaped(out, value);
	fputc('&', out);
}

/* The node's name is escaped with the rest: it may come from a host name. Without one, what is of a node is asked for of all. */
static void put_field_selector(FILE *out, const struct vg_place *place)
{
	const char *selector = place->info->field_selector, *hole = selector ? strstr(selector, "%s") : NULL;

	if (!selector || (hole && !place->node))
		return;
	fputs("fieldSelector=", out);
	if (hole) {
		_cleanup_free_ char *head = strndup(selector, (size_t)(hole - selector));

		put_escaped(out, head ? head : "");
		put_escaped(out, place->node);
	}
	put_escaped(out, hole ? hole + 2 : selector);
	fputc('&', out);
}

static const char *namespace_of(const struct vg_place *place)
{
	return place->namespace ? place->namespace : place->info->namespace;
}

/* Path and selectors; ends with "?" or "&", ready for more. */
static void put_base(FILE *out, const struct vg_place *place)
{
	const struct vg_kind_info *info = place->info;
	const char *version = place->version ? place->version : info->version;

	fprintf(out, info->group[0] ? "/apis/%s/%s" : "/api%s/%s", info->group, version);
	if (namespace_of(place)) {
		fputs("/namespaces/", out);
		put_escaped(out, namespace_of(place));
	}
	fprintf(out, "/%s?", info->plural);
	put_field_selector(out, place);
	if (info->label_selector)
		put_parameter(out, "labelSelector", info->label_selector);
}

/* NULL: no memory. What open_memstream() could not hold is told by fclose(). */
static char *finish(FILE *out, char **text, size_t *n)
{
	if (fclose(out) != 0) {
		free(*text);
		return NULL;
	}
	if (*n > 0 && strchr("?&", (*text)[*n - 1]))
		(*text)[*n - 1] = '\0';
	return *text;
}

char *vg_request_list(const struct vg_place *place, uint32_t limit, const char *token)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	put_base(out, place);
	if (limit)
		fprintf(out, "limit=%" PRIu32 "&", limit);
	if (token)
		put_parameter(out, "continue", token);
	return finish(out, &text, &n);
}

char *vg_request_watch(const struct vg_place *place, const char *version, uint64_t timeout_s)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	put_base(out, place);
	fprintf(out, "watch=1&allowWatchBookmarks=true&timeoutSeconds=%" PRIu64 "&", timeout_s);
	put_parameter(out, "resourceVersion", version);
	return finish(out, &text, &n);
}

char *vg_request_watch_list(const struct vg_place *place, uint64_t timeout_s)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	put_base(out, place);
	fprintf(out, "watch=1&allowWatchBookmarks=true&timeoutSeconds=%" PRIu64 "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
		timeout_s);
	return finish(out, &text, &n);
}

const char *vg_request_accept(bool names, bool list)
{
	if (!names)
		return OBJECTS;
	return list ? METADATA_ONLY : METADATA_ONLY_EVENTS;
}

void vg_request_rule(const struct vg_place *place, char *out, size_t size)
{
	const struct vg_kind_info *info = place->info;
	const char *selector = info->field_selector, *namespace = namespace_of(place);
	bool named = selector && !strncmp(selector, NAME_SELECTOR, strlen(NAME_SELECTOR));

	snprintf(out, size, "apiGroups: [\"%s\"], resources: [\"%s\"]%s%s%s, verbs: [list, watch]%s%s", info->group, info->plural,
		 named ? ", resourceNames: [\"" : "", named ? selector + strlen(NAME_SELECTOR) : "", named ? "\"]" : "",
		 namespace ? " in namespace " : "", namespace ? namespace : "");
}
