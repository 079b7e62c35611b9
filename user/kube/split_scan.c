/* SPDX-License-Identifier: Apache-2.0 */
/* This sees nearly every byte that a server sends, so it is a loop over a table. */
#include "kube/split_scan.h"

#include <errno.h>

static const bool structural[256] = { ['"'] = true, ['{'] = true, ['}'] = true, ['['] = true, [']'] = true };
static const bool ends_run[256] = { ['"'] = true, ['\\'] = true }; /* of plain bytes in a string */
static const bool ends_scalar[256] = { [','] = true,  ['}'] = true, [']'] = true, [' '] = true, ['\t'] = true, ['\n'] = true,
				       ['\r'] = true, [':'] = true, ['{'] = true, ['['] = true, ['"'] = true };

void vg_split_scan_begin(struct vg_split_scan *scan, char first)
{
	*scan = (struct vg_split_scan){ .scalar = first != '{' && first != '[' && first != '"' };
}

static void open_bracket(struct vg_split_scan *scan, bool brace)
{
	size_t bit = scan->depth++;
	uint64_t mask = 1ULL << bit % 64;

	if (bit < VG_SPLIT_DEPTH_MAX)
		scan->braces[bit / 64] = brace ? scan->braces[bit / 64] | mask : scan->braces[bit / 64] & ~mask;
}

/* Deeper than the limit every bracket closes every other: such a value is refused anyway. */
static int close_bracket(struct vg_split_scan *scan, bool brace)
{
	size_t bit = scan->depth - 1;

	if (!scan->depth || (bit < VG_SPLIT_DEPTH_MAX && (scan->braces[bit / 64] >> bit % 64 & 1) != brace))
		return -EBADMSG;
	scan->depth--;
	return 0;
}

static int take_structural(struct vg_split_scan *scan, char c)
{
	if (c == '}' || c == ']')
		return close_bracket(scan, c == '}');
	if (c == '"')
		scan->in_string = true;
	else
		open_bracket(scan, c == '{');
	return 0;
}

static size_t run_string(struct vg_split_scan *scan, const char *bytes, size_t n)
{
	size_t i = scan->escaped ? 1 : 0;

	scan->escaped = false;
	for (; i < n; i += 2) { /* the backslash and what it escapes */
		while (i < n && !ends_run[(unsigned char)bytes[i]])
			i++;
		if (i == n)
			return n;
		if (bytes[i] == '"') {
			scan->in_string = false;
			return i + 1;
		}
	}
	scan->escaped = i > n;
	return n;
}

static size_t count_until(const bool *ends, const char *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && !ends[(unsigned char)bytes[i]])
		i++;
	return i;
}

/* Strings and nested values. */
static int run_nested(struct vg_split_scan *scan, const char *bytes, size_t n, size_t depth_max, size_t *ret_n, bool *ret_whole)
{
	size_t i = 0;
	int r = 0;

	while (i < n && !*ret_whole && r == 0) {
		if (scan->in_string) {
			i += run_string(scan, bytes + i, n - i);
		} else {
			i += count_until(structural, bytes + i, n - i);
			if (i == n)
				break;
			r = take_structural(scan, bytes[i++]);
			if (scan->depth > depth_max)
				break;
		}
		*ret_whole = !scan->depth && !scan->in_string;
	}
	*ret_n = i;
	return r;
}

int vg_split_scan_run(struct vg_split_scan *scan, const char *bytes, size_t n, size_t depth_max, size_t *ret_n, bool *ret_whole)
{
	*ret_whole = false;
	if (!scan->scalar)
		return run_nested(scan, bytes, n, depth_max, ret_n, ret_whole);
	*ret_n = count_until(ends_scalar, bytes, n);
	*ret_whole = *ret_n < n;
	return 0;
}
