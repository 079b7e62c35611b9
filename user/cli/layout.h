/* SPDX-License-Identifier: Apache-2.0 */
/* Which columns of a table there is room for, and how wide each is. Pure. */
#ifndef CLI_LAYOUT_H
#define CLI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct vg_layout_column {
	int rank; /* the higher, the sooner it is left out; each another one */
	int min; /* below that it is left out */
	int good; /* what every column gets before one gets all it wants */
	int want; /* its longest text */
};

/*
 * ret_widths[i]: columns of the terminal, 0: left out. Between two columns are `gap`. What is in the first column by rank is never left out, if need be
 * it is narrower than its min.
 */
void vg_layout_fit(const struct vg_layout_column *columns, size_t n, int width, int gap, int *ret_widths);

#endif
