/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An epoll set of struct vg_io. Timers and signals are descriptors too (timerfd, signalfd), each wrapped around an io.
 *
 * A callback may free any source. epoll_wait() hands out pointers in batches, so a source freed by an earlier callback of the
 * same batch is taken out of the rest of the batch (forget_pending()).
 */
#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "base/time.h"

#define BATCH 32

struct vg_loop {
	int epoll_fd;
	bool quit;
	int result;
	vg_timer_fn idle;
	void *idle_ctx;
	struct epoll_event batch[BATCH];
	int n_batch;
};

struct vg_io {
	struct vg_loop *loop;
	int fd;
	vg_io_fn fn;
	void *ctx;
};

struct vg_timer {
	struct vg_io *io;
	int fd;
	uint64_t deadline_ns;
	vg_timer_fn fn;
	void *ctx;
};

struct vg_signals {
	struct vg_io *io;
	int fd;
	sigset_t set;
	sigset_t before;
	vg_signal_fn fn;
	void *ctx;
};

int vg_loop_new(struct vg_loop **ret_loop)
{
	struct vg_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		int r = -errno;

		free(loop);
		return r;
	}
	*ret_loop = loop;
	return 0;
}

void vg_loop_free(struct vg_loop *loop)
{
	if (!loop)
		return;
	close(loop->epoll_fd);
	free(loop);
}

static void dispatch(struct vg_loop *loop)
{
	for (int i = 0; i < loop->n_batch; i++) {
		struct vg_io *io = loop->batch[i].data.ptr;

		loop->batch[i].data.ptr = NULL;
		if (io)
			io->fn(io->ctx, loop->batch[i].events);
	}
	loop->n_batch = 0;
}

int vg_loop_run(struct vg_loop *loop)
{
	loop->quit = false;
	while (!loop->quit) {
		int n = epoll_wait(loop->epoll_fd, loop->batch, BATCH, -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		loop->n_batch = n < 0 ? 0 : n;
		dispatch(loop);
		if (loop->idle)
			loop->idle(loop->idle_ctx);
	}
	return loop->result;
}

void vg_loop_quit(struct vg_loop *loop, int result)
{
	loop->quit = true;
	loop->result = result;
}

void vg_loop_set_idle(struct vg_loop *loop, vg_timer_fn fn, void *ctx)
{
	loop->idle = fn;
	loop->idle_ctx = ctx;
}

int vg_io_new(struct vg_loop *loop, int fd, uint32_t events, vg_io_fn fn, void *ctx, struct vg_io **ret_io)
{
	_cleanup_free_ struct vg_io *io = calloc(1, sizeof(*io));
	struct epoll_event event = { .events = events, .data.ptr = io };

	if (!io)
		return -ENOMEM;
	*io = (struct vg_io){ .loop = loop, .fd = fd, .fn = fn, .ctx = ctx };
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	*ret_io = TAKE_PTR(io);
	return 0;
}

int vg_io_set_events(struct vg_io *io, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = io };

	return epoll_ctl(io->loop->epoll_fd, EPOLL_CTL_MOD, io->fd, &event) < 0 ? -errno : 0;
}

static void forget_pending(struct vg_loop *loop, const struct vg_io *io)
{
	for (int i = 0; i < loop->n_batch; i++)
		if (loop->batch[i].data.ptr == io)
			loop->batch[i].data.ptr = NULL;
}

void vg_io_free(struct vg_io *io)
{
	if (!io)
		return;
	epoll_ctl(io->loop->epoll_fd, EPOLL_CTL_DEL, io->fd, NULL);
	forget_pending(io->loop, io);
	free(io);
}

static void timer_ready(void *ctx, uint32_t events)
{
	struct vg_timer *timer = ctx;
	uint64_t expirations;

	(void)events;
	/* EAGAIN: it was re-armed for later after it had become readable */
	if (read(timer->fd, &expirations, sizeof(expirations)) != sizeof(expirations))
		return;
	timer->deadline_ns = 0;
	timer->fn(timer->ctx);
}

int vg_timer_new(struct vg_loop *loop, vg_timer_fn fn, void *ctx, struct vg_timer **ret_timer)
{
	VG_CLEANUP(vg_timer_freep) struct vg_timer *timer = calloc(1, sizeof(*timer));
	int r;

	if (!timer)
		return -ENOMEM;
	timer->fn = fn;
	timer->ctx = ctx;
	timer->fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer->fd < 0)
		return -errno;
	r = vg_io_new(loop, timer->fd, EPOLLIN, timer_ready, timer, &timer->io);
	if (r < 0)
		return r;
	*ret_timer = TAKE_PTR(timer);
	return 0;
}

static int set_timer(struct vg_timer *timer, uint64_t deadline_ns)
{
	struct itimerspec when = { .it_value = { .tv_sec = (time_t)(deadline_ns / VG_NS_PER_SEC), .tv_nsec = (long)(deadline_ns % VG_NS_PER_SEC) } };

	if (timerfd_settime(timer->fd, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		return -errno;
	timer->deadline_ns = deadline_ns;
	return 0;
}

int vg_timer_arm(struct vg_timer *timer, uint64_t deadline_ns)
{
	return set_timer(timer, deadline_ns ? deadline_ns : 1); /* 0 would disarm it */
}

void vg_timer_disarm(struct vg_timer *timer)
{
	set_timer(timer, 0);
}

uint64_t vg_timer_deadline(const struct vg_timer *timer)
{
	return timer->deadline_ns;
}

void vg_timer_free(struct vg_timer *timer)
{
	if (!timer)
		return;
	vg_io_free(timer->io);
	if (timer->fd >= 0)
		close(timer->fd);
	free(timer);
}

static void signal_ready(void *ctx, uint32_t events)
{
	struct vg_signals *signals = ctx;
	struct signalfd_siginfo info;

	(void)events;
	if (read(signals->fd, &info, sizeof(info)) == sizeof(info))
		signals->fn(signals->ctx, (int)info.ssi_signo);
}

int vg_signals_new(struct vg_loop *loop, const int *list, vg_signal_fn fn, void *ctx, struct vg_signals **ret_signals)
{
	VG_CLEANUP(vg_signals_freep) struct vg_signals *signals = calloc(1, sizeof(*signals));
	int r;

	if (!signals)
		return -ENOMEM;
	signals->fd = -1;
	signals->fn = fn;
	signals->ctx = ctx;
	sigemptyset(&signals->set);
	for (; *list; list++)
		sigaddset(&signals->set, *list);
	if (sigprocmask(SIG_BLOCK, &signals->set, &signals->before) < 0)
		return -errno;
	signals->fd = signalfd(-1, &signals->set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->fd < 0)
		return -errno;
	r = vg_io_new(loop, signals->fd, EPOLLIN, signal_ready, signals, &signals->io);
	if (r < 0)
		return r;
	*ret_signals = TAKE_PTR(signals);
	return 0;
}

void vg_signals_free(struct vg_signals *signals)
{
	if (!signals)
		return;
	vg_io_free(signals->io);
	if (signals->fd >= 0)
		close(signals->fd);
	/* What came in between would act now, and end a process that has ended all it had to. SIGCHLD ends nobody, and where it is ignored nobody
	 * hears what became of a child. */
	for (int signo = 1; signo < NSIG; signo++) {
		if (signo != SIGCHLD && sigismember(&signals->set, signo) == 1)
			signal(signo, SIG_IGN);
	}
	sigprocmask(SIG_SETMASK, &signals->before, NULL);
	free(signals);
}
