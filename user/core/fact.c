/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fact.h"

#include <stddef.h>

#include "base/cleanup.h"

static const char *const kinds[] = {
	[VG_FACT_BIND] = "bind",
	[VG_FACT_UNBIND] = "unbind",
	[VG_FACT_ANNOUNCE] = "announce",
};

_Static_assert(ARRAY_SIZE(kinds) == VG_FACT_KIND_MAX, "each kind has a name");

const char *vg_fact_kind_to_str(enum vg_fact_kind kind)
{
	return (unsigned)kind < ARRAY_SIZE(kinds) ? kinds[kind] : NULL;
}
