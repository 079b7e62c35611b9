/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/intake_apply.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define KEY_MAX 512 /* a namespace has 63 bytes at most, a name 253 */

int vg_version_compare(const char *a, const char *b)
{
	size_t n_a = strspn(a, "0123456789"), n_b = strspn(b, "0123456789");
	int order;

	if (!n_a || a[n_a] || !n_b || b[n_b])
		return 1;
	for (; *a == '0' && n_a > 1; n_a--)
		a++;
	for (; *b == '0' && n_b > 1; n_b--)
		b++;
	if (n_a != n_b)
		return n_a < n_b ? -1 : 1;
	order = memcmp(a, b, n_a);
	return order < 0 ? -1 : order > 0;
}

/* "namespace/name", or "name"; false: it has none that could be one. */
static bool key_of(const json_t *object, char *out)
{
	const json_t *meta = json_object_get(object, "metadata");
	const char *name = json_string_value(json_object_get(meta, "name"));
	const char *namespace = json_string_value(json_object_get(meta, "namespace"));
	int n;

	if (!name || !name[0])
		return false;
	n = snprintf(out, KEY_MAX, "%s%s%s", namespace ? namespace : "", namespace && namespace[0] ? "/" : "", name);
	return n > 0 && n < KEY_MAX;
}

int vg_intake_odd(struct vg_intake *intake, const char *key, const char *text)
{
	intake->counts.odd++;
	intake->config.trouble(intake->config.ctx, VG_TROUBLE_ODD_OBJECT, key, text);
	return 0;
}

static void delete_key(struct vg_intake *intake, const char *key)
{
	vg_cluster_delete(intake->config.cluster, intake->config.reflector, intake->config.kind, key);
}

/* Put again as it is, it counts as named by the list. A copy, for what is put may take the place of what it was put from. */
static int put_again(struct vg_intake *intake, const struct vg_object *object)
{
	_cleanup_free_ struct vg_object *copy = vg_object_copy(object);
	int r;

	if (!copy)
		return -ENOMEM;
	r = vg_cluster_put(intake->config.cluster, intake->config.reflector, copy, intake->now);
	return r == -ENOMEM ? r : 0;
}

static bool is_ours(const struct vg_intake *intake, const struct vg_object *object)
{
	return object->reflectors & (1U << intake->config.reflector);
}

static int keep(struct vg_intake *intake, const char *key)
{
	const struct vg_object *held = vg_cluster_get(intake->config.cluster, intake->config.kind, key);

	return held && is_ours(intake, held) ? put_again(intake, held) : 0;
}

int vg_intake_set_aside(struct vg_intake *intake, const json_t *object, const char *text)
{
	char key[KEY_MAX];

	if (!key_of(object, key)) {
		intake->unnamed++;
		return vg_intake_odd(intake, "", text);
	}
	vg_intake_odd(intake, key, text);
	return intake->config.name ? 0 : keep(intake, key);
}

static int put_reduced(struct vg_intake *intake, const struct vg_object *object)
{
	int r = vg_cluster_put(intake->config.cluster, intake->config.reflector, object, intake->now);

	if (r == -E2BIG) {
		intake->counts.odd++;
		intake->config.trouble(intake->config.ctx, VG_TROUBLE_REFUSED, "", "the cluster has more objects than fit; the rest is passed over");
		return 0;
	}
	return r;
}

static int put_name(struct vg_intake *intake, const json_t *object, bool gone)
{
	char key[KEY_MAX];

	if (key_of(object, key))
		intake->config.name(intake->config.ctx, key, gone);
	return 0;
}

int vg_intake_put(struct vg_intake *intake, const json_t *object)
{
	const struct vg_object *reduced = NULL;
	struct vg_error error = { 0 };
	int r;

	if (intake->config.name)
		return put_name(intake, object, false);
	r = vg_reduce(intake->config.reducer, intake->config.kind, object, &error, &reduced);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return vg_intake_set_aside(intake, object, error.text);
	if (r == 1 || (r == VG_REDUCED_BYSTANDER && intake->config.bystanders))
		return put_reduced(intake, reduced);
	if (reduced && reduced->kind == intake->config.kind && reduced->key && reduced->key[0])
		delete_key(intake, reduced->key);
	return 0;
}

/* The name is all that is needed: what else is in it may be odd. */
int vg_intake_delete(struct vg_intake *intake, const json_t *object)
{
	char key[KEY_MAX];

	if (intake->config.name)
		return put_name(intake, object, true);
	if (!key_of(object, key))
		return vg_intake_odd(intake, "", "a deleted object without a name");
	delete_key(intake, key);
	return 0;
}

static bool is_unnamed(const struct vg_intake *intake, const struct vg_object *object)
{
	return is_ours(intake, object) && !(object->confirmed & (1U << intake->config.reflector));
}

/* Nothing may be put during a walk: the copies are collected first. */
int vg_intake_keep_rest(struct vg_intake *intake)
{
	struct vg_cluster *cluster = intake->config.cluster;
	enum vg_kind kind = intake->config.kind;
	size_t n = 0, max = vg_cluster_count(cluster, kind);
	struct vg_object **rest;
	int r = 0;

	if (intake->config.name || !max)
		return 0;
	rest = calloc(max, sizeof(*rest));
	if (!rest)
		return -ENOMEM;
	for (const struct vg_object *o = vg_cluster_next(cluster, kind, NULL); o && r >= 0 && n < max; o = vg_cluster_next(cluster, kind, o)) {
		if (!is_unnamed(intake, o))
			continue;
		rest[n] = vg_object_copy(o);
		r = rest[n] ? 0 : -ENOMEM;
		n += r >= 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (r >= 0 && vg_cluster_put(cluster, intake->config.reflector, rest[i], intake->now) == -ENOMEM)
			r = -ENOMEM;
		free(rest[i]);
	}
	free(rest);
	return r;
}
