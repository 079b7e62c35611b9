/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The view of `vipguard watch`: keys, signals and what the guard says, one after the other. Nothing is asked or drawn unless something happened.
 */
#include "cli/watch_view.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/follow.h"
#include "cli/show.h"
#include "cli/terminal.h"
#include "cli/view.h"

#define DRAW_MS 50 /* the least time from one drawing to the next */
#define FIRST_SECONDS 30 /* for the guard's first word */
#define DELETE 0x7f
#define BACKSPACE 0x08

struct watch {
	struct vg_view view;
	struct vg_style style;
	struct vg_terminal *terminal;
	struct vg_follow *follow;
	json_t *shown; /* the view's */
	json_t *latest; /* while the view is held: what it will show next */
	char trouble[VG_ERROR_MAX];
	int signal_fd;
	bool dirty;
	uint64_t drawn_ns;
	bool done;
	int killed; /* by this signal */
	int r; /* -errno of a guard that was not there at the start, or of a terminal that went away */
};

static void watch_deinit(struct watch *watch)
{
	vg_terminal_free(watch->terminal);
	vg_follow_free(watch->follow);
	json_decref(watch->shown);
	json_decref(watch->latest);
	if (watch->signal_fd >= 0)
		close(watch->signal_fd);
}

/* ---- the guard */

static void show_latest(struct watch *watch)
{
	if (!watch->latest)
		return;
	json_decref(watch->shown);
	watch->shown = TAKE_PTR(watch->latest);
	watch->view.screen = watch->shown;
	watch->dirty = true;
}

static void on_screen(void *ctx, json_t *screen)
{
	struct watch *watch = ctx;

	watch->dirty |= *watch->trouble;
	watch->trouble[0] = 0;
	json_decref(watch->latest);
	watch->latest = screen;
	if (!watch->view.held)
		show_latest(watch);
}

static void on_gone(void *ctx, int r, const struct vg_error *error)
{
	struct watch *watch = ctx;

	if (!watch->shown) /* there was none: this is the end */
		watch->r = r < 0 ? r : -ECONNREFUSED;
	watch->dirty |= strcmp(watch->trouble, error->text) != 0;
	snprintf(watch->trouble, sizeof(watch->trouble), "%s", error->text);
}

/* ---- the terminal */

static int draw(struct watch *watch)
{
	struct vg_canvas *canvas;
	int rows, columns, r;

	watch->dirty = false;
	watch->drawn_ns = vg_time_boot_ns();
	vg_terminal_size(watch->terminal, &rows, &columns);
	r = vg_canvas_new(rows, columns, watch->style, &canvas);
	if (r < 0)
		return r;
	vg_view_draw(&watch->view, canvas);
	return vg_terminal_draw(watch->terminal, canvas);
}

