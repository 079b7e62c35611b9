/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

/* Length of the UTF-8 sequence at text (RFC 3629 section 4), which has n bytes, 0 if it is none. */
static size_t sequence_length(const unsigned char *text, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xed)
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	if (length > n || text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return length;
}

bool vg_utf8_is_valid(const char *text, size_t n)
{
	while (n) {
		size_t length = sequence_length((const unsigned char *)text, n);

		if (!length)
			return false;
		text += length;
		n -= length;
	}
	return true;
}

size_t vg_utf8_repair(const char *text, size_t n, char *out)
{
	size_t took = 0;

	while (n) {
		size_t length = sequence_length((const unsigned char *)text, n);

		memcpy(out + took, length ? text : "\xef\xbf\xbd", length ? length : 3);
		took += length ? length : 3;
		text += length ? length : 1;
		n -= length ? length : 1;
	}
	return took;
}
