/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread, one epoll set, level-triggered. Everything that happens reaches the program as a call from vg_loop_run().
 * Nothing polls: a timer that is not armed costs nothing, an idle loop sleeps.
 *
 * Sources may be freed from any callback, their own included; the loop does not touch a source after it is freed.
 * Free all sources before the loop.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdint.h>

#include "base/cleanup.h"

struct vg_loop;
struct vg_io; /* a file descriptor that is watched; the descriptor stays the caller's */
struct vg_timer; /* one-shot, CLOCK_BOOTTIME */
struct vg_signals; /* signals, blocked and read by signalfd */

typedef void (*vg_io_fn)(void *ctx, uint32_t events /* EPOLL* */);
typedef void (*vg_timer_fn)(void *ctx);
typedef void (*vg_signal_fn)(void *ctx, int signo);

int vg_loop_new(struct vg_loop **ret_loop);
void vg_loop_free(struct vg_loop *loop); /* NULL is fine */
int vg_loop_run(struct vg_loop *loop); /* returns what vg_loop_quit() was given, or -errno */
void vg_loop_quit(struct vg_loop *loop, int result);
/* Called once an iteration after all that was ready was handled; at most one; NULL takes it off. */
void vg_loop_set_idle(struct vg_loop *loop, vg_timer_fn fn, void *ctx);

int vg_io_new(struct vg_loop *loop, int fd, uint32_t events, vg_io_fn fn, void *ctx, struct vg_io **ret_io);
int vg_io_set_events(struct vg_io *io, uint32_t events);
void vg_io_free(struct vg_io *io); /* NULL is fine */

int vg_timer_new(struct vg_loop *loop, vg_timer_fn fn, void *ctx, struct vg_timer **ret_timer);
int vg_timer_arm(struct vg_timer *timer, uint64_t deadline_ns); /* absolute; a past one fires at once */
void vg_timer_disarm(struct vg_timer *timer);
uint64_t vg_timer_deadline(const struct vg_timer *timer); /* 0: not armed */
void vg_timer_free(struct vg_timer *timer); /* NULL is fine */

/* Blocks the signals of the list (ends with 0) and delivers them through the loop. */
int vg_signals_new(struct vg_loop *loop, const int *list, vg_signal_fn fn, void *ctx, struct vg_signals **ret_signals);
/* From then on the process ignores them (but SIGCHLD): who asks twice for an end gets the one that is under way. NULL is fine. */
void vg_signals_free(struct vg_signals *signals);

VG_DEFINE_CLEANUP(struct vg_loop *, vg_loop_free)
VG_DEFINE_CLEANUP(struct vg_io *, vg_io_free)
VG_DEFINE_CLEANUP(struct vg_timer *, vg_timer_free)
VG_DEFINE_CLEANUP(struct vg_signals *, vg_signals_free)

#endif
