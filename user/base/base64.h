/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 of RFC 4648 section 4, with padding. Pure. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

/* Line breaks in text are skipped, as Go does in JSON; any other character, wrong padding and bits behind the last byte are
 * -EINVAL. out: n / 4 * 3 bytes; it may hold some of them on an error, too. */
int vg_base64_decode(const char *text, size_t n, void *out, size_t *ret_n);

#endif
