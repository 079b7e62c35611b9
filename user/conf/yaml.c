/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/text.h"

int vg_yaml_init(struct vg_yaml *yaml, const char *text, size_t size, const char *name, struct vg_error *error)
{
	*yaml = (struct vg_yaml){ .text = text, .size = size, .name = name, .error = error };
	if (!yaml_parser_initialize(&yaml->parser))
		return vg_error_set(error, -ENOMEM, "%s: %s", name, strerror(ENOMEM));
	yaml_parser_set_input_string(&yaml->parser, (const unsigned char *)text, size);
	return 0;
}

void vg_yaml_deinit(struct vg_yaml *yaml)
{
	yaml_event_delete(&yaml->event);
	yaml_parser_delete(&yaml->parser);
}

unsigned vg_yaml_line(const struct vg_yaml *yaml)
{
	return (unsigned)yaml->event.start_mark.line + 1;
}

int vg_yaml_fail(struct vg_yaml *yaml, int r, unsigned line, const char *format, ...)
{
	char text[VG_ERROR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return vg_error_set(yaml->error, r, "%s:%u: %s", yaml->name, line, text);
}

/* The reader gives an offset only where it meets bytes that are no text. */
static unsigned line_of_offset(const struct vg_yaml *yaml, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset && i < yaml->size; i++)
		line += yaml->text[i] == '\n';
	return line;
}

static int syntax_error(struct vg_yaml *yaml)
{
	const yaml_parser_t *parser = &yaml->parser;
	const char *problem = parser->problem ? parser->problem : "no YAML";

	if (parser->error == YAML_MEMORY_ERROR)
		return vg_error_set(yaml->error, -ENOMEM, "%s: %s", yaml->name, strerror(ENOMEM));
	if (parser->error == YAML_READER_ERROR)
		return vg_yaml_fail(yaml, -EINVAL, line_of_offset(yaml, parser->problem_offset), "is no text: %s at byte %zu; expected YAML", problem,
				    parser->problem_offset);
	return vg_yaml_fail(yaml, -EINVAL, (unsigned)parser->problem_mark.line + 1, "is no YAML: %s%s%s; expected YAML or JSON", problem,
			    parser->context ? ", " : "", parser->context ? parser->context : "");
}

/* What would make one text mean different things to different readers. */
static int refuse_extras(struct vg_yaml *yaml)
{
	const yaml_event_t *event = &yaml->event;
	bool anchor = false, tag = false;

	switch (event->type) {
	case YAML_ALIAS_EVENT: anchor = true; break;
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		if (memchr(event->data.scalar.value, '\0', event->data.scalar.length))
			return vg_yaml_fail(yaml, -EINVAL, vg_yaml_line(yaml), "a NUL character in a text; expected none");
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default: break;
	}
	if (anchor || tag)
		return vg_yaml_fail(yaml, -EINVAL, vg_yaml_line(yaml), "found %s; expected every value to be written out",
				    anchor ? "an anchor or alias" : "a tag");
	return 0;
}

int vg_yaml_next(struct vg_yaml *yaml)
{
	yaml_event_delete(&yaml->event);
	if (!yaml_parser_parse(&yaml->parser, &yaml->event))
		return syntax_error(yaml);
	return refuse_extras(yaml);
}

/* YAML 1.1: "key:" and "key: ~" have no value. */
static bool is_null(const yaml_event_t *event)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++) {
		if (!strcmp((const char *)event->data.scalar.value, nulls[i]))
			return true;
	}
	return false;
}

/* "KEY: found WHAT; expected EXPECTED" */
static int unexpected(struct vg_yaml *yaml, const char *expected)
{
	const char *key = yaml->key, *colon = *key ? ": " : "";
	char quote[VG_QUOTE_MAX];
	const char *found = quote;

	if (yaml->event.type == YAML_MAPPING_START_EVENT)
		found = "a mapping";
	else if (yaml->event.type == YAML_SEQUENCE_START_EVENT)
		found = "a list";
	else if (yaml->event.type != YAML_SCALAR_EVENT || is_null(&yaml->event))
		found = "nothing";
	else
		vg_text_quote((const char *)yaml->event.data.scalar.value, quote);
	return vg_yaml_fail(yaml, -EINVAL, vg_yaml_line(yaml), "%s%sfound %s; expected %s", key, colon, found, expected);
}

int vg_yaml_expect_scalar(struct vg_yaml *yaml, const char *expected, const char **ret_value)
{
	if (yaml->event.type != YAML_SCALAR_EVENT || is_null(&yaml->event))
		return unexpected(yaml, expected);
	*ret_value = (const char *)yaml->event.data.scalar.value;
	return 0;
}

int vg_yaml_expect_list(struct vg_yaml *yaml, const char *expected)
{
	return yaml->event.type == YAML_SEQUENCE_START_EVENT ? 0 : unexpected(yaml, expected);
}

int vg_yaml_expect_mapping(struct vg_yaml *yaml, const char *expected)
{
	return yaml->event.type == YAML_MAPPING_START_EVENT ? 0 : unexpected(yaml, expected);
}

bool vg_yaml_is_plain(const struct vg_yaml *yaml)
{
	return yaml->event.type == YAML_SCALAR_EVENT && yaml->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

int vg_yaml_enter_root(struct vg_yaml *yaml, const char *expected)
{
	/* Start of the stream, start of the document (or the end of the stream: an empty file), the root. */
	for (int i = 0; i < 3; i++) {
		int r = vg_yaml_next(yaml);

		if (r < 0)
			return r;
		if (yaml->event.type == YAML_STREAM_END_EVENT)
			break;
	}
	return vg_yaml_expect_mapping(yaml, expected);
}

int vg_yaml_leave_root(struct vg_yaml *yaml)
{
	int r;

	r = vg_yaml_next(yaml);
	if (r < 0)
		return r;
	r = vg_yaml_next(yaml);
	if (r < 0)
		return r;
	if (yaml->event.type != YAML_STREAM_END_EVENT)
		return vg_yaml_fail(yaml, -EINVAL, vg_yaml_line(yaml), "found a second document; expected one");
	return 0;
}

int vg_yaml_next_key(struct vg_yaml *yaml, bool *ret_more)
{
	const char *key;
	int r;

	r = vg_yaml_next(yaml);
	if (r < 0)
		return r;
	if (yaml->event.type == YAML_MAPPING_END_EVENT) {
		*ret_more = false;
		return 0;
	}
	yaml->key[0] = '\0';
	r = vg_yaml_expect_scalar(yaml, "a key", &key);
	if (r < 0)
		return r;
	if (strlen(key) >= sizeof(yaml->key)) {
		char quote[VG_QUOTE_MAX];

		vg_text_quote(key, quote);
		return vg_yaml_fail(yaml, -EINVAL, vg_yaml_line(yaml), "unknown key %s; expected a shorter one", quote);
	}
	strcpy(yaml->key, key);
	yaml->key_line = vg_yaml_line(yaml);
	*ret_more = true;
	return vg_yaml_next(yaml);
}

int vg_yaml_next_item(struct vg_yaml *yaml, const char *key, bool *ret_more)
{
	int r = vg_yaml_next(yaml);

	/* The item before may have been a mapping with keys of its own. */
	if (key != yaml->key)
		snprintf(yaml->key, sizeof(yaml->key), "%s", key);
	if (r < 0)
		return r;
	*ret_more = yaml->event.type != YAML_SEQUENCE_END_EVENT;
	return 0;
}
