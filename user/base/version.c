/* SPDX-License-Identifier: Apache-2.0 */
#include "base/version.h"

const char *vg_version(void)
{
	return VG_VERSION;
}

const char *vg_version_build(void)
{
	return VG_BUILD;
}
