/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ownership by attribute: an owner is declared with its cleanup and an initial value, and every hand-over is TAKE_PTR or
 * TAKE_FD. So one function can be proved free of leaks without reading the functions that it calls.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VG_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Defines a cleanup for variables of type `type` (a pointer) from its free function, which takes NULL. */
#define VG_DEFINE_CLEANUP(type, fn) \
	static inline void fn##p(type *p) \
	{ \
		if (*p) \
			fn(*p); \
	}

static inline void vg_freep(void *p)
{
	free(*(void **)p);
}

static inline void vg_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

VG_DEFINE_CLEANUP(FILE *, fclose)

#define _cleanup_free_ VG_CLEANUP(vg_freep)
#define _cleanup_close_ VG_CLEANUP(vg_closep)
#define _cleanup_fclose_ VG_CLEANUP(fclosep)

#define TAKE_PTR(p) \
	({ \
		__auto_type taken_ = (p); \
		(p) = NULL; \
		taken_; \
	})

#define TAKE_FD(fd) \
	({ \
		int taken_ = (fd); \
		(fd) = -1; \
		taken_; \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
