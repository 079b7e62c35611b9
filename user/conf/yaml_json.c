/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml_json.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/text.h"
#include "conf/yaml.h"

struct reader {
	struct vg_yaml yaml;
	size_t nodes;
	unsigned depth;
};

static int read_value(struct reader *reader, json_t **ret_value);

static int no_memory(struct reader *reader)
{
	return vg_yaml_fail(&reader->yaml, -ENOMEM, vg_yaml_line(&reader->yaml), "%s", strerror(ENOMEM));
}

static bool is_one_of(const char *text, const char *const *list)
{
	for (; *list; list++) {
		if (!strcmp(text, *list))
			return true;
	}
	return false;
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* -?(0|[1-9][0-9]*) as in JSON; returns what follows, NULL: it is none. */
static const char *skip_integer(const char *text)
{
	size_t n;

	text += *text == '-';
	n = digits(text);
	return n == 0 || (n > 1 && *text == '0') ? NULL : text + n;
}

/* The rest of a JSON number. */
static const char *skip_fraction(const char *text)
{
	size_t n;

	if (*text == '.') {
		n = digits(text + 1);
		if (!n)
			return NULL;
		text += 1 + n;
	}
	if (*text == 'e' || *text == 'E') {
		text += 1 + (text[1] == '-' || text[1] == '+');
		n = digits(text);
		if (!n)
			return NULL;
		text += n;
	}
	return text;
}

/* NULL: no number, or one that does not fit. */
static json_t *new_number(const char *text)
{
	const char *rest = skip_integer(text);
	double real;
	long long integer;

	if (!rest)
		return NULL;
	errno = 0;
	if (!*rest) {
		integer = strtoll(text, NULL, 10);
		return errno ? NULL : json_integer(integer);
	}
	rest = skip_fraction(rest);
	if (!rest || *rest)
		return NULL;
	real = strtod(text, NULL); /* the program's locale is "C" */
	return errno ? NULL : json_real(real);
}

static json_t *new_scalar(const yaml_event_t *event)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	const char *text = (const char *)event->data.scalar.value;
	json_t *number;

	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		if (is_one_of(text, nulls))
			return json_null();
		if (is_one_of(text, trues))
			return json_true();
		if (is_one_of(text, falses))
			return json_false();
		number = new_number(text);
		if (number)
			return number;
	}
	return json_stringn_nocheck(text, event->data.scalar.length); /* libyaml has made it UTF-8 */
}

/* A kubeconfig's values are secrets: they do not stay behind in freed memory. */
static int read_scalar(struct reader *reader, json_t **ret_value)
{
	yaml_event_t *event = &reader->yaml.event;
	json_t *value = new_scalar(event);

	explicit_bzero(event->data.scalar.value, event->data.scalar.length);
	if (!value)
		return no_memory(reader);
	*ret_value = value;
	return 0;
}

static int read_list(struct reader *reader, json_t **ret_value)
{
	json_auto_t *list = json_array();
	json_t *item;
	int r;

	if (!list)
		return no_memory(reader);
	for (;;) {
		r = vg_yaml_next(&reader->yaml);
		if (r < 0)
			return r;
		if (reader->yaml.event.type == YAML_SEQUENCE_END_EVENT)
			break;
		r = read_value(reader, &item);
		if (r < 0)
			return r;
		if (json_array_append_new(list, item) < 0)
			return no_memory(reader);
	}
	*ret_value = TAKE_PTR(list);
	return 0;
}

/* ret_key: free() it. */
static int read_key(struct reader *reader, const json_t *mapping, char **ret_key)
{
	struct vg_yaml *yaml = &reader->yaml;
	const char *key = (const char *)yaml->event.data.scalar.value;
	char quote[VG_QUOTE_MAX];
	char *copy;

	if (yaml->event.type != YAML_SCALAR_EVENT)
		return vg_yaml_fail(yaml, -EINVAL, vg_yaml_line(yaml), "found a mapping or a list as key; expected a text");
	if (vg_yaml_is_plain(yaml) && !strcmp(key, "<<"))
		return vg_yaml_fail(yaml, -EINVAL, vg_yaml_line(yaml), "found a merge key; expected every value to be written out");
	if (json_object_get(mapping, key)) {
		vg_text_quote(key, quote);
		return vg_yaml_fail(yaml, -EINVAL, vg_yaml_line(yaml), "key %s appears twice; expected once", quote);
	}
	copy = strdup(key);
	if (!copy)
		return no_memory(reader);
	*ret_key = copy;
	return 0;
}

