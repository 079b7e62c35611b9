/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml_lines.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/yaml.h"
#include "conf/yaml_json.h"

struct reader {
	struct vg_yaml yaml;
	unsigned depth;
};

static int read_lines(struct reader *reader, json_t **ret_lines);

/* The current event's value, put in its place; steals nothing on failure. */
static int append(struct reader *reader, json_t *list)
{
	json_t *lines = NULL;
	int r = read_lines(reader, &lines);

	return r < 0 ? r : json_array_append_new(list, lines) < 0 ? -ENOMEM : 0;
}

static int read_list(struct reader *reader, json_t **ret_lines)
{
	json_auto_t *list = json_array();
	int r = list ? vg_yaml_next(&reader->yaml) : -ENOMEM;

	while (r == 0 && reader->yaml.event.type != YAML_SEQUENCE_END_EVENT) {
		r = append(reader, list);
		if (r == 0)
			r = vg_yaml_next(&reader->yaml);
	}
	*ret_lines = r < 0 ? NULL : TAKE_PTR(list);
	return r;
}

static int read_pair(struct reader *reader, json_t *mapping)
{
	_cleanup_free_ char *key = NULL;
	json_t *lines = NULL;
	int r;

	if (reader->yaml.event.type != YAML_SCALAR_EVENT)
		return vg_yaml_fail(&reader->yaml, -EINVAL, vg_yaml_line(&reader->yaml), "found a mapping or a list as key; expected a text");
	key = strdup((const char *)reader->yaml.event.data.scalar.value);
	r = key ? vg_yaml_next(&reader->yaml) : -ENOMEM;
	if (r == 0)
		r = read_lines(reader, &lines);
	return r < 0 ? r : json_object_set_new_nocheck(mapping, key, lines) < 0 ? -ENOMEM : 0;
}

static int read_mapping(struct reader *reader, json_t **ret_lines)
{
	json_auto_t *mapping = json_object();
	int r = mapping ? vg_yaml_next(&reader->yaml) : -ENOMEM;

	while (r == 0 && reader->yaml.event.type != YAML_MAPPING_END_EVENT) {
		r = read_pair(reader, mapping);
		if (r == 0)
			r = vg_yaml_next(&reader->yaml);
	}
	*ret_lines = r < 0 ? NULL : TAKE_PTR(mapping);
	return r;
}

static int read_lines(struct reader *reader, json_t **ret_lines)
{
	struct vg_yaml *yaml = &reader->yaml;
	int r;

	if (yaml->event.type == YAML_SCALAR_EVENT) {
		*ret_lines = json_integer(vg_yaml_line(yaml));
		return *ret_lines ? 0 : -ENOMEM;
	}
	if (++reader->depth > VG_YAML_JSON_DEPTH_MAX)
		return vg_yaml_fail(yaml, -EINVAL, vg_yaml_line(yaml), "is nested deeper than %d; expected less", VG_YAML_JSON_DEPTH_MAX);
	r = yaml->event.type == YAML_SEQUENCE_START_EVENT ? read_list(reader, ret_lines) : read_mapping(reader, ret_lines);
	reader->depth--;
	return r;
}

static int read_documents(struct reader *reader, json_t *documents)
{
	for (;;) {
		int r = vg_yaml_next(&reader->yaml);

		if (r < 0)
			return r;
		switch (reader->yaml.event.type) {
		case YAML_STREAM_END_EVENT: return 0;
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_START_EVENT:
		case YAML_DOCUMENT_END_EVENT: break;
		default:
			r = append(reader, documents);
			if (r < 0)
				return r;
		}
	}
}

int vg_yaml_lines(const char *text, size_t size, const char *name, struct vg_error *ret_error, json_t **ret_lines)
{
	json_auto_t *documents = json_array();
	struct reader reader = { .depth = 0 };
	int r = documents ? vg_yaml_init(&reader.yaml, text, size, name, ret_error) : -ENOMEM;

	if (r < 0)
		return r;
	r = read_documents(&reader, documents);
	vg_yaml_deinit(&reader.yaml);
	if (r < 0)
		return r;
	*ret_lines = TAKE_PTR(documents);
	return 0;
}

static void widen(const json_t *line, unsigned *first, unsigned *last)
{
	unsigned number = (unsigned)json_integer_value(line);

	if (!json_is_integer(line))
		return;
	*first = !*first || number < *first ? number : *first;
	*last = number > *last ? number : *last;
}

static void span(const json_t *lines, unsigned *first, unsigned *last)
{
	const char *key;
	json_t *value;
	size_t i;

	widen(lines, first, last);
	json_array_foreach(lines, i, value) span(value, first, last);
	json_object_foreach((json_t *)lines, key, value) span(value, first, last);
}

void vg_yaml_lines_span(const json_t *lines, unsigned *ret_first, unsigned *ret_last)
{
	*ret_first = 0;
	*ret_last = 0;
	span(lines, ret_first, ret_last);
}
