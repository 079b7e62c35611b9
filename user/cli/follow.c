/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/follow.h"

#include <errno.h>
#include <limits.h>

#include "base/time.h"
#include "cli/request.h"

#define FDS_MAX 4

struct vg_follow {
	const char *socket;
	struct vg_follow_sink sink;
	CURLM *multi;
	struct vg_request watch, screen;
	bool watching, asking; /* these are under way */
	bool told; /* something in this round: whoever waits wants to act on it first */
	uint64_t watch_ns; /* CLOCK_BOOTTIME at which the next one is to be made; 0: none */
	uint64_t screen_ns;
	uint64_t asked_ns;
};

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

void vg_follow_ask(struct vg_follow *follow)
{
	uint64_t now = vg_time_boot_ns(), soon = follow->asked_ns + VG_FOLLOW_MS * VG_NS_PER_MS;

	follow->screen_ns = earlier(follow->screen_ns, soon > now ? soon : now);
}

/* Any line says that something happened: what it says is asked for as a whole. */
static bool on_line(void *ctx, const char *line)
{
	struct vg_follow *follow = ctx;

	(void)line;
	follow->told = true;
	vg_follow_ask(follow);
	if (follow->sink.event)
		follow->sink.event(follow->sink.ctx);
	return true;
}

/* CURLOPT_HEADERFUNCTION: from here on what happens is told, so what is known before is out of date now and not later. */
static size_t on_header(char *data, size_t one, size_t n, void *ctx)
{
	(void)data;
	vg_follow_ask(ctx);
	return one * n;
}

static bool begin(struct vg_follow *follow, struct vg_request *request, const char *path)
{
	vg_request_deinit(request);
	if (request == &follow->watch) {
		request->fn = on_line;
		request->ctx = follow;
	}
	if (vg_request_init(request, follow->socket, "GET", path) < 0)
		return false;
	if (request == &follow->watch) {
		curl_easy_setopt(request->curl, CURLOPT_HEADERFUNCTION, on_header);
		curl_easy_setopt(request->curl, CURLOPT_HEADERDATA, follow);
	}
	return curl_multi_add_handle(follow->multi, request->curl) == CURLM_OK;
}

static void lose(struct vg_follow *follow, int r, const struct vg_error *error)
{
	follow->told = true;
	follow->watch_ns = vg_time_boot_ns() + VG_FOLLOW_AGAIN_MS * VG_NS_PER_MS;
	follow->sink.gone(follow->sink.ctx, r, error);
}

static void begin_due(struct vg_follow *follow)
{
	static const struct vg_error no_memory = { .text = "out of memory" };
	uint64_t now = vg_time_boot_ns();

	if (!follow->watching && follow->watch_ns && follow->watch_ns <= now) {
		follow->watch_ns = 0;
		follow->watching = begin(follow, &follow->watch, "/v1/watch?changes=true");
		if (!follow->watching)
			lose(follow, -ENOMEM, &no_memory);
	}
	if (follow->watching && !follow->asking && follow->screen_ns && follow->screen_ns <= now) {
		follow->screen_ns = 0;
		follow->asked_ns = now;
		follow->asking = begin(follow, &follow->screen, "/v1/screen");
		if (!follow->asking)
			lose(follow, -ENOMEM, &no_memory);
	}
}

static void take_screen(struct vg_follow *follow, CURLcode code)
{
	struct vg_error error = { .text = "" };
	json_t *screen = NULL;
	const json_t *changes;
	int r = vg_request_end(&follow->screen, code, &error);

	if (r == 0)
		r = vg_request_json(&follow->screen, &error, &screen);
	if (r < 0) {
		follow->screen_ns = vg_time_boot_ns() + VG_FOLLOW_AGAIN_MS * VG_NS_PER_MS;
		follow->sink.gone(follow->sink.ctx, r, &error);
		return;
	}
	changes = json_object_get(screen, "changes_seconds");
	if (changes) /* a little later than that, or it would be asked for too early */
		follow->screen_ns =
			earlier(follow->screen_ns, vg_time_boot_ns() + (uint64_t)(json_number_value(changes) * 1e9) + VG_FOLLOW_MS * VG_NS_PER_MS);
	follow->sink.screen(follow->sink.ctx, screen);
}

static void end(struct vg_follow *follow, struct vg_request *request, CURLcode code)
{
	struct vg_error error = { .text = "the guard has ended" };
	int r;

	curl_multi_remove_handle(follow->multi, request->curl);
	follow->told = true;
	if (request == &follow->screen) {
		follow->asking = false;
		take_screen(follow, code);
		return;
	}
	follow->watching = false;
	r = vg_request_end(request, code, &error);
	lose(follow, r, &error);
}

static void end_done(struct vg_follow *follow)
{
	struct vg_request *request = NULL;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(follow->multi, &left))) {
		CURLcode code = message->data.result; /* not there any more once the handle is removed */

		if (message->msg == CURLMSG_DONE && curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request) == CURLE_OK)
			end(follow, request, code);
	}
}

static int limit_ms(const struct vg_follow *follow, int ms)
{
	uint64_t now = vg_time_boot_ns(), next = follow->watching ? 0 : follow->watch_ns, rest;

	if (follow->watching && !follow->asking)
		next = earlier(next, follow->screen_ns);
	if (!next)
		return ms < 0 ? INT_MAX : ms;
	rest = next > now ? (next - now + VG_NS_PER_MS - 1) / VG_NS_PER_MS : 0;
	if (rest > INT_MAX)
		rest = INT_MAX;
	return ms >= 0 && (uint64_t)ms < rest ? ms : (int)rest;
}

int vg_follow_wait(struct vg_follow *follow, struct vg_follow_fd *fds, size_t n, int ms)
{
	struct curl_waitfd wait[FDS_MAX] = { { .fd = -1 } };
	int running;

	if (n > FDS_MAX)
		return -E2BIG;
	follow->told = false;
	begin_due(follow);
	if (curl_multi_perform(follow->multi, &running) != CURLM_OK)
		return -EIO;
	end_done(follow);
	if (follow->told)
		ms = 0;
	for (size_t i = 0; i < n; i++)
		wait[i] = (struct curl_waitfd){ .fd = fds[i].fd, .events = CURL_WAIT_POLLIN };
	if (curl_multi_poll(follow->multi, wait, (unsigned)n, limit_ms(follow, ms), NULL) != CURLM_OK)
		return -EIO;
	for (size_t i = 0; i < n; i++)
		fds[i].ready = wait[i].revents != 0;
	if (curl_multi_perform(follow->multi, &running) != CURLM_OK)
		return -EIO;
	end_done(follow);
	return 0;
}

int vg_follow_new(const char *socket, const struct vg_follow_sink *sink, struct vg_follow **ret_follow)
{
	struct vg_follow *follow = calloc(1, sizeof(*follow));
	CURLM *multi = follow ? curl_multi_init() : NULL;

	if (!multi) {
		free(follow);
		return -ENOMEM;
	}
	*follow = (struct vg_follow){ .socket = socket, .sink = *sink, .multi = multi, .watch_ns = vg_time_boot_ns() };
	*ret_follow = follow;
	return 0;
}

void vg_follow_free(struct vg_follow *follow)
{
	if (!follow)
		return;
	if (follow->watching)
		curl_multi_remove_handle(follow->multi, follow->watch.curl);
	if (follow->asking)
		curl_multi_remove_handle(follow->multi, follow->screen.curl);
	vg_request_deinit(&follow->watch);
	vg_request_deinit(&follow->screen);
	curl_multi_cleanup(follow->multi);
	free(follow);
}
