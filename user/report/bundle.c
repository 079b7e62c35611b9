/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle as one object. */
#include "report/bundle.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "core/verdict.h"
#include "report/json.h"
#include "report/objects.h"
#include "report/who.h"

json_t *vg_bundle_new(const char *node, const struct vg_addr *addr, uint64_t real_ns)
{
	json_auto_t *bundle = json_object();
	char time[VG_RFC3339_MAX], text[VG_TEXT_MAX];
	int r = 0;

	vg_time_rfc3339(real_ns, time);
	vg_addr_to_str(addr, text);
	r |= vg_json_set_text(bundle, "time", time);
	r |= vg_json_set_text(bundle, "node", node);
	r |= vg_json_set_text(bundle, "address", text);
	r |= vg_json_set(bundle, "missing", json_array());
	return r < 0 ? NULL : TAKE_PTR(bundle);
}

int vg_bundle_say_missing(json_t *bundle, const char *sentence)
{
	/* another guard's answer may have anything there */
	if (!json_is_array(json_object_get(bundle, "missing")) && vg_json_set(bundle, "missing", json_array()) < 0)
		return -ENOMEM;
	return json_array_append_new(json_object_get(bundle, "missing"), vg_json_text(sentence)) < 0 ? -ENOMEM : 0;
}

static int put_counts(json_t *bundle, const char *of, const struct vg_recent_counts *counts)
{
	char key[32];
	int r = 0;

	snprintf(key, sizeof(key), "%s_left_out", of);
	r |= vg_json_set_number(bundle, key, counts->left_out);
	snprintf(key, sizeof(key), "%s_evicted", of);
	return r | vg_json_set_number(bundle, key, counts->evicted);
}

/* ---- events */

static int add_line(void *ctx, const void *data, size_t size)
{
	json_auto_t *event = json_loadb(data, size ? size - 1 : 0, 0, NULL);

	return event && json_array_append(ctx, event) < 0 ? -ENOMEM : 0;
}

int vg_bundle_put_events(json_t *bundle, const struct vg_recent *lines, const struct vg_addr *addr)
{
	static const struct vg_addr nobody;
	struct vg_recent_counts counts = vg_recent_count(lines, addr);
	json_auto_t *events = json_array();
	int r = events ? vg_recent_for_each(lines, addr, &nobody, add_line, events) : -ENOMEM;

	if (r < 0)
		return r;
	return vg_json_set(bundle, "events", TAKE_PTR(events)) | put_counts(bundle, "events", &counts);
}

/* ---- frames */

struct frames {
	json_t *list;
	const struct vg_moment *now;
};

static int set_time(json_t *o, const char *key, uint64_t boot_ns, const struct vg_moment *now)
{
	char text[VG_RFC3339_MAX];

	vg_time_rfc3339(now->real_ns - (boot_ns < now->boot_ns ? now->boot_ns - boot_ns : 0), text);
	return vg_json_set_text(o, key, text);
}

static int set_bytes(json_t *o, const struct vg_frame *frame)
{
	char hex[2 * VG_FRAME_BYTES + 1] = "";

	for (uint32_t i = 0; i < vg_frame_kept(frame); i++)
		snprintf(hex + 2 * i, 3, "%02x", frame->bytes[i]);
	return vg_json_set_text(o, "bytes", hex);
}

static int add_frame(void *ctx, const void *data, size_t size)
{
	static const struct vg_doer nobody;
	const struct vg_frame *frame = data;
	const struct frames *frames = ctx;
	json_auto_t *o = json_object();
	int r = 0;

	(void)size;
	r |= set_time(o, "first", frame->time_ns, frames->now);
	r |= set_time(o, "last", frame->last_ns, frames->now);
	r |= vg_json_set_number(o, "times", frame->times);
	r |= vg_json_set_text(o, "interface", frame->ifname);
	r |= vg_json_set_number(o, "ifindex", frame->ifindex);
	r |= vg_json_set_text(o, "how", vg_how_to_str(frame->how));
	r |= vg_json_set(o, "dropped", json_boolean(frame->dropped));
	r |= vg_json_set_who(o, &frame->who, &nobody);
	r |= vg_json_set_number(o, "length", frame->len);
	r |= vg_json_set_number(o, "tag", frame->tag);
	r |= set_bytes(o, frame);
	return r < 0 || json_array_append(frames->list, o) < 0 ? -ENOMEM : 0;
}

