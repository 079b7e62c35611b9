/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A splitter lives as long as one answer and is made by its first byte: a watch where nothing happens holds no buffer.
 */
#include "kube/intake.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "kube/intake_apply.h"
#include "kube/proto.h"
#include "kube/split.h"

#define END_MARK "k8s.io/initial-events-end"

int vg_intake_new(const struct vg_intake_config *config, struct vg_intake **ret_intake)
{
	struct vg_intake *intake = calloc(1, sizeof(*intake));

	if (!intake)
		return -ENOMEM;
	intake->config = *config;
	*ret_intake = intake;
	return 0;
}

void vg_intake_free(struct vg_intake *intake)
{
	if (!intake)
		return;
	vg_split_free(intake->split);
	vg_proto_split_free(intake->proto);
	free(intake->token);
	free(intake);
}

enum vg_intake_form vg_intake_form(const struct vg_intake *intake)
{
	return intake->form;
}

const char *vg_intake_token(const struct vg_intake *intake)
{
	return intake->token;
}

const char *vg_intake_version(const struct vg_intake *intake)
{
	return intake->version;
}

bool vg_intake_progressed(const struct vg_intake *intake)
{
	return intake->progressed;
}

bool vg_intake_live_early(const struct vg_intake *intake)
{
	return intake->live_early;
}

const struct vg_intake_counts *vg_intake_counts(const struct vg_intake *intake)
{
	return &intake->counts;
}

void vg_intake_list_begin(struct vg_intake *intake)
{
	free(TAKE_PTR(intake->token));
	intake->unnamed = 0;
	if (!intake->config.name)
		vg_cluster_list_begin(intake->config.cluster, intake->config.reflector, intake->config.kind);
}

static void forget_answer(struct vg_intake *intake)
{
	vg_split_free(TAKE_PTR(intake->split));
	vg_proto_split_free(TAKE_PTR(intake->proto));
	intake->is_proto = false;
}

void vg_intake_open(struct vg_intake *intake, enum vg_intake_form form)
{
	forget_answer(intake);
	intake->form = form;
	intake->progressed = false;
	intake->live_early = false;
}

void vg_intake_type(struct vg_intake *intake, const char *content_type)
{
	intake->is_proto = vg_proto_is_mime(content_type);
}

static void set_version(struct vg_intake *intake, const char *version)
{
	snprintf(intake->version, sizeof(intake->version), "%s", version);
	intake->progressed = true;
}

static const char *text_at(const json_t *json, const char *a, const char *b)
{
	const char *text = json_string_value(json_object_get(json_object_get(json, a), b));

	return text ? text : "";
}

static int list_end(struct vg_intake *intake)
{
	int r = intake->unnamed ? vg_intake_keep_rest(intake) : 0;

	if (r < 0)
		return r;
	if (!intake->config.name)
		vg_cluster_list_end(intake->config.cluster, intake->config.reflector, intake->config.kind);
	return 0;
}

static int bookmark(struct vg_intake *intake, const json_t *object)
{
	const char *version = text_at(object, "metadata", "resourceVersion");
	const json_t *notes = json_object_get(json_object_get(object, "metadata"), "annotations");
	const char *mark = json_string_value(json_object_get(notes, END_MARK));
	int r;

	if (!version[0] || strlen(version) >= VG_VERSION_MAX)
		return vg_error_set(intake->error, -EBADMSG, "a bookmark without a usable resourceVersion");
	if (intake->form == VG_INTAKE_WATCH && vg_version_compare(version, intake->version) < 0)
		return vg_error_set(intake->error, -EILSEQ, "the watch went back from resourceVersion %s to %s", intake->version, version);
	intake->counts.bookmarks++;
	if (intake->form == VG_INTAKE_INITIAL && mark && !strcmp(mark, "true")) {
		r = list_end(intake);
		if (r < 0)
			return r;
		intake->form = VG_INTAKE_WATCH;
	}
	if (intake->form == VG_INTAKE_WATCH)
		set_version(intake, version);
	return 0;
}

