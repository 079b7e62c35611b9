/* SPDX-License-Identifier: Apache-2.0 */
#include "report/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

int vg_json_set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

json_t *vg_json_text(const char *text)
{
	size_t n = strlen(text);
	_cleanup_free_ char *clean = malloc(n * 3 + 1);

	return clean ? json_stringn(clean, vg_utf8_repair(text, n, clean)) : NULL;
}

json_t *vg_json_texts(const char *const *texts, size_t n)
{
	json_auto_t *list = json_array();

	if (!list)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (json_array_append_new(list, vg_json_text(texts[i])) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

int vg_json_set_text(json_t *object, const char *key, const char *text)
{
	return text && *text ? vg_json_set(object, key, vg_json_text(text)) : 0;
}

int vg_json_set_number(json_t *object, const char *key, uint64_t number)
{
	return number ? vg_json_set(object, key, json_integer((json_int_t)number)) : 0;
}

void vg_text_put(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		/* C0, DEL, and C1 in its UTF-8 form (ECMA-48 section 5.3) */
		if (*c < 0x20 || *c == 0x7f)
			fprintf(out, "\\x%02x", *c);
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			fprintf(out, "\\x%02x", *++c);
		else
			fputc(*c, out);
	}
}

static void put_list(FILE *out, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		fputs(i ? "," : "", out);
		vg_text_put_value(out, item);
	}
}

void vg_text_put_value(FILE *out, const json_t *value)
{
	if (json_is_string(value))
		vg_text_put(out, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%.1f", json_real_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", out);
	else if (json_is_array(value))
		put_list(out, value);
	else if (json_is_object(value))
		json_dumpf(value, out, JSON_COMPACT | JSON_ENCODE_ANY);
}

const char *vg_json_get_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