int vg_bundle_put_frames(json_t *bundle, const struct vg_recent *kept, const struct vg_addr *addr, const struct vg_moment *now)
{
	struct vg_recent_counts counts = vg_recent_count(kept, addr);
	json_auto_t *list = json_array();
	struct frames frames = { .list = list, .now = now };
	int r = list ? vg_recent_for_each(kept, addr, NULL, add_frame, &frames) : -ENOMEM;

	if (r < 0)
		return r;
	return vg_json_set(bundle, "frames", TAKE_PTR(list)) | put_counts(bundle, "frames", &counts);
}

/* ---- objects */

static bool is_in(const json_t *list, const json_t *object)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (json_equal(item, object))
			return true;
	}
	return false;
}

/* object: NULL is none. */
static int add_object(json_t *list, const struct vg_object *object)
{
	json_auto_t *o = object ? vg_object_to_json(object, true) : NULL;

	if (!object || is_in(list, o))
		return 0;
	return o && json_array_append(list, o) == 0 ? 0 : -ENOMEM;
}

static int add_explained(json_t *list, const struct vg_ground *ground, const struct vg_addr *addr, const struct vg_answer *answer)
{
	const struct vg_question question = {
		.cluster = ground->cluster, .config = ground->config, .now = &ground->now, .addr = addr, .answer = answer
	};
	VG_CLEANUP(vg_explanation_deinit) struct vg_explanation explanation = { .n_evidence = 0 };
	int r = vg_explain(&question, &explanation);

	for (size_t i = 0; i < explanation.n_evidence && r == 0; i++) {
		r = add_object(list, explanation.evidence[i].object);
		if (r == 0)
			r = add_object(list, explanation.evidence[i].about);
	}
	return r;
}

static int add_component(json_t *list, const struct vg_pod *pod)
{
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "pod", pod->object.key);
	r |= vg_json_set_text(o, "node", pod->node);
	r |= vg_json_set_text(o, "image", pod->image);
	return r < 0 || json_array_append(list, o) < 0 ? -ENOMEM : 0;
}

static int compare_pods(const void *a, const void *b)
{
	return strcmp((*(const struct vg_pod *const *)a)->object.key, (*(const struct vg_pod *const *)b)->object.key);
}

/* In order of their names, since the cluster has none. */
static int put_components(json_t *bundle, const struct vg_cluster *cluster)
{
	_cleanup_free_ const struct vg_pod **pods = calloc(vg_cluster_count(cluster, VG_KIND_POD) + 1, sizeof(struct vg_pod *));
	json_auto_t *list = json_array();
	const struct vg_object *object = NULL;
	size_t n = 0;
	int r = pods && list ? 0 : -ENOMEM;

	while (r == 0 && (object = vg_cluster_next(cluster, VG_KIND_POD, object))) {
		const struct vg_pod *pod = (const struct vg_pod *)object;

		if (pod->flags & (VG_POD_METALLB_SPEAKER | VG_POD_METALLB_CONTROLLER | VG_POD_KUBE_VIP | VG_POD_OTHER_BALANCER))
			pods[n++] = pod;
	}
	if (n > 1)
		qsort(pods, n, sizeof(struct vg_pod *), compare_pods);
	for (size_t i = 0; i < n && i < VG_BUNDLE_COMPONENTS_MAX && r == 0; i++)
		r = add_component(list, pods[i]);
	if (r == 0 && n > VG_BUNDLE_COMPONENTS_MAX)
		r = vg_json_set_number(bundle, "components_left_out", n - VG_BUNDLE_COMPONENTS_MAX);
	return r < 0 ? r : vg_json_set(bundle, "components", TAKE_PTR(list));
}

int vg_bundle_put_objects(json_t *bundle, const struct vg_ground *ground, const struct vg_addr *addr, const struct vg_answer *answer)
{
	json_auto_t *list = json_array();
	const struct vg_service *service = NULL;
	int r = list ? 0 : -ENOMEM;

	if (!ground->cluster)
		return vg_bundle_say_missing(bundle, "objects.json: no cluster is known; what a file says is in explain.json");
	if (r == 0)
		r = add_explained(list, ground, addr, answer);
	while (r == 0 && (service = vg_cluster_carrier(ground->cluster, addr, service)))
		r = add_object(list, &service->object);
	if (r == 0)
		r = put_components(bundle, ground->cluster);
	return r < 0 ? r : vg_json_set(bundle, "objects", TAKE_PTR(list));
}
