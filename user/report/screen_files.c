/* SPDX-License-Identifier: Apache-2.0 */
/* The page's style and script, as they are in the files beside this one; paths are from the root of the tree, where make runs. */
#include "report/screen_html.h"

#define INCLUDE(symbol, path) \
	__asm__(".pushsection .rodata\n" \
		".global " symbol "\n" symbol ":\n" \
		".incbin \"" path "\"\n" \
		".byte 0\n" \
		".popsection\n")

INCLUDE("vg_screen_css", "user/report/screen.css");
INCLUDE("vg_screen_js", "user/report/screen.js");
