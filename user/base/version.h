/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

const char *vg_version(void); /* "0.1.0" */
const char *vg_version_build(void); /* the commit that it was built from */

#endif
