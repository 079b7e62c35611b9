/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/publish_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/time.h"

#define INSTANCE_MAX 129 /* reportingInstance: 128 bytes at most */

void vg_publish_name(const struct vg_series *series, char *out)
{
	snprintf(out, VG_EVENT_NAME_MAX, "vipguard.%016" PRIx64 "%016" PRIx64, series->key[0], series->key[1]);
}

static json_t *series_to_json(const struct vg_series *series)
{
	char last[VG_RFC3339_MAX];

	vg_time_rfc3339(series->last.real_ns, last);
	return json_pack("{s:I, s:s}", "count", (json_int_t)(series->count < INT32_MAX ? series->count : INT32_MAX), "lastObservedTime", last);
}

/* "namespace/name" or "name", with the uid if it is known. */
static json_t *reference(const char *kind, const char *key, const char *uid)
{
	const char *slash = strchr(key, '/');
	json_t *reference = json_pack("{s:s, s:s, s:s}", "apiVersion", "v1", "kind", kind, "name", slash ? slash + 1 : key);

	if (slash)
		json_object_set_new(reference, "namespace", json_stringn(key, (size_t)(slash - key)));
	if (*uid)
		json_object_set_new(reference, "uid", json_string(uid));
	return reference;
}

char *vg_publish_event(const struct vg_series *series, const char *node, const char *uid)
{
	const struct vg_notice *notice = &series->notice;
	char name[VG_EVENT_NAME_MAX], namespace[VG_NAMESPACE_MAX], first[VG_RFC3339_MAX], instance[INSTANCE_MAX];
	json_auto_t *event = NULL;

	vg_publish_name(series, name);
	vg_time_rfc3339(series->first.real_ns, first);
	snprintf(instance, sizeof(instance), "%s", node);
	event = json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "apiVersion", "events.k8s.io/v1", "kind", "Event",
			  "metadata", "name", name, "namespace", vg_notices_namespace(series, namespace, sizeof(namespace)), "eventTime", first,
			  "reportingController", "vipguard", "reportingInstance", instance, "action", notice->action, "reason", notice->reason,
			  "note", notice->note, "type", notice->warning ? "Warning" : "Normal", "regarding",
			  reference(notice->on_node ? "Node" : "Service", notice->about, uid));
	if (*notice->pod)
		json_object_set_new(event, "related", reference("Pod", notice->pod, ""));
	if (series->count > 1)
		json_object_set_new(event, "series", series_to_json(series));
	return event ? json_dumps(event, JSON_COMPACT) : NULL;
}

char *vg_publish_series(const struct vg_series *series)
{
	json_auto_t *patch = json_pack("{s:o}", "series", series_to_json(series));

	return patch ? json_dumps(patch, JSON_COMPACT) : NULL;
}

static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

static bool is_terminating(const json_t *status)
{
	const json_t *causes = json_object_get(json_object_get(status, "details"), "causes"), *cause;
	size_t i;

	json_array_foreach(causes, i, cause)
	{
		const char *reason = json_string_value(json_object_get(cause, "reason"));

		if (reason && strcmp(reason, "NamespaceTerminating") == 0)
			return true;
	}
	return false;
}

static void read_event(const json_t *event, struct vg_publish_answer *answer)
{
	const json_t *series = json_object_get(event, "series");
	const char *last = json_string_value(json_object_get(series ? series : event, series ? "lastObservedTime" : "eventTime"));
	json_int_t count = json_integer_value(json_object_get(series, "count"));

	answer->count = count > 0 ? (uint64_t)count : 1;
	if (!last || vg_time_parse_rfc3339(last, &answer->last_ns) < 0)
		answer->last_ns = 0;
}

void vg_publish_read(const char *body, size_t n, struct vg_publish_answer *ret_answer)
{
	json_auto_t *json = n ? json_loadb(body, n, 0, NULL) : NULL;
	const char *uid = json_string_value(json_object_get(json_object_get(json, "metadata"), "uid"));

	*ret_answer = (struct vg_publish_answer){ .count = 0 };
	if (uid && strlen(uid) < sizeof(ret_answer->uid))
		copy_text(ret_answer->uid, sizeof(ret_answer->uid), uid);
	copy_text(ret_answer->message, sizeof(ret_answer->message), json_string_value(json_object_get(json, "message")));
	ret_answer->terminating = is_terminating(json);
	read_event(json, ret_answer);
}
