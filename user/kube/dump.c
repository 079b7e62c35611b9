/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items of a list of a built-in kind have no kind of their own: "ServiceList" says it, before them as the server writes it, or behind
 * them where a tool sorted the keys. In that case they wait for it.
 */
#include "kube/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "kube/dump_put.h"
#include "kube/split.h"

#define PIECE ((size_t)64 * 1024)
#define WAITING_BYTES_MAX ((size_t)64 * 1024 * 1024) /* of JSON text */
#define REFLECTOR 0 /* one for all: nothing in a dump replaces what another file listed */

VG_DEFINE_CLEANUP(struct vg_split *, vg_split_free)

struct dump {
	struct vg_dump_put put;
	bool any; /* an object or a list was in it */
	bool in_list;
	bool kind_known; /* of the list */
	enum vg_kind list_kind; /* VG_KIND_MAX: items say it themselves, or it is nobody's */
	bool list_is_foreign; /* nobody's: its items need not say their kind */
	json_t *waiting; /* items, an array; NULL: none */
	size_t waiting_bytes;
};

/* "ServiceList" is of Services; "List" is of anything. */
static void learn_list_kind(struct dump *dump, const char *meta, size_t n)
{
	json_t *json = vg_reduce_parse(meta, n, NULL);
	const char *kind = json_string_value(json_object_get(json, "kind"));
	size_t length = kind ? strlen(kind) : 0, tail = strlen("List");
	char name[64];

	dump->kind_known = kind;
	dump->list_kind = VG_KIND_MAX;
	dump->list_is_foreign = false;
	if (length > tail && length < sizeof(name) && !strcmp(kind + length - tail, "List")) {
		memcpy(name, kind, length - tail);
		name[length - tail] = '\0';
		dump->list_is_foreign = vg_kind_from_str(name, &dump->list_kind) < 0;
	}
	json_decref(json);
}

static bool is_watch_event(const json_t *json)
{
	return json_is_string(json_object_get(json, "type")) && json_is_object(json_object_get(json, "object")) && !json_object_get(json, "kind");
}

static int take_event(struct dump *dump, const json_t *json)
{
	const char *type = json_string_value(json_object_get(json, "type"));
	const json_t *object = json_object_get(json, "object"), *message;

	if (!strcmp(type, "ADDED") || !strcmp(type, "MODIFIED"))
		return vg_dump_put(&dump->put, VG_KIND_MAX, object);
	if (!strcmp(type, "DELETED"))
		return vg_dump_put_deletion(&dump->put, object);
	if (!strcmp(type, "BOOKMARK")) {
		dump->put.result->ignored++;
	} else if (!strcmp(type, "ERROR")) {
		message = json_object_get(object, "message");
		vg_dump_odd(&dump->put, "the server ended the watch: %s", json_is_string(message) ? json_string_value(message) : "no message");
	} else {
		vg_dump_odd(&dump->put, "a watch event of a type that does not exist");
	}
	return 0;
}

static int wait_for_kind(struct dump *dump, json_t *json, size_t n)
{
	if (n > WAITING_BYTES_MAX - dump->waiting_bytes) {
		vg_dump_odd(&dump->put, "a list of more than 64 MiB that says its kind behind its items");
		return 0;
	}
	if (!dump->waiting)
		dump->waiting = json_array();
	dump->waiting_bytes += n;
	return json_array_append(dump->waiting, json) < 0 ? -ENOMEM : 0;
}

static int take_item(struct dump *dump, const json_t *json)
{
	if (!json_is_object(json) || json_object_get(json, "kind") || !dump->list_is_foreign)
		return vg_dump_put(&dump->put, json_object_get(json, "kind") ? VG_KIND_MAX : dump->list_kind, json);
	dump->put.result->ignored++;
	return 0;
}

static int take_json(struct dump *dump, json_t *json, size_t n)
{
	if (!dump->in_list)
		return is_watch_event(json) ? take_event(dump, json) : vg_dump_put(&dump->put, VG_KIND_MAX, json);
	if (!dump->kind_known && json_is_object(json) && !json_object_get(json, "kind"))
		return wait_for_kind(dump, json, n);
	return take_item(dump, json);
}

static int take_object(void *ctx, const char *bytes, size_t n)
{
	struct dump *dump = ctx;
	struct vg_error error;
	json_t *json;
	int r;

	dump->any = true;
	json = vg_reduce_parse(bytes, n, &error);
	if (!json) {
		vg_dump_odd(&dump->put, "%s", error.text);
		return 0;
	}
	r = take_json(dump, json, n);
	json_decref(json);
	return r;
}