/* An ERROR event: the object is a Status. */
static int remote_error(struct vg_intake *intake, const json_t *status)
{
	const char *message = json_string_value(json_object_get(status, "message"));
	json_int_t code = json_integer_value(json_object_get(status, "code"));

	return vg_error_set(intake->error, code == 410 ? -ESTALE : -EREMOTEIO, "%s (%" JSON_INTEGER_FORMAT ")", message ? message : "no message",
			    code);
}

/*
 * Events of a watch come in the order of their versions. One of the very version that we have is a repetition. One that is
 * older comes from a server that has lost its order, and applying it, or not, may be wrong: only a list tells.
 */
static int change(struct vg_intake *intake, const char *type, const json_t *object)
{
	const char *version = text_at(object, "metadata", "resourceVersion");
	bool deleted = !strcmp(type, "DELETED"), live = intake->form == VG_INTAKE_WATCH;
	int order = live ? vg_version_compare(version, intake->version) : 1, r;

	if (!deleted && strcmp(type, "ADDED") && strcmp(type, "MODIFIED"))
		return vg_intake_odd(intake, "", "an event of an unknown type");
	if (order < 0)
		return vg_error_set(intake->error, -EILSEQ, "the watch went back from resourceVersion %s to %s", intake->version, version);
	intake->counts.events++;
	intake->live_early |= !live && strcmp(type, "ADDED");
	if (order == 0)
		return 0;
	r = deleted ? vg_intake_delete(intake, object) : vg_intake_put(intake, object);
	if (r < 0)
		return r;
	intake->progressed = true;
	if (live && version[0] && strlen(version) < VG_VERSION_MAX)
		set_version(intake, version);
	return 0;
}

static int event(struct vg_intake *intake, const json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	const json_t *object = json_object_get(line, "object");

	/* A Status or a list in the place of events: not what was asked for, and not to be taken for a quiet watch. */
	if (!type || !json_is_object(object))
		return vg_error_set(intake->error, -EBADMSG, "a watch line without type and object");
	if (!strcmp(type, "BOOKMARK"))
		return bookmark(intake, object);
	if (!strcmp(type, "ERROR"))
		return remote_error(intake, object);
	return change(intake, type, object);
}

static int take(struct vg_intake *intake, const json_t *json)
{
	if (intake->form != VG_INTAKE_PAGE)
		return event(intake, json);
	intake->counts.objects++;
	intake->progressed = true;
	return vg_intake_put(intake, json);
}

static int on_object(void *ctx, const char *bytes, size_t n)
{
	struct vg_intake *intake = ctx;
	struct vg_error error = { 0 };
	json_t *json = vg_reduce_parse(bytes, n, &error);
	int r;

	if (!json) {
		intake->unnamed++;
		return vg_intake_odd(intake, "", error.text);
	}
	r = take(intake, json);
	json_decref(json);
	return r;
}

static int on_proto_object(void *ctx, const char *bytes, size_t n)
{
	struct vg_intake *intake = ctx;
	bool page = intake->form == VG_INTAKE_PAGE;
	struct vg_error error = { 0 };
	json_t *json = json_object();
	int r;

	if (!json)
		return -ENOMEM;
	if (page)
		r = vg_proto_read_item(intake->config.kind, bytes, n, json, &error);
	else
		r = vg_proto_read_event(intake->config.kind, bytes, n, json, &error);
	if (r == -EINVAL) {
		intake->unnamed++; /* what it has of a name may not be all of it */
		r = vg_intake_set_aside(intake, page ? json : json_object_get(json, "object"), error.text);
	} else if (r == 0) {
		r = take(intake, json);
	}
	json_decref(json);
	return r;
}

