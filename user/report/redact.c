/* SPDX-License-Identifier: Apache-2.0 */
#include "report/redact.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "report/json.h"

#define TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
#define JWT_MIN 20 /* "eyJ", the beginning of an object in base64, is a word alone, too */

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

/* "user:password@" behind "://". */
static size_t userinfo_length(const char *at)
{
	size_t n = strcspn(at, "/?# \"'<>");
	const char *end = memrchr(at, '@', n);

	return end ? (size_t)(end - at) : 0;
}

/* Where a secret begins after what stands here, and how long it is; 0: none does. */
static size_t find_secret(const char *at, size_t *ret_skip)
{
	size_t n;

	*ret_skip = 0;
	if (begins(at, "-----BEGIN "))
		return strlen(at);
	if (strncmp(at, "eyJ", 3) == 0) {
		n = strspn(at, TOKEN);
		return n >= JWT_MIN && memchr(at, '.', n) ? n : 0;
	}
	if (begins(at, "bearer ") || begins(at, "basic ")) {
		*ret_skip = strcspn(at, " ") + 1;
		n = strcspn(at + *ret_skip, " \t\"',;");
		return n >= JWT_MIN || begins(at, "bearer ") ? n : 0;
	}
	if (begins(at, "://")) {
		*ret_skip = 3;
		return userinfo_length(at + 3);
	}
	return 0;
}

static bool has_secret(const char *text)
{
	size_t skip;

	for (; *text; text++) {
		if (find_secret(text, &skip))
			return true;
	}
	return false;
}

static char *hide(const char *text)
{
	_cleanup_free_ char *clean = NULL;
	size_t size = 0, skip, n;
	FILE *out = open_memstream(&clean, &size);

	if (!out)
		return NULL;
	while (*text) {
		n = find_secret(text, &skip);
		if (n) {
			fprintf(out, "%.*s" VG_REDACTED, (int)skip, text);
			text += skip + n;
		} else {
			fputc(*text++, out);
		}
	}
	return fclose(out) == 0 ? TAKE_PTR(clean) : NULL;
}

/*
 * Until nothing changes any more: what is put in place of one secret may make a word next to it long enough to be taken for another. Each turn leaves
 * fewer bytes that are no mark, or fewer marks.
 */
char *vg_redact_text(const char *text, int *ret_r)
{
	_cleanup_free_ char *clean = NULL;
	bool same = false;

	*ret_r = 0;
	if (!has_secret(text))
		return NULL;
	while (!same) {
		char *next = hide(clean ? clean : text);

		if (!next) {
			*ret_r = -ENOMEM;
			return NULL;
		}
		same = strcmp(next, clean ? clean : text) == 0;
		free(clean);
		clean = next;
	}
	return TAKE_PTR(clean);
}

static bool is_secret_key(const char *key)
{
	static const char *const keys[] = { "token",  "password",     "passwd",	     "secret",		"authorization", "api-key",
					    "apikey", "bearer-token", "bearertoken", "client-key-data", "stringData" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcasecmp(key, keys[i]) == 0)
			return true;
	}
	return false;
}

static int redact_string(json_t *string)
{
	_cleanup_free_ char *clean = NULL;
	int r;

	clean = vg_redact_text(json_string_value(string), &r);
	return clean && json_string_set(string, clean) < 0 ? -ENOMEM : r;
}

static int redact_object(json_t *object)
{
	const char *key;
	json_t *value;
	void *next;
	int r = 0;

	json_object_foreach_safe(object, next, key, value)
	{
		if (is_secret_key(key) && !json_is_boolean(value) && !json_is_null(value))
			r |= vg_json_set(object, key, json_string(VG_REDACTED));
		else
			r |= vg_redact_json(value);
	}
	return r < 0 ? -ENOMEM : 0;
}

int vg_redact_json(json_t *json)
{
	size_t i;
	json_t *item;
	int r = 0;

	if (json_is_object(json))
		return redact_object(json);
	if (json_is_string(json))
		return redact_string(json);
	json_array_foreach(json, i, item) r |= vg_redact_json(item);
	return r < 0 ? -ENOMEM : 0;
}
