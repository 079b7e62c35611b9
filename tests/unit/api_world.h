/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guard's API on a loop, and a forked child that plays the client. The child's exit status is its verdict, since cmocka's
 * assertions do not work across fork().
 */
#ifndef UNIT_API_WORLD_H
#define UNIT_API_WORLD_H

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/time.h"
#include "cli/client.h"
#include "report/api.h"

#define PATIENCE_NS (20 * VG_NS_PER_SEC)
#define FLOOD 60000 /* lines: far more than a backlog and a socket hold */
#define STOPPED 1

/* In the child. */
#define must(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "client, line %d: %s\n", __LINE__, #condition); \
			_exit(1); \
		} \
	} while (0)

struct world {
	char dir[64], path[128];
	struct vg_loop *loop;
	struct vg_api *api;
	struct vg_timer *patience;
	struct vg_timer *publisher;
	struct vg_signals *signals;
	pid_t child;
	int child_status;
	uint64_t lost;
	unsigned published;
	char mode[32];
};

static inline json_t *on_status(void *ctx, struct vg_error *error)
{
	(void)error;
	return json_pack("{s:s, s:s}", "node", "cp1", "mode", ((struct world *)ctx)->mode);
}

static inline json_t *on_check(void *ctx, struct vg_error *error)
{
	(void)ctx;
	vg_error_set(error, -EINVAL, "not today");
	return NULL;
}

static inline json_t *on_explain(void *ctx, const char *address, const char *link, struct vg_error *error)
{
	(void)ctx;
	if (strcmp(address, "bad") == 0) {
		vg_error_set(error, -EINVAL, "\"bad\" is no IP address");
		return NULL;
	}
	return json_pack("{s:s, s:s}", "address", address, "link", link ? link : "-");
}

static inline json_t *on_evidence(void *ctx, const char *address, struct vg_error *error)
{
	return on_explain(ctx, address, "evidence", error);
}

static inline void publish(struct world *w)
{
	char line[64];

	snprintf(line, sizeof(line), "{\"event\":\"test\",\"number\":%u}", w->published++);
	vg_api_publish(w->api, line);
}

static inline json_t *on_set_mode(void *ctx, const char *mode, struct vg_error *error)
{
	struct world *w = ctx;

	(void)error;
	snprintf(w->mode, sizeof(w->mode), "%s", mode);
	if (strcmp(mode, "flood") == 0) {
		for (unsigned i = 0; i < FLOOD; i++) /* from within an answer: no watcher can read meanwhile */
			publish(w);
	} else if (strcmp(mode, "change") == 0) {
		vg_api_changed(w->api);
	} else if (strcmp(mode, "stop") == 0) {
		publish(w);
		vg_loop_quit(w->loop, STOPPED);
	}
	return json_pack("{s:s}", "mode", mode);
}

static inline json_t *on_doctor(void *ctx, struct vg_error *error)
{
	vg_error_set(error, -EINVAL, "the doctor is out");
	return NULL;
}

static inline json_t *on_pause(void *ctx, const char *duration, const struct vg_api_peer *peer, struct vg_error *error)
{
	(void)ctx;
	(void)error;
	return json_pack("{s:s, s:b, s:I, s:I}", "for", duration, "known", peer->known, "pid", (json_int_t)peer->pid, "uid", (json_int_t)peer->uid);
}

static inline json_t *on_resume(void *ctx, const struct vg_api_peer *peer, struct vg_error *error)
{
	return on_pause(ctx, "resume", peer, error);
}

static inline void on_lost(void *ctx, uint64_t n)
{
	((struct world *)ctx)->lost += n;
}

static inline void on_signal(void *ctx, int signo)
{
	struct world *w = ctx;

	(void)signo;
	if (waitpid(w->child, &w->child_status, WNOHANG) == w->child)
		vg_loop_quit(w->loop, 0);
}

static inline void on_patience(void *ctx)
{
	vg_loop_quit(((struct world *)ctx)->loop, -ETIMEDOUT);
}

static inline void on_publish(void *ctx)
{
	struct world *w = ctx;

	publish(w);
	vg_timer_arm(w->publisher, vg_time_boot_ns() + VG_NS_PER_MS);
}

static inline void new_api(struct world *w)
{
	struct vg_api_ops ops = { .ctx = w,
				  .status = on_status,
				  .screen = on_status,
				  .check = on_check,
				  .explain = on_explain,
				  .doctor = on_doctor,
				  .evidence = on_evidence,
				  .set_mode = on_set_mode,
				  .pause = on_pause,
				  .resume = on_resume,
				  .lost = on_lost };
	struct vg_error error = { .text = "" };

	if (vg_api_new(w->loop, w->path, &ops, &error, &w->api) < 0)
		fail_msg("%s", error.text);
}

static inline void world_up(struct world *w)
{
	static const int signals[] = { SIGCHLD, 0 };

	memset(w, 0, sizeof(*w));
	snprintf(w->mode, sizeof(w->mode), "audit");
	snprintf(w->dir, sizeof(w->dir), "/tmp/vipguard-api-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/run/vipguard.sock", w->dir);
	assert_int_equal(vg_loop_new(&w->loop), 0);
	assert_int_equal(vg_timer_new(w->loop, on_patience, w, &w->patience), 0);
	assert_int_equal(vg_timer_new(w->loop, on_publish, w, &w->publisher), 0);
	assert_int_equal(vg_signals_new(w->loop, signals, on_signal, w, &w->signals), 0);
	new_api(w);
}

static inline void world_down(struct world *w)
{
	char parent[96];

	vg_api_free(w->api);
	assert_int_equal(access(w->path, F_OK), -1);
	vg_signals_free(w->signals);
	vg_timer_free(w->publisher);
	vg_timer_free(w->patience);
	vg_loop_free(w->loop);
	snprintf(parent, sizeof(parent), "%s/run", w->dir);
	assert_int_equal(rmdir(parent), 0);
	assert_int_equal(rmdir(w->dir), 0);
}

static inline void start(struct world *w, void (*client)(const struct world *w))
{
	w->child = fork();
	assert_true(w->child >= 0);
	if (w->child == 0) {
		client(w);
		_exit(0);
	}
}

/* Serves until the client has left; it must have been content. */
static inline void serve(struct world *w)
{
	int r;

	vg_timer_arm(w->patience, vg_time_boot_ns() + PATIENCE_NS);
	r = vg_loop_run(w->loop);
	if (r < 0) {
		kill(w->child, SIGKILL);
		waitpid(w->child, NULL, 0);
	}
	assert_int_equal(r, 0);
	assert_true(WIFEXITED(w->child_status) && WEXITSTATUS(w->child_status) == 0);
}

static inline void run_client(void (*client)(const struct world *w))
{
	struct world w;

	world_up(&w);
	start(&w, client);
	serve(&w);
	world_down(&w);
}

#endif