/* The shell's prompt shall find the terminal as it was. Default action and unblocked, so the stop is here and now. */
static void stop(struct watch *watch)
{
	sigset_t only, before;

	vg_terminal_leave(watch->terminal);
	sigemptyset(&only);
	sigaddset(&only, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &only, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	vg_terminal_enter(watch->terminal);
	watch->dirty = true;
}

static void on_signal(struct watch *watch, int signo)
{
	if (signo == SIGTSTP) {
		stop(watch);
	} else if (signo == SIGCONT) { /* somebody else stopped us, and had the terminal meanwhile */
		vg_terminal_leave(watch->terminal);
		vg_terminal_enter(watch->terminal);
	} else if (signo == SIGWINCH) {
		vg_terminal_forget(watch->terminal);
	} else {
		watch->done = true;
		watch->killed = signo == SIGINT ? 0 : signo;
	}
	watch->dirty = true;
}

static void take_signals(struct watch *watch)
{
	struct signalfd_siginfo info;

	while (read(watch->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		on_signal(watch, (int)info.ssi_signo);
}

/* ---- keys */

static void edit(struct watch *watch, int key)
{
	char *filter = watch->view.filter;
	size_t n = strlen(filter);

	if (key == VG_KEY_ESCAPE)
		filter[0] = 0;
	if (key == VG_KEY_ESCAPE || key == '\n' || key == '\r')
		watch->view.editing = false;
	else if ((key == DELETE || key == BACKSPACE) && n > 0)
		filter[n - 1] = 0;
	else if (key >= 0x20 && key < DELETE && n + 1 < VG_FILTER_MAX)
		memcpy(filter + n, (char[]){ (char)key, 0 }, 2);
	watch->view.top = 0;
}

static void scroll(struct vg_view *view, int key)
{
	int page = view->page > 1 ? view->page : 1;

	if (key == VG_KEY_UP || key == 'k')
		view->top -= 1;
	else if (key == VG_KEY_DOWN || key == 'j')
		view->top += 1;
	else if (key == VG_KEY_PAGE_UP)
		view->top -= page;
	else if (key == VG_KEY_PAGE_DOWN || key == ' ')
		view->top += page;
	else if (key == VG_KEY_HOME)
		view->top = 0;
	else if (key == VG_KEY_END)
		view->top = VG_CANVAS_ROWS_MAX + VG_CANVAS_COLUMNS_MAX; /* more than there are; drawing keeps it within */
}

static void on_key(struct watch *watch, int key)
{
	watch->dirty = true;
	if (watch->view.editing) {
		edit(watch, key);
	} else if (key == 'q' || key == 'Q') {
		watch->done = true;
	} else if (key == '/') {
		watch->view.editing = true;
	} else if (key == VG_KEY_ESCAPE) {
		watch->view.filter[0] = 0;
	} else if (key == 'p') {
		watch->view.held = !watch->view.held;
		if (!watch->view.held)
			show_latest(watch);
	} else {
		scroll(&watch->view, key);
	}
}

static void take_keys(struct watch *watch)
{
	int r = vg_terminal_read(watch->terminal), key;

	while ((key = vg_terminal_key(watch->terminal)) != VG_KEY_NONE)
		on_key(watch, key);
	if (r < 0) /* the terminal is gone */
		watch->done = true;
}

/* ---- the loop */

static int wait_ms(const struct watch *watch)
{
	uint64_t now = vg_time_boot_ns(), next = watch->drawn_ns + DRAW_MS * VG_NS_PER_MS;

	if (!watch->dirty)
		return -1;
	return next > now ? (int)((next - now) / VG_NS_PER_MS) + 1 : 0;
}

/* Before the screen is taken: whoever has no guard sees an error like any other. */
static int await_guard(struct watch *watch)
{
	uint64_t end = vg_time_boot_ns() + FIRST_SECONDS * VG_NS_PER_SEC;
	int r = 0;

	while (r == 0 && watch->r == 0 && !watch->shown && vg_time_boot_ns() < end)
		r = vg_follow_wait(watch->follow, NULL, 0, 1000);
	if (watch->shown)
		return 0;
	vg_log(VG_LOG_ERROR, "%s", *watch->trouble ? watch->trouble : "the guard does not answer");
	return watch->r ?: -ETIMEDOUT;
}

static int run(struct watch *watch)
{
	struct vg_follow_fd fds[2] = { { .fd = watch->signal_fd }, { .fd = vg_terminal_fd(watch->terminal) } };
	size_t n = fds[1].fd >= 0 ? 2 : 1;
	int r = 0;

	vg_terminal_enter(watch->terminal);
	while (r == 0 && !watch->done) {
		if (watch->dirty && wait_ms(watch) == 0)
			r = draw(watch);
		if (r == 0)
			r = vg_follow_wait(watch->follow, fds, n, wait_ms(watch));
		if (fds[0].ready)
			take_signals(watch);
		if (n > 1 && fds[1].ready)
			take_keys(watch);
	}
	vg_terminal_leave(watch->terminal);
	return r;
}

/* Blocked only now: until here each has its usual effect. */
static int block_signals(void)
{
	static const int list[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		sigaddset(&set, list[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* As anybody else's end by a signal, now that the terminal is as it was. */
static void end_by(int signo)
{
	sigset_t set;

	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int vg_watch_view(const struct vg_config_options *options)
{
	VG_CLEANUP(watch_deinit) struct watch watch = { .signal_fd = -1 };
	struct vg_follow_sink sink = { .ctx = &watch, .screen = on_screen, .gone = on_gone };
	int r;

	setlocale(LC_CTYPE, "");
	watch.style = (struct vg_style){ .colour = vg_show_colour(options, STDOUT_FILENO),
					 .escapes = true,
					 .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 };
	watch.view.trouble = watch.trouble;
	r = vg_follow_new(options->socket, &sink, &watch.follow);
	if (r == 0)
		r = vg_terminal_new(&watch.terminal);
	if (r < 0)
		return vg_log_errno(r, "cannot watch"), VG_EXIT_BLIND;
	r = await_guard(&watch);
	if (r < 0)
		return vg_client_exit(r);
	watch.signal_fd = block_signals();
	if (watch.signal_fd < 0)
		return vg_log_errno(watch.signal_fd, "cannot watch for signals"), VG_EXIT_BLIND;
	r = run(&watch);
	if (watch.killed)
		end_by(watch.killed);
	return r < 0 ? vg_log_errno(r, "cannot go on watching"), VG_EXIT_BLIND : VG_EXIT_FINE;
}
