/* SPDX-License-Identifier: Apache-2.0 */
/* From the object to files, in this order always. */
#include <errno.h>
#include <string.h>

#include "report/bundle.h"
#include "report/json.h"
#include "report/redact.h"

int vg_bundle_add_file(struct vg_bundle_files *files, const char *name, char *data, size_t size)
{
	if (files->n == VG_BUNDLE_FILES_MAX) {
		free(data);
		return -E2BIG;
	}
	files->list[files->n++] = (struct vg_bundle_file){ .name = name, .data = data, .size = size };
	return 0;
}

void vg_bundle_files_deinit(struct vg_bundle_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->list[i].data);
	files->n = 0;
}

/* out: of an open_memstream() with these, closed here. */
static int add_stream(struct vg_bundle_files *files, const char *name, FILE *out, char **data, const size_t *size)
{
	if (fclose(out) == 0)
		return vg_bundle_add_file(files, name, TAKE_PTR(*data), *size);
	free(TAKE_PTR(*data));
	return -ENOMEM;
}

static int add_printed(struct vg_bundle_files *files, const char *name, const json_t *part, void (*print)(FILE *out, const json_t *part))
{
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);

	if (!out)
		return -ENOMEM;
	print(out, part);
	return add_stream(files, name, out, &data, &size);
}

static void print_json(FILE *out, const json_t *part)
{
	json_dumpf(part, out, JSON_INDENT(2));
	fputc('\n', out);
}

static void print_lines(FILE *out, const json_t *events)
{
	size_t i;
	json_t *event;

	json_array_foreach(events, i, event)
	{
		json_dumpf(event, out, JSON_COMPACT);
		fputc('\n', out);
	}
}

static void print_explanation(FILE *out, const json_t *explanation)
{
	json_auto_t *list = json_array();

	if (json_array_append(list, (json_t *)explanation) == 0)
		vg_explain_print(out, list);
}

static void print_pcap(FILE *out, const json_t *frames)
{
	vg_bundle_print_pcap(out, frames);
}

/* What frames.pcap cannot say of them, without the bytes. */
static void print_frames(FILE *out, const json_t *frames)
{
	json_auto_t *copy = json_deep_copy(frames);
	size_t i;
	json_t *frame;

	json_array_foreach(copy, i, frame) json_object_del(frame, "bytes");
	print_json(out, copy);
}

static int put_versions(json_t *bundle)
{
	json_auto_t *versions = json_object();
	static const char *const parts[] = { "program", "guard", "kernel", "components", "components_left_out" };
	int r = versions ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && r == 0; i++) {
		json_t *part = json_object_get(bundle, parts[i]);

		r = part ? json_object_set(versions, parts[i], part) : 0;
	}
	return r < 0 ? -ENOMEM : vg_json_set(bundle, "versions", TAKE_PTR(versions));
}

static const struct {
	const char *name;
	const char *part;
	void (*print)(FILE *out, const json_t *part);
} parts[] = {
	{ "explain.txt", "explain", print_explanation }, { "explain.json", "explain", print_json },   { "events.jsonl", "events", print_lines },
	{ "objects.json", "objects", print_json },	 { "frames.pcap", "frames", print_pcap },     { "frames.json", "frames", print_frames },
	{ "status.json", "status", print_json },	 { "versions.json", "versions", print_json },
};

/* An empty list makes no file: that nothing was seen is said in README.txt. */
static bool is_there(const json_t *part)
{
	return json_is_object(part) || json_array_size(part) > 0;
}

static int say_what_is_empty(json_t *bundle)
{
	static const struct {
		const char *part, *sentence;
	} sentences[] = {
		{ "events", "events.jsonl: the guard has said nothing of this address, nor of itself" },
		{ "objects", "objects.json: no object of the cluster was looked at" },
		{ "frames", "frames.pcap: no frame that announces the address was seen" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sentences) && r == 0; i++) {
		const json_t *part = json_object_get(bundle, sentences[i].part);

		if (part && !is_there(part))
			r = vg_bundle_say_missing(bundle, sentences[i].sentence);
	}
	return r;
}

static int add_parts(json_t *bundle, struct vg_bundle_files *files)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && r == 0; i++) {
		const json_t *part = json_object_get(bundle, parts[i].part);

		if (is_there(part))
			r = add_printed(files, parts[i].name, part, parts[i].print);
	}
	return r;
}

int vg_bundle_to_files(json_t *bundle, struct vg_bundle_files *ret_files)
{
	struct vg_bundle_files files = { .n = 0 };
	int r = vg_redact_json(bundle);

	if (r == 0)
		r = put_versions(bundle);
	if (r == 0)
		r = say_what_is_empty(bundle);
	if (r == 0)
		r = add_parts(bundle, &files);
	if (r < 0) {
		vg_bundle_files_deinit(&files);
		return r;
	}
	*ret_files = files;
	return 0;
}

/* It is to be read first. */
int vg_bundle_add_readme(const json_t *bundle, struct vg_bundle_files *files)
{
	struct vg_bundle_file readme;
	int r;
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);

	if (!out)
		return -ENOMEM;
	vg_bundle_print_readme(out, bundle, files);
	r = add_stream(files, "README.txt", out, &data, &size);
	if (r < 0)
		return r;
	readme = files->list[files->n - 1];
	memmove(&files->list[1], &files->list[0], (files->n - 1) * sizeof(readme));
	files->list[0] = readme;
	return 0;
}