static void on_refused(void *ctx, const char *why, const char *head, size_t n)
{
	struct vg_intake *intake = ctx;
	char text[VG_ERROR_MAX], begin[200];

	intake->unnamed++;
	intake->counts.odd++;
	/* what it begins with names it, mostly; it may be anything, so it is cut to what is plain */
	n = n < sizeof(begin) ? n : sizeof(begin);
	for (size_t i = 0; i < n; i++)
		begin[i] = (char)(head[i] < ' ' || head[i] > '~' ? '.' : head[i]);
	snprintf(text, sizeof(text), "%s, passed over; it begins with %.*s", why, (int)n, begin);
	intake->config.trouble(intake->config.ctx, VG_TROUBLE_REFUSED, "", text);
}

static int need_split(struct vg_intake *intake)
{
	struct vg_split_sink sink = { .ctx = intake, .object = intake->is_proto ? on_proto_object : on_object, .refused = on_refused };
	enum vg_split_form form = intake->form == VG_INTAKE_PAGE ? VG_SPLIT_LIST : VG_SPLIT_LINES;

	if (intake->split || intake->proto)
		return 0;
	return intake->is_proto ? vg_proto_split_new(form, &sink, &intake->proto) : vg_split_new(form, &sink, &intake->split);
}

int vg_intake_feed(struct vg_intake *intake, const char *bytes, size_t n, const struct vg_moment *now, struct vg_error *ret_error)
{
	struct vg_error error = { 0 };
	int r = need_split(intake);

	intake->now = now;
	intake->error = &error;
	if (r >= 0)
		r = intake->proto ? vg_proto_split_feed(intake->proto, bytes, n, &error) : vg_split_feed(intake->split, bytes, n, &error);
	intake->now = NULL;
	intake->error = NULL;
	if (r < 0)
		vg_error_set(ret_error, r, "%s", error.text[0] ? error.text : strerror(-r));
	return r;
}

/* The list with "items" emptied. */
static int page_meta(struct vg_intake *intake, json_t **ret_meta, struct vg_error *error)
{
	json_auto_t *meta = NULL;
	const char *bytes;
	size_t n;
	int r = 0;

	if (!intake->proto) {
		bytes = vg_split_meta(intake->split, &n);
		meta = vg_reduce_parse(bytes, n, error);
		r = meta ? 0 : -EBADMSG;
	} else {
		meta = json_object();
		r = meta ? vg_proto_split_meta(intake->proto, &bytes, &n) : -ENOMEM;
		if (r == 0)
			r = vg_proto_read(intake->config.kind, bytes, n, meta, error);
	}
	if (r == 0)
		*ret_meta = TAKE_PTR(meta);
	return r == -EINVAL ? -EBADMSG : r;
}

static int page_end(struct vg_intake *intake, struct vg_error *error)
{
	const char *version, *token;
	json_t *meta = NULL;
	int r = page_meta(intake, &meta, error);

	if (r < 0)
		return r;
	version = text_at(meta, "metadata", "resourceVersion");
	token = text_at(meta, "metadata", "continue");
	if (!version[0] || strlen(version) >= VG_VERSION_MAX)
		r = vg_error_set(error, -EBADMSG, "a list without a usable resourceVersion");
	else if (!json_object_get(meta, "items"))
		r = vg_error_set(error, -EBADMSG, "a list without items"); /* and not one of nothing */
	free(TAKE_PTR(intake->token));
	if (r >= 0 && token[0]) {
		intake->token = strdup(token);
		r = intake->token ? 1 : -ENOMEM;
	} else if (r >= 0) {
		r = list_end(intake);
	}
	if (r >= 0)
		set_version(intake, version);
	json_decref(meta);
	return r;
}

int vg_intake_end(struct vg_intake *intake, const struct vg_moment *now, struct vg_error *ret_error)
{
	int r;

	if (!intake->split && !intake->proto)
		return intake->form == VG_INTAKE_PAGE ? vg_error_set(ret_error, -EBADMSG, "an empty answer") : 0;
	intake->now = now;
	r = intake->proto ? vg_proto_split_end(intake->proto, ret_error) : vg_split_end(intake->split, ret_error);
	if (r >= 0 && intake->form == VG_INTAKE_PAGE)
		r = page_end(intake, ret_error);
	intake->now = NULL;
	forget_answer(intake);
	return r;
}
