/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <errno.h>
#include <stdint.h>

/* -1: no digit. */
static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What remains when the text is over: digits and padding make four, and no bit is left behind. */
static int check_end(unsigned digits, unsigned padding, uint32_t bits)
{
	unsigned over = digits % 4;

	if (over == 0)
		return padding ? -EINVAL : 0;
	if (over == 1 || over + padding != 4)
		return -EINVAL;
	return bits & (over == 2 ? 0xf : 0x3) ? -EINVAL : 0;
}

int vg_base64_decode(const char *text, size_t n, void *out, size_t *ret_n)
{
	unsigned char *bytes = out;
	unsigned digits = 0, padding = 0;
	uint32_t bits = 0;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int value = digit(text[i]);

		if (text[i] == '\n' || text[i] == '\r')
			continue;
		if (text[i] == '=' && padding < 2) {
			padding++;
			continue;
		}
		if (value < 0 || padding)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)value;
		if (digits++ % 4) /* the first of four completes no byte */
			bytes[len++] = (unsigned char)(bits >> (6 - 2 * ((digits - 1) % 4)));
	}
	*ret_n = len;
	return check_end(digits % 4, padding, bits);
}