static int end_list(struct dump *dump)
{
	const json_t *json;
	int r = 0;
	size_t i;

	dump->in_list = false;
	json_array_foreach(dump->waiting, i, json)
	{
		r = take_item(dump, json);
		if (r < 0)
			break;
	}
	json_decref(dump->waiting);
	dump->waiting = NULL;
	dump->waiting_bytes = 0;
	return r;
}

static int take_list(void *ctx, bool over, const char *meta, size_t n)
{
	struct dump *dump = ctx;

	dump->any = true;
	learn_list_kind(dump, meta, n);
	if (over)
		return end_list(dump);
	dump->in_list = true;
	return 0;
}

static void take_refused(void *ctx, const char *why, const char *head, size_t n)
{
	struct dump *dump = ctx;

	(void)head;
	(void)n;
	dump->any = true;
	vg_dump_odd(&dump->put, "an object is %s", why);
}

static int dump_new(struct dump *dump, struct vg_split **ret_split)
{
	const struct vg_split_sink sink = { .ctx = dump, .object = take_object, .refused = take_refused, .list = take_list };
	int r;

	r = vg_reducer_new(&dump->put.reducer);
	return r < 0 ? r : vg_split_new(VG_SPLIT_ANY, &sink, ret_split);
}

static void dump_deinit(struct dump *dump)
{
	vg_reducer_free(dump->put.reducer);
	json_decref(dump->waiting);
}

/* Puts the name in front of what the splitter said. */
static int name_error(int r, const char *name, const struct vg_error *error, struct vg_error *ret_error)
{
	if (r == -EBADMSG)
		return vg_error_set(ret_error, r, "%s: %s", name, error->text);
	return vg_error_set(ret_error, r, "%s: %s", name, strerror(-r));
}

static int feed_file(struct vg_split *split, int fd, struct vg_error *error)
{
	_cleanup_free_ char *piece = malloc(PIECE);
	ssize_t n;
	int r;

	if (!piece)
		return -ENOMEM;
	while ((n = read(fd, piece, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = vg_split_feed(split, piece, (size_t)n, error);
		if (r < 0)
			return r;
	}
	return vg_split_end(split, error);
}

static int read_file(struct dump *dump, const char *path, struct vg_error *ret_error)
{
	bool is_stdin = !strcmp(path, "-");
	_cleanup_close_ int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	VG_CLEANUP(vg_split_freep) struct vg_split *split = NULL;
	const char *name = is_stdin ? "standard input" : path;
	struct vg_error error = { "" };
	int r;

	dump->put.name = name;
	if (fd < 0)
		return name_error(-errno, name, &error, ret_error);
	r = dump_new(dump, &split);
	if (r == 0)
		r = feed_file(split, fd, &error);
	/* of a kubectl that failed; a cluster without objects is a List without items */
	if (r == 0 && !dump->any)
		r = vg_error_set(&error, -EBADMSG, "nothing is in it: expected a List or objects, as kubectl get -o json prints them");
	return r < 0 ? name_error(r, name, &error, ret_error) : 0;
}

int vg_dump_read(struct vg_cluster *cluster, const char *const *paths, size_t n_paths, const struct vg_moment *now, struct vg_error *ret_error,
		 struct vg_dump_result *ret_result)
{
	struct vg_dump_result result = { 0 };
	int r;

	for (size_t i = 0; i < n_paths; i++) {
		struct dump dump = { .put = { .cluster = cluster, .reflector = REFLECTOR, .now = now, .result = &result } };

		r = read_file(&dump, paths[i], ret_error);
		dump_deinit(&dump);
		if (r < 0)
			return r;
	}
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++)
		vg_cluster_set_knowledge(cluster, (enum vg_kind)kind, VG_KIND_LISTED);
	*ret_result = result;
	return 0;
}

int vg_dump_parse(struct vg_cluster *cluster, const char *text, size_t size, const char *name, const struct vg_moment *now,
		  struct vg_error *ret_error, struct vg_dump_result *result)
{
	struct dump dump = { .put = { .cluster = cluster, .reflector = REFLECTOR, .now = now, .result = result, .name = name } };
	VG_CLEANUP(vg_split_freep) struct vg_split *split = NULL;
	struct vg_error error = { "" };
	int r;

	r = dump_new(&dump, &split);
	if (r == 0)
		r = vg_split_feed(split, text, size, &error);
	if (r == 0)
		r = vg_split_end(split, &error);
	dump_deinit(&dump);
	return r < 0 ? name_error(r, name, &error, ret_error) : 0;
}
