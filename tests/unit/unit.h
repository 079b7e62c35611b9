/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit tests share: cmocka with its includes, values from text, a case's name beside its failure. */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "core/addr.h"

/* A table's case says which one it was. */
#define assert_case(name, condition) \
	do { \
		if (!(condition)) \
			fail_msg("case \"%s\": %s", name, #condition); \
	} while (0)

static inline struct vg_addr addr_of(const char *text)
{
	struct vg_addr addr;

	if (vg_addr_parse(text, &addr) < 0)
		fail_msg("%s is no address", text);
	return addr;
}

static inline struct vg_prefix prefix_of(const char *text)
{
	struct vg_prefix prefix;

	if (vg_prefix_parse(text, &prefix) < 0)
		fail_msg("%s is no prefix", text);
	return prefix;
}

#endif
