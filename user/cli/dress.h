/* SPDX-License-Identifier: Apache-2.0 */
/* The text of `vipguard status` (status_text.h) for a person at a terminal: long lines go on below their value, what matters has a colour. */
#ifndef CLI_DRESS_H
#define CLI_DRESS_H

#include <stdbool.h>
#include <stdio.h>

/* width: of the terminal, 0: lines may be as long as they are. Without colour and width it comes out as it is. */
void vg_dress(FILE *out, const char *text, int width, bool colour);

#endif
