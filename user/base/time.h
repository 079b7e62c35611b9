/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and durations. The guard's own clock is CLOCK_BOOTTIME in ns, the clock of every BPF time stamp; core/ is handed it. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stddef.h>
#include <stdint.h>

#define VG_NS_PER_MS 1000000ULL
#define VG_NS_PER_SEC 1000000000ULL
#define VG_RFC3339_MAX 32 /* "2026-11-22T10:00:00.123456Z" and its NUL fit */

uint64_t vg_time_boot_ns(void);
uint64_t vg_time_real_ns(void);
uint64_t vg_time_monotonic_ns(void); /* for those who ask for that clock by name */
/* Wall-clock time in ns since 1970 as RFC 3339 in UTC with microseconds. out: VG_RFC3339_MAX bytes. */
void vg_time_rfc3339(uint64_t real_ns, char *out);
/* RFC 3339 section 5.6, any zone. -EINVAL for anything else, and for a time before 1970. */
int vg_time_parse_rfc3339(const char *text, uint64_t *ret_real_ns);
/* "15s", "500ms", "2m", "1h", several in a row ("1m30s"), or "0". -EINVAL for anything else (a bare number too), -ERANGE. */
int vg_duration_parse(const char *text, uint64_t *ret_ns);

#endif
