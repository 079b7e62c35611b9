/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/layout.h"

static int at_most(int n, int limit)
{
	return n < limit ? n : limit;
}

/* The column of the lowest rank above `rank`; n: none. */
static size_t next_by_rank(const struct vg_layout_column *columns, size_t n, int rank)
{
	size_t next = n;

	for (size_t i = 0; i < n; i++) {
		if (columns[i].rank > rank && (next == n || columns[i].rank < columns[next].rank))
			next = i;
	}
	return next;
}

/* Raises those that are shown, in order of rank, to a size. */
static int raise(const struct vg_layout_column *columns, size_t n, int rest, int *widths, bool all)
{
	for (size_t i = next_by_rank(columns, n, -1); i < n; i = next_by_rank(columns, n, columns[i].rank)) {
		int size = all ? columns[i].want : at_most(columns[i].good, columns[i].want);
		int more = at_most(size - widths[i], rest);

		if (widths[i] == 0 || more <= 0)
			continue;
		widths[i] += more;
		rest -= more;
	}
	return rest;
}

void vg_layout_fit(const struct vg_layout_column *columns, size_t n, int width, int gap, int *ret_widths)
{
	int rest = width, shown = 0;

	for (size_t i = 0; i < n; i++)
		ret_widths[i] = 0;
	for (size_t i = next_by_rank(columns, n, -1); i < n; i = next_by_rank(columns, n, columns[i].rank)) {
		int min = at_most(columns[i].min, columns[i].want);

		if (min <= 0)
			continue;
		if (min + (shown ? gap : 0) > rest) {
			if (shown)
				break; /* a less important one that would fit would be a puzzle beside the gap */
			min = rest > 0 ? rest : 1;
		}
		ret_widths[i] = min;
		rest -= min + (shown++ ? gap : 0);
	}
	rest = raise(columns, n, rest, ret_widths, false);
	raise(columns, n, rest, ret_widths, true);
}
