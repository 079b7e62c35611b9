/* SPDX-License-Identifier: Apache-2.0 */
#include "report/api_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/time.h"
#include "report/api.h"

#define BLOCK_BYTES 8192 /* handed to the connection at a time */
#define LOST_LINE_MAX 128

struct watcher {
	struct vg_watchers *all;
	struct watcher *next;
	struct MHD_Connection *connection;
	struct vg_io *io; /* only while asleep: the descriptor is surely open then */
	bool asleep;
	bool gone; /* the client hung up */
	bool wants_changes;
	bool changed; /* VG_API_CHANGED is due */
	uint64_t dropped; /* lines not yet said to it */
	char *backlog;
	size_t start, end, size; /* bytes start..end wait */
};

struct vg_watchers {
	struct vg_loop *loop;
	struct vg_watchers_config config;
	struct watcher *first;
	size_t n;
	bool ending;
};

int vg_watchers_new(struct vg_loop *loop, const struct vg_watchers_config *config, struct vg_watchers **ret_watchers)
{
	struct vg_watchers *watchers = calloc(1, sizeof(*watchers));

	if (!watchers)
		return -ENOMEM;
	watchers->loop = loop;
	watchers->config = *config;
	*ret_watchers = watchers;
	return 0;
}

void vg_watchers_free(struct vg_watchers *watchers)
{
	free(watchers);
}

bool vg_watchers_full(const struct vg_watchers *watchers)
{
	return watchers->n >= VG_API_WATCHERS_MAX;
}

size_t vg_watchers_count(const struct vg_watchers *watchers)
{
	return watchers->n;
}

static void wake(struct watcher *watcher)
{
	if (!watcher->asleep)
		return;
	vg_io_free(watcher->io);
	watcher->io = NULL;
	watcher->asleep = false;
	MHD_resume_connection(watcher->connection);
	watcher->all->config.kick(watcher->all->config.ctx);
}

static void on_hang_up(void *ctx, uint32_t events)
{
	struct watcher *watcher = ctx;

	(void)events; /* EPOLLIN is not asked for: RDHUP, HUP or ERR */
	watcher->gone = true;
	wake(watcher);
}

static void fall_asleep(struct watcher *watcher)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(watcher->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	/* Without memory for it the hang-up is found at the next line. */
	if (info && vg_io_new(watcher->all->loop, info->connect_fd, EPOLLRDHUP, on_hang_up, watcher, &watcher->io) < 0)
		watcher->io = NULL;
	watcher->asleep = true;
	MHD_suspend_connection(watcher->connection);
}

/* Moves and grows the backlog so that n more bytes fit; false: over the limit, or no memory. */
static bool make_room(struct watcher *watcher, size_t n)
{
	size_t used = watcher->end - watcher->start, size = watcher->size ? watcher->size : BLOCK_BYTES;
	char *grown;

	if (used + n > VG_API_BACKLOG_MAX)
		return false;
	if (watcher->size - watcher->end >= n)
		return true;
	if (watcher->start > 0) {
		memmove(watcher->backlog, watcher->backlog + watcher->start, used);
		watcher->start = 0;
		watcher->end = used;
	}
	while (size < used + n)
		size *= 2;
	if (size == watcher->size)
		return true;
	grown = realloc(watcher->backlog, size);
	if (!grown)
		return false;
	watcher->backlog = grown;
	watcher->size = size;
	return true;
}

static bool append(struct watcher *watcher, const char *line, size_t n)
{
	if (!make_room(watcher, n + 1))
		return false;
	memcpy(watcher->backlog + watcher->end, line, n);
	watcher->backlog[watcher->end + n] = '\n';
	watcher->end += n + 1;
	return true;
}

/* Says how many lines are missing, at the very place where they are. */
static bool say_dropped(struct watcher *watcher)
{
	char line[LOST_LINE_MAX], time[VG_RFC3339_MAX];

	if (watcher->dropped == 0)
		return true;
	vg_time_rfc3339(vg_time_real_ns(), time);
	snprintf(line, sizeof(line), "{\"time\":\"%s\",\"event\":\"lost\",\"what\":\"lost_log\",\"count\":%" PRIu64 "}", time, watcher->dropped);
	if (!append(watcher, line, strlen(line)))
		return false;
	watcher->dropped = 0;
	return true;
}

static ssize_t read_backlog(void *ctx, uint64_t pos, char *buf, size_t max)
{
	struct watcher *watcher = ctx;
	size_t n = watcher->end - watcher->start;

	(void)pos;
	if (watcher->gone)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n == 0 && watcher->dropped > 0 && say_dropped(watcher))
		n = watcher->end - watcher->start;
	if (n == 0 && watcher->changed && append(watcher, VG_API_CHANGED, strlen(VG_API_CHANGED))) {
		watcher->changed = false;
		n = watcher->end - watcher->start;
	}
	if (n == 0 && watcher->all->ending)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0) {
		fall_asleep(watcher);
		return 0;
	}
	n = n < max ? n : max;
	memcpy(buf, watcher->backlog + watcher->start, n);
	watcher->start += n;
	if (watcher->start == watcher->end)
		watcher->start = watcher->end = 0;
	return (ssize_t)n;
}

/* libmicrohttpd calls this when it lets go of the answer: the one place where a watcher ends. */
static void watcher_free(void *ctx)
{
	struct watcher *watcher = ctx, **place = &watcher->all->first;

	while (*place != watcher)
		place = &(*place)->next;
	*place = watcher->next;
	watcher->all->n--;
	vg_io_free(watcher->io);
	free(watcher->backlog);
	free(watcher);
}

enum MHD_Result vg_watchers_answer(struct vg_watchers *watchers, struct MHD_Connection *connection, bool changes)
{
	struct watcher *watcher = calloc(1, sizeof(*watcher));
	struct MHD_Response *response;
	enum MHD_Result result;

	if (!watcher)
		return MHD_NO;
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_backlog, watcher, watcher_free);
	if (!response) {
		free(watcher);
		return MHD_NO;
	}
	*watcher = (struct watcher){ .all = watchers, .next = watchers->first, .connection = connection, .wants_changes = changes };
	watchers->first = watcher;
	watchers->n++;
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U); /* a quiet day is no time-out */
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/x-ndjson");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response); /* our reference; the connection has its own */
	return result;
}

void vg_watchers_publish(struct vg_watchers *watchers, const char *line)
{
	size_t n = strlen(line);
	uint64_t dropped = 0;

	for (struct watcher *watcher = watchers->first; watcher; watcher = watcher->next) {
		if (!say_dropped(watcher) || !append(watcher, line, n)) {
			watcher->dropped++;
			dropped++;
		}
		wake(watcher);
	}
	if (dropped && watchers->config.lost)
		watchers->config.lost(watchers->config.ctx, dropped);
}

void vg_watchers_changed(struct vg_watchers *watchers)
{
	for (struct watcher *watcher = watchers->first; watcher; watcher = watcher->next) {
		watcher->changed = watcher->wants_changes;
		if (watcher->changed)
			wake(watcher);
	}
}

void vg_watchers_end(struct vg_watchers *watchers, bool now)
{
	watchers->ending = true;
	for (struct watcher *watcher = watchers->first; watcher; watcher = watcher->next) {
		watcher->gone |= now;
		wake(watcher);
	}
}