static int read_pair(struct reader *reader, json_t *mapping)
{
	_cleanup_free_ char *key = NULL;
	json_t *value;
	int r;

	r = read_key(reader, mapping, &key);
	if (r < 0)
		return r;
	r = vg_yaml_next(&reader->yaml);
	if (r < 0)
		return r;
	r = read_value(reader, &value);
	if (r < 0)
		return r;
	return json_object_set_new_nocheck(mapping, key, value) < 0 ? no_memory(reader) : 0;
}

static int read_mapping(struct reader *reader, json_t **ret_value)
{
	json_auto_t *mapping = json_object();
	int r;

	if (!mapping)
		return no_memory(reader);
	for (;;) {
		r = vg_yaml_next(&reader->yaml);
		if (r < 0)
			return r;
		if (reader->yaml.event.type == YAML_MAPPING_END_EVENT)
			break;
		r = read_pair(reader, mapping);
		if (r < 0)
			return r;
	}
	*ret_value = TAKE_PTR(mapping);
	return 0;
}

/* The value that the current event begins. */
static int read_value(struct reader *reader, json_t **ret_value)
{
	struct vg_yaml *yaml = &reader->yaml;
	int r;

	if (++reader->nodes > VG_YAML_JSON_NODES_MAX)
		return vg_yaml_fail(yaml, -EFBIG, vg_yaml_line(yaml), "has more than %d values; expected fewer", VG_YAML_JSON_NODES_MAX);
	if (yaml->event.type == YAML_SCALAR_EVENT)
		return read_scalar(reader, ret_value);
	if (++reader->depth > VG_YAML_JSON_DEPTH_MAX)
		return vg_yaml_fail(yaml, -EFBIG, vg_yaml_line(yaml), "is nested deeper than %d; expected less", VG_YAML_JSON_DEPTH_MAX);
	if (yaml->event.type == YAML_SEQUENCE_START_EVENT)
		r = read_list(reader, ret_value);
	else
		r = read_mapping(reader, ret_value);
	reader->depth--;
	return r;
}

static int read_documents(struct reader *reader, json_t *documents)
{
	json_t *document;
	int r;

	for (;;) {
		r = vg_yaml_next(&reader->yaml);
		if (r < 0)
			return r;
		switch (reader->yaml.event.type) {
		case YAML_STREAM_END_EVENT: return 0;
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_START_EVENT:
		case YAML_DOCUMENT_END_EVENT: break;
		default:
			r = read_value(reader, &document);
			if (r < 0)
				return r;
			if (json_array_append_new(documents, document) < 0)
				return no_memory(reader);
		}
	}
}

int vg_yaml_to_json(const char *text, size_t size, const char *name, struct vg_error *ret_error, json_t **ret_documents)
{
	json_auto_t *documents = json_array();
	struct reader reader = { .nodes = 0 };
	int r;

	if (size > VG_YAML_JSON_BYTES_MAX)
		return vg_error_set(ret_error, -EFBIG, "%s: has more than %lu MiB; expected less", name, VG_YAML_JSON_BYTES_MAX >> 20);
	if (!documents)
		return vg_error_set(ret_error, -ENOMEM, "%s: %s", name, strerror(ENOMEM));
	r = vg_yaml_init(&reader.yaml, text, size, name, ret_error);
	if (r < 0)
		return r;
	r = read_documents(&reader, documents);
	vg_yaml_deinit(&reader.yaml);
	if (r < 0)
		return r;
	*ret_documents = TAKE_PTR(documents);
	return 0;
}
