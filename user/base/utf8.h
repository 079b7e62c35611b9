/* SPDX-License-Identifier: Apache-2.0 */
/* Text that others choose may be no UTF-8, which JSON must be. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool vg_utf8_is_valid(const char *text, size_t n);
/* Each byte that belongs to no sequence becomes U+FFFD, as Go's encoding/json does it. out: 3 * n bytes. Returns how many it took. */
size_t vg_utf8_repair(const char *text, size_t n, char *out);

#endif
