/* SPDX-License-Identifier: Apache-2.0 */
/* How the benches on this host tell their figures: each with its limit, "ok" or "OVER", in the columns of lib.sh and api/report.go. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/time.h"

#define ROUNDS 5 /* of what takes time the best counts: a busy machine makes it slower, never faster */

static bool figures_over;

static inline const char *figures_word(double value, double limit)
{
	if (value <= limit)
		return "ok";
	figures_over = true;
	return "OVER";
}

static inline void figure(const char *name, double value, double limit)
{
	printf("%-66s %10.1f %21s  (limit %g) %s\n", name, value, "", limit, figures_word(value, limit));
}

static inline void ratio(const char *name, double a, double b, double limit)
{
	printf("%-66s %10.1f / %10.1f = %6.3f  (limit %.3f) %s\n", name, a, b, a / b, limit, figures_word(a / b, limit));
}

static inline double best_of(double best, double value)
{
	return value < best ? value : best;
}

/* Nanoseconds since start_ns, for each of n. */
static inline double each_ns(uint64_t start_ns, double n)
{
	return (double)(vg_time_boot_ns() - start_ns) / n;
}

#endif
