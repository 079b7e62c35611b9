/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/text.h"

#include <string.h>

#define QUOTE_TEXT (VG_QUOTE_MAX - sizeof("\"...\""))
#define NODE_NAME_CHARS 253

void vg_text_quote(const char *text, char *out)
{
	size_t n = strnlen(text, QUOTE_TEXT + 1);
	bool cut = n > QUOTE_TEXT;

	if (cut) {
		n = QUOTE_TEXT;
		/* Not in the middle of a UTF-8 sequence. */
		while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	*out++ = '"';
	for (size_t i = 0; i < n; i++)
		*out++ = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	strcpy(out, cut ? "...\"" : "\"");
}

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool vg_text_is_node_name(const char *text)
{
	size_t n = strnlen(text, NODE_NAME_CHARS + 1);
	char before = '.';

	if (!n || n > NODE_NAME_CHARS)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '.' ? !is_alphanumeric(before) : !is_alphanumeric(c) && !(c == '-' && before != '.'))
			return false;
		before = c;
	}
	return is_alphanumeric(before);
}

bool vg_text_is_service(const char *text)
{
	size_t n = strnlen(text, VG_SERVICE_MAX), slashes = 0;

	if (!n || n == VG_SERVICE_MAX || text[0] == '/' || text[n - 1] == '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		slashes += text[i] == '/';
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	}
	return slashes <= 1;
}
