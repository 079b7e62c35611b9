/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/discovery.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <jansson.h>

#include "base/time.h"
#include "kube/reduce.h"

#define IDLE_NS (15 * VG_NS_PER_SEC)

struct vg_discovery {
	struct vg_http *http;
	struct vg_http_call *call;
	char *group;
	char *plural;
	char *prefer;
	vg_discovery_fn fn;
	void *ctx;
	char *versions[VG_DISCOVERY_VERSIONS_MAX]; /* to be looked at, in this order */
	size_t n, at;
	bool listed; /* the group's versions are known */
	char *body;
	size_t size;
};

static void discovery_free(struct vg_discovery *discovery)
{
	for (size_t i = 0; i < discovery->n; i++)
		free(discovery->versions[i]);
	free(discovery->body);
	free(discovery->group);
	free(discovery->plural);
	free(discovery->prefer);
	free(discovery);
}

VG_DEFINE_CLEANUP(struct vg_discovery *, discovery_free)

static void say(struct vg_discovery *discovery, int r, const char *version, const char *text)
{
	discovery->fn(discovery->ctx, r, version, text);
	discovery_free(discovery);
}

static int on_data(void *ctx, long status, const char *bytes, size_t n)
{
	struct vg_discovery *discovery = ctx;
	char *grown;

	if (status != 200)
		return 0;
	if (discovery->size + n > VG_DISCOVERY_BYTES_MAX)
		return -E2BIG;
	grown = realloc(discovery->body, discovery->size + n);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + discovery->size, bytes, n);
	discovery->body = grown;
	discovery->size += n;
	return 0;
}

static void on_done(void *ctx, const struct vg_http_end *end);

static int ask(struct vg_discovery *discovery)
{
	const struct vg_http_sink sink = { .ctx = discovery, .data = on_data, .done = on_done };
	_cleanup_free_ char *path = NULL;
	const char *version = discovery->listed ? discovery->versions[discovery->at] : "";

	free(TAKE_PTR(discovery->body));
	discovery->size = 0;
	if (asprintf(&path, "/apis/%s%s%s", discovery->group, version[0] ? "/" : "", version) < 0)
		return -ENOMEM;
	return vg_http_get(discovery->http, &(struct vg_http_request){ .path = path, .idle_ns = IDLE_NS }, &sink, &discovery->call);
}

static bool known(const struct vg_discovery *discovery, const char *version)
{
	for (size_t i = 0; i < discovery->n; i++)
		if (!strcmp(discovery->versions[i], version))
			return true;
	return false;
}

static int add_version(struct vg_discovery *discovery, const char *version)
{
	if (!version || !version[0] || strchr(version, '/') || discovery->n == VG_DISCOVERY_VERSIONS_MAX || known(discovery, version))
		return 0;
	discovery->versions[discovery->n] = strdup(version);
	if (!discovery->versions[discovery->n])
		return -ENOMEM;
	discovery->n++;
	return 0;
}

/* The one that we know, if it is served, then the server's own preference, then the rest. */
static int read_versions(struct vg_discovery *discovery, const json_t *group)
{
	const json_t *versions = json_object_get(group, "versions"), *version;
	const char *best = json_string_value(json_object_get(json_object_get(group, "preferredVersion"), "version"));
	size_t i;
	int r = 0;

	json_array_foreach(versions, i, version)
	{
		const char *name = json_string_value(json_object_get(version, "version"));

		if (name && !strcmp(name, discovery->prefer))
			r = add_version(discovery, name);
	}
	if (r >= 0)
		r = add_version(discovery, best);
	json_array_foreach(versions, i, version) if (r >= 0) r = add_version(discovery, json_string_value(json_object_get(version, "version")));
	discovery->listed = true;
	return r;
}

static bool serves(const struct vg_discovery *discovery, const json_t *list)
{
	const json_t *resource;
	size_t i;

	json_array_foreach(json_object_get(list, "resources"), i, resource)
	{
		const char *name = json_string_value(json_object_get(resource, "name"));

		if (name && !strcmp(name, discovery->plural))
			return true;
	}
	return false;
}

/* 1: found; 0: go on with versions[at]. A version that vanished meanwhile serves nothing. */
static int look(struct vg_discovery *discovery, long status, struct vg_error *error)
{
	json_t *json = NULL;
	int r = 0;

	if (status == 404) {
		discovery->at += discovery->listed;
		discovery->listed = true;
		return 0;
	}
	json = vg_reduce_parse(discovery->body ? discovery->body : "", discovery->size, error);
	if (!json)
		return -EBADMSG;
	if (!discovery->listed)
		r = read_versions(discovery, json);
	else if (serves(discovery, json))
		r = 1;
	else
		discovery->at++;
	json_decref(json);
	return r;
}

static void on_done(void *ctx, const struct vg_http_end *end)
{
	struct vg_discovery *discovery = ctx;
	struct vg_error error = { 0 };
	int r;

	discovery->call = NULL;
	if (end->error || (end->status != 200 && end->status != 404)) {
		if (end->error)
			vg_error_set(&error, 0, "discovery of %s: %s", discovery->group, end->text);
		else
			vg_error_set(&error, 0, "discovery of %s: HTTP status %ld", discovery->group, end->status);
		say(discovery, end->error ? end->error : -EREMOTEIO, NULL, error.text);
		return;
	}
	r = look(discovery, end->status, &error);
	if (r == 0 && discovery->at < discovery->n) {
		r = ask(discovery);
		if (r == 0)
			return;
	}
	say(discovery, r < 0 ? r : 0, r > 0 ? discovery->versions[discovery->at] : NULL, error.text);
}

int vg_discovery_start(struct vg_http *http, const char *group, const char *plural, const char *prefer, vg_discovery_fn fn, void *ctx,
		       struct vg_discovery **ret_discovery)
{
	VG_CLEANUP(discovery_freep) struct vg_discovery *discovery = calloc(1, sizeof(*discovery));
	int r;

	if (!discovery)
		return -ENOMEM;
	discovery->http = http;
	discovery->fn = fn;
	discovery->ctx = ctx;
	discovery->group = strdup(group);
	discovery->plural = strdup(plural);
	discovery->prefer = strdup(prefer);
	if (!discovery->group || !discovery->plural || !discovery->prefer)
		return -ENOMEM;
	r = ask(discovery);
	if (r < 0)
		return r;
	*ret_discovery = TAKE_PTR(discovery);
	return 0;
}

void vg_discovery_cancel(struct vg_discovery *discovery)
{
	if (!discovery)
		return;
	vg_http_cancel(discovery->call);
	discovery_free(discovery);
}
