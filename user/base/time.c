/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts); /* cannot fail for these clocks (clock_gettime(2)) */
	return (uint64_t)ts.tv_sec * VG_NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t vg_time_boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

uint64_t vg_time_real_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t vg_time_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void vg_time_rfc3339(uint64_t real_ns, char *out)
{
	time_t seconds = (time_t)(real_ns / VG_NS_PER_SEC);
	char day[24];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, VG_RFC3339_MAX, "%s.%06uZ", day, (unsigned)(real_ns % VG_NS_PER_SEC / 1000));
}

static int two_digits(const char *text, int *ret_value)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -EINVAL;
	*ret_value = (text[0] - '0') * 10 + (text[1] - '0');
	return 0;
}

/* Fraction of a second: up to nine digits count, further ones are read over. Returns what follows. */
static const char *parse_fraction(const char *text, uint64_t *ret_ns)
{
	uint64_t unit = VG_NS_PER_SEC / 10;

	*ret_ns = 0;
	for (; *text >= '0' && *text <= '9'; text++, unit /= 10)
		*ret_ns += unit * (uint64_t)(*text - '0');
	return text;
}

/* "Z", "+02:00" or "-02:00", and nothing behind it; seconds east of UTC. */
static int parse_zone(const char *text, int *ret_offset)
{
	int hours, minutes;

	if ((*text == 'Z' || *text == 'z') && !text[1]) {
		*ret_offset = 0;
		return 0;
	}
	if ((*text != '+' && *text != '-') || strlen(text) != 6 || text[3] != ':')
		return -EINVAL;
	if (two_digits(text + 1, &hours) < 0 || two_digits(text + 4, &minutes) < 0 || hours > 23 || minutes > 59)
		return -EINVAL;
	*ret_offset = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
	return 0;
}

static int check_day(const struct tm *tm)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 || tm->tm_mday > days[tm->tm_mon])
		return -EINVAL;
	/* second 60 is a leap second (RFC 3339 section 5.7) */
	return tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60 ? -EINVAL : 0;
}

/* "YYYY-MM-DDTHH:MM:SS" at the start of text, which is long enough. */
static int parse_date_time(const char *text, struct tm *ret_tm)
{
	int century, year;

	if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
		return -EINVAL;
	if (two_digits(text, &century) < 0 || two_digits(text + 2, &year) < 0 || two_digits(text + 5, &ret_tm->tm_mon) < 0 ||
	    two_digits(text + 8, &ret_tm->tm_mday) < 0 || two_digits(text + 11, &ret_tm->tm_hour) < 0 || two_digits(text + 14, &ret_tm->tm_min) < 0 ||
	    two_digits(text + 17, &ret_tm->tm_sec) < 0)
		return -EINVAL;
	ret_tm->tm_year = century * 100 + year - 1900;
	ret_tm->tm_mon--;
	return check_day(ret_tm);
}

int vg_time_parse_rfc3339(const char *text, uint64_t *ret_real_ns)
{
	struct tm tm = { 0 };
	uint64_t fraction = 0;
	const char *rest;
	int r, offset;
	time_t t;

	if (strlen(text) < sizeof("2026-11-22T10:00:00Z") - 1)
		return -EINVAL;
	r = parse_date_time(text, &tm);
	if (r < 0)
		return r;
	rest = text + 19;
	if (*rest == '.') {
		if (rest[1] < '0' || rest[1] > '9')
			return -EINVAL;
		rest = parse_fraction(rest + 1, &fraction);
	}
	r = parse_zone(rest, &offset);
	if (r < 0)
		return r;
	t = timegm(&tm) - offset;
	if (t < 0)
		return -EINVAL;
	*ret_real_ns = (uint64_t)t * VG_NS_PER_SEC + fraction;
	return 0;
}

struct unit {
	const char *name;
	uint64_t ns;
};

/* Longest names first where one begins with another. */
static const struct unit units[] = {
	{ "ms", VG_NS_PER_MS }, { "us", 1000 }, { "ns", 1 }, { "s", VG_NS_PER_SEC }, { "m", 60 * VG_NS_PER_SEC }, { "h", 3600 * VG_NS_PER_SEC },
};

static const struct unit *find_unit(const char *text)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strncmp(text, units[i].name, strlen(units[i].name)))
			return &units[i];
	return NULL;
}

/* One "15s"; advances *text. */
static int parse_part(const char **text, uint64_t *ret_ns)
{
	const struct unit *unit;
	uint64_t n = 0;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		if (n > UINT64_MAX / 100)
			return -ERANGE;
		n = n * 10 + (uint64_t)(**text - '0');
	}
	unit = find_unit(*text);
	if (!unit)
		return -EINVAL;
	*text += strlen(unit->name);
	return __builtin_mul_overflow(n, unit->ns, ret_ns) ? -ERANGE : 0;
}

int vg_duration_parse(const char *text, uint64_t *ret_ns)
{
	uint64_t sum = 0, part;
	int r;

	if (!strcmp(text, "0")) {
		*ret_ns = 0;
		return 0;
	}
	do {
		r = parse_part(&text, &part);
		if (r < 0)
			return r;
		if (__builtin_add_overflow(sum, part, &sum))
			return -ERANGE;
	} while (*text);
	*ret_ns = sum;
	return 0;
}
