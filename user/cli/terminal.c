/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

/* ECMA-48 8.3.21 CUP, 8.3.39 ED, 8.3.41 EL; DEC's private modes 25 (cursor) and xterm's 1049 (second screen). */
#define ENTER "\033[?1049h\033[?25l\033[0m\033[2J"
#define LEAVE "\033[0m\033[?25h\033[?1049l"
#define LINE_BEGIN "\033[%d;1H\033[0m\033[K"

#define KEYS_MAX 256

struct vg_terminal {
	int in; /* -1: no keys */
	bool opened; /* in is ours */
	struct termios before;
	bool has_before;
	bool entered;
	struct vg_canvas *drawn; /* what is on it; NULL: not known */
	unsigned char keys[KEYS_MAX];
	size_t n;
};

bool vg_terminal_is_there(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

int vg_terminal_new(struct vg_terminal **ret_terminal)
{
	struct vg_terminal *terminal = calloc(1, sizeof(*terminal));

	if (!terminal)
		return -ENOMEM;
	terminal->in = STDIN_FILENO;
	if (!isatty(STDIN_FILENO)) {
		terminal->in = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
		terminal->opened = terminal->in >= 0;
	}
	*ret_terminal = terminal;
	return 0;
}

void vg_terminal_free(struct vg_terminal *terminal)
{
	if (!terminal)
		return;
	vg_terminal_leave(terminal);
	vg_canvas_free(terminal->drawn);
	if (terminal->opened)
		close(terminal->in);
	free(terminal);
}

static int write_all(const char *text, size_t n)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	while (n) {
		ssize_t written = write(STDOUT_FILENO, text, n);

		if (written < 0 && errno == EAGAIN) /* somebody else made it non-blocking */
			poll(&p, 1, -1);
		else if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			n -= (size_t)written;
		}
	}
	return 0;
}

void vg_terminal_enter(struct vg_terminal *terminal)
{
	struct termios raw;

	terminal->has_before = terminal->in >= 0 && tcgetattr(terminal->in, &terminal->before) == 0;
	if (terminal->has_before) {
		raw = terminal->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* ISIG stays: ^C and ^Z are signals */
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(terminal->in, TCSANOW, &raw);
	}
	terminal->entered = true;
	vg_terminal_forget(terminal);
	(void)write_all(ENTER, strlen(ENTER));
}

void vg_terminal_leave(struct vg_terminal *terminal)
{
	if (!terminal->entered)
		return;
	terminal->entered = false;
	(void)write_all(LEAVE, strlen(LEAVE));
	if (terminal->has_before)
		tcsetattr(terminal->in, TCSANOW, &terminal->before);
}

static int from_environment(const char *name, int otherwise)
{
	const char *text = getenv(name);
	int n = text ? atoi(text) : 0;

	return n > 0 ? n : otherwise;
}

void vg_terminal_size(const struct vg_terminal *terminal, int *ret_rows, int *ret_columns)
{
	struct winsize size = { 0 };

	(void)terminal;
	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*ret_rows = size.ws_row ? size.ws_row : from_environment("LINES", 24);
	*ret_columns = size.ws_col ? size.ws_col : from_environment("COLUMNS", 80);
}

/* ---- drawing */

void vg_terminal_forget(struct vg_terminal *terminal)
{
	vg_canvas_free(TAKE_PTR(terminal->drawn));
}

static bool is_drawn(const struct vg_canvas *drawn, const struct vg_canvas *canvas, int row)
{
	return drawn && strcmp(vg_canvas_line(drawn, row), vg_canvas_line(canvas, row)) == 0;
}

/* A line is erased before it is written: behind its last column some terminals erase that, too. */
static char *differences(const struct vg_canvas *drawn, const struct vg_canvas *canvas, size_t *ret_n)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_n);

	if (!out)
		return NULL;
	if (!drawn)
		fputs("\033[0m\033[2J", out);
	for (int row = 0; row < vg_canvas_rows(canvas); row++) {
		if (!is_drawn(drawn, canvas, row))
			fprintf(out, LINE_BEGIN "%s", row + 1, vg_canvas_line(canvas, row));
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

int vg_terminal_draw(struct vg_terminal *terminal, struct vg_canvas *canvas)
{
	VG_CLEANUP(vg_canvas_freep) struct vg_canvas *fresh = canvas;
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	int r;

	if (terminal->drawn &&
	    (vg_canvas_rows(terminal->drawn) != vg_canvas_rows(fresh) || vg_canvas_columns(terminal->drawn) != vg_canvas_columns(fresh)))
		vg_terminal_forget(terminal);
	text = differences(terminal->drawn, fresh, &n);
	if (!text)
		return -ENOMEM;
	r = write_all(text, n);
	vg_terminal_forget(terminal);
	terminal->drawn = TAKE_PTR(fresh);
	return r;
}

/* ---- keys */

int vg_terminal_fd(const struct vg_terminal *terminal)
{
	return terminal->in;
}

int vg_terminal_read(struct vg_terminal *terminal)
{
	ssize_t n = read(terminal->in, terminal->keys + terminal->n, KEYS_MAX - terminal->n);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	terminal->n += (size_t)n;
	return 0;
}

/* What a terminal sends for them, as VT100 (ESC O) and VT220 (ESC [). */
static const struct {
	const char *text;
	int key;
} sequences[] = {
	{ "[A", VG_KEY_UP },	   { "OA", VG_KEY_UP },		{ "[B", VG_KEY_DOWN }, { "OB", VG_KEY_DOWN },
	{ "[5~", VG_KEY_PAGE_UP }, { "[6~", VG_KEY_PAGE_DOWN }, { "[H", VG_KEY_HOME }, { "OH", VG_KEY_HOME },
	{ "[1~", VG_KEY_HOME },	   { "[F", VG_KEY_END },	{ "OF", VG_KEY_END },  { "[4~", VG_KEY_END },
};

/* Behind an escape character; *ret_n: how many bytes of it. A control sequence ends with a byte from @ on (ECMA-48 5.4). */
static int sequence(const unsigned char *text, size_t n, size_t *ret_n)
{
	size_t end = 1;

	*ret_n = 0;
	if (n == 0 || (text[0] != '[' && text[0] != 'O'))
		return VG_KEY_ESCAPE;
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		size_t length = strlen(sequences[i].text);

		if (length <= n && memcmp(sequences[i].text, text, length) == 0) {
			*ret_n = length;
			return sequences[i].key;
		}
	}
	while (end < n && (text[end] < '@' || text[end] > '~'))
		end++;
	*ret_n = end < n ? end + 1 : n;
	return VG_KEY_OTHER;
}

int vg_terminal_key(struct vg_terminal *terminal)
{
	size_t took = 0;
	int key;

	if (!terminal->n)
		return VG_KEY_NONE;
	key = terminal->keys[0];
	if (key == VG_KEY_ESCAPE)
		key = sequence(terminal->keys + 1, terminal->n - 1, &took);
	terminal->n -= took + 1;
	memmove(terminal->keys, terminal->keys + took + 1, terminal->n);
	return key;
}
